import fc from 'fast-check'
import { CURRENCIES, formatMinor } from '../../money/index.ts'
import type { FileSummary, Format, LineKind, SettlementLine } from './format.ts'

/** Settlement files of the simulator's format as a test has them in mind, and what a reader makes of a text. */

export type ModelLine = {
  readonly kind: LineKind
  readonly pspReference: string
  readonly reference: string
  readonly status: string
  readonly gross: bigint
  readonly fee: bigint
  readonly at: number
}

export type ModelSection = { readonly currency: string; readonly opening: bigint; readonly lines: readonly ModelLine[] }

export const HEADER =
  'record,business_date,currency,kind,psp_reference,reference,status,gross,fee,net,occurred_at,lines'

const DAY = Date.parse('2026-03-03T00:00:00.000Z')

export const aLine = (more: Partial<ModelLine> = {}): ModelLine => ({
  kind: 'charge',
  pspReference: 'ch_1',
  reference: 'ref-1',
  status: 'captured',
  gross: 1_000n,
  fee: 59n,
  at: DAY + 1,
  ...more,
})

/** Each row with its line feed, the header first. All sums are right. */
export function rowsOf(sections: readonly ModelSection[]): string[] {
  const count = sections.reduce((sum, { lines }) => sum + lines.length, 0)
  return [
    `${HEADER}\n`,
    `file,2026-03-03,,,SIM-abc-20260303,,,,,,2026-03-04T00:00:00.000Z,${count}\n`,
    ...sections.flatMap(sectionRows),
    `end,,,,,,,,,,,${count}\n`,
  ]
}

function sectionRows({ currency, opening, lines }: ModelSection): string[] {
  const money = (amount: bigint): string => formatMinor(amount, currency)
  const kinds = [...new Set(lines.map(({ kind }) => kind))]
  const sums = ({ gross, fee }: { gross: bigint; fee: bigint }): string =>
    `${money(gross)},${money(fee)},${money(gross - fee)}`
  const closing = lines.reduce((sum, { gross, fee }) => sum + gross - fee, opening)
  return [
    `opening,,${currency},,,,,,,${money(opening)},,\n`,
    ...lines.map(
      (line) =>
        `line,,${currency},${line.kind},${quoted(line.pspReference)},${quoted(line.reference)},${quoted(line.status)},${sums(line)},${new Date(line.at).toISOString()},\n`,
    ),
    ...kinds.map((kind) => {
      const ofKind = lines.filter((line) => line.kind === kind)
      const total = { gross: sumOf(ofKind, ({ gross }) => gross), fee: sumOf(ofKind, ({ fee }) => fee) }
      return `total,,${currency},${kind},,,,${sums(total)},,${ofKind.length}\n`
    }),
    `closing,,${currency},,,,,,,${money(closing)},,${lines.length}\n`,
  ]
}

const sumOf = <T>(list: readonly T[], value: (each: T) => bigint): bigint =>
  list.reduce((sum, each) => sum + value(each), 0n)

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

export type Reading = {
  readonly summary: FileSummary
  readonly lines: readonly SettlementLine[]
  readonly pieces: number[]
}

/** Reads a text, or bytes, that come in chunks of the given size. */
export async function readAll(format: Format, text: string | Uint8Array, chunkBytes = 65_536): Promise<Reading> {
  const bytes = Buffer.from(text)
  const lines: SettlementLine[] = []
  const pieces: number[] = []
  const summary = await format.read(chunksOf(bytes, chunkBytes), (piece) => {
    lines.push(...piece)
    pieces.push(piece.length)
    return Promise.resolve()
  })
  return { summary, lines, pieces }
}

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Whether nothing about the file is wrong. */
export const isFine = ({ readable, statements, diagnostics }: FileSummary): boolean =>
  readable && diagnostics.length === 0 && statements.every(({ control }) => control.status === 'pass')

const text = fc.string({
  unit: fc.constantFrom('a', 'Z', '9', '_', ' ', ',', '"', '\n', '\r', 'é', '日', '😀'),
  maxLength: 12,
})

const line: fc.Arbitrary<ModelLine> = fc.record({
  kind: fc.constantFrom('charge', 'refund', 'dispute', 'payout', 'adjustment'),
  pspReference: text,
  reference: text,
  status: text,
  gross: fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }),
  fee: fc.bigInt({ min: 0n, max: 10_000_000n }),
  at: fc.integer({ min: DAY, max: DAY + 86_399_999 }),
})

/** Files with sections in different currencies, in the order of their codes. */
export const sections: fc.Arbitrary<ModelSection[]> = fc
  .uniqueArray(
    fc.record({
      currency: fc.constantFrom(...CURRENCIES.map(({ code }) => code)),
      opening: fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n }),
      lines: fc.array(line, { maxLength: 6 }),
    }),
    { selector: ({ currency }) => currency, maxLength: 4 },
  )
  .map((list) => list.sort((a, b) => (a.currency < b.currency ? -1 : 1)))
