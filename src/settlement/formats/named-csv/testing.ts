import fc from 'fast-check'
import { formatMinor } from '../../../money/index.ts'
import type { FileSummary, Format, ReadOptions, SettlementLine } from '../format.ts'

/** CSV files of rows by the names of their columns, as a test has them in mind. */

export type Row = Readonly<Record<string, string>>

export type Style = {
  readonly separator: ',' | ';' | '\t'
  readonly end: '\n' | '\r\n' | '\r'
  readonly encoding: 'utf8' | 'mark' | 'utf16le' | 'utf16be'
  /** By how many places the columns are turned. */
  readonly turn: number
  /** Columns that nobody knows. */
  readonly more: readonly string[]
}

export const PLAIN: Style = { separator: ',', end: '\n', encoding: 'utf8', turn: 0, more: [] }

export function csvText(columns: readonly string[], rows: readonly Row[], style: Style = PLAIN): string {
  const all = [...columns, ...style.more]
  const turn = all.length === 0 ? 0 : style.turn % all.length
  const turned = [...all.slice(turn), ...all.slice(0, turn)]
  const cell = (text: string): string => (/[\s",;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  const lines = [turned, ...rows.map((row) => turned.map((name) => row[name] ?? ''))]
  return lines.map((fields) => `${fields.map(cell).join(style.separator)}${style.end}`).join('')
}

export function csvBytes(columns: readonly string[], rows: readonly Row[], style: Style = PLAIN): Buffer {
  const text = csvText(columns, rows, style)
  if (style.encoding === 'utf8') return Buffer.from(text)
  if (style.encoding === 'mark') return Buffer.from(`\ufeff${text}`)
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
  return style.encoding === 'utf16le' ? bytes : bytes.swap16()
}

export const styles: fc.Arbitrary<Style> = fc.record({
  separator: fc.constantFrom(',', ';', '\t'),
  end: fc.constantFrom('\n', '\r\n', '\r'),
  encoding: fc.constantFrom('utf8', 'mark', 'utf16le', 'utf16be'),
  turn: fc.nat(60),
  more: fc.constantFrom([], ['Reserved11'], ['Shop', 'A new column (NC)']),
})

/** Whole minor units of currencies with 0, 2 and 3 decimals. */
export const currencies = fc.constantFrom('EUR', 'USD', 'JPY', 'KWD')

export const major = (amount: bigint, currency: string): string => formatMinor(amount, currency)

export type Read = { readonly summary: FileSummary; readonly lines: readonly SettlementLine[] }

/** Reads bytes that come in chunks of the given size. */
export async function readBytes(
  format: Format,
  bytes: string | Uint8Array,
  { chunk = 65_536, ...options }: ReadOptions & { readonly chunk?: number } = {},
): Promise<Read> {
  const whole = Buffer.from(bytes)
  const lines: SettlementLine[] = []
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < whole.length; at += chunk) yield whole.subarray(at, at + chunk)
  }
  const summary = await format.read(
    chunks(),
    (piece) => {
      lines.push(...piece)
      return Promise.resolve()
    },
    options,
  )
  return { summary, lines }
}

/** Differences that controls name, in the order of the statements. */
export const differences = ({ statements }: FileSummary): readonly bigint[] =>
  statements.flatMap(({ control }) => (control.status === 'fail' ? [control.difference] : []))

export const codes = ({ diagnostics }: FileSummary): readonly string[] => diagnostics.map(({ code }) => code)

/** What each statement says of itself is what its lines add up to, whatever the file was. */
export function addsUp({ summary, lines }: Read): boolean {
  return summary.statements.every(({ credits, debits, lines: count }, index) => {
    const own = lines.filter(({ statement }) => statement === index)
    const sum = own.reduce((total, { amount, fee, booked }) => (booked === false ? total : total + amount - fee), 0n)
    return own.length === count && sum === credits + debits
  })
}
