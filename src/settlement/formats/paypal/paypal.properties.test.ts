import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimalsOf } from '../../../money/index.ts'
import type { Statement } from '../format.ts'
import { isFine, readAll } from '../testing.ts'
import { paypalStl, paypalTrr } from './paypal.ts'
import { aRow, type ModelRow, type ModelSection, rowsOf, sections } from './testing.ts'

/** Minor units of what a report has in hundredths. */
const minor = (hundredths: bigint, currency: string): bigint => {
  const decimals = BigInt(decimalsOf(currency) ?? 2)
  return decimals >= 2n ? hundredths * 10n ** (decimals - 2n) : hundredths / 100n
}

const textOf = (model: readonly ModelSection[]): string => rowsOf(model).join('')

const first = (model: readonly ModelSection[]): { row: ModelRow; section: ModelSection } | undefined => {
  const section = model.find(({ rows }) => rows.length > 0)
  const row = section?.rows[0]
  return row === undefined || section === undefined ? undefined : { row, section }
}

/** The file with other rows than its totals know of. */
const withFirst = (model: readonly ModelSection[], change: (row: ModelRow) => ModelRow[]): string => {
  const place = model.findIndex(({ rows }) => rows.length > 0)
  const changed = model.map((section, index) =>
    index === place
      ? { ...section, rows: section.rows.flatMap((row, at) => (at === 0 ? change(row) : [row])) }
      : section,
  )
  const isBody = (row: string): boolean => row.startsWith('"SB"')
  const [right, wrong] = [rowsOf(model), rowsOf(changed).filter(isBody)]
  const bodies = right.filter(isBody).length
  const start = right.findIndex(isBody)
  expect(wrong.length).toBeLessThanOrEqual(bodies)
  // Bodies of one section stand together, and only the first section with any is touched.
  const own = model[place]?.rows.length ?? 0
  return [...right.slice(0, start), ...wrong.slice(0, own - bodies + wrong.length), ...right.slice(start + own)].join(
    '',
  )
}

const failures = (statements: readonly Statement[]): (bigint | undefined)[] =>
  statements.flatMap(({ control }) => (control.status === 'fail' ? [control.difference] : []))

describe('a settlement report of PayPal', () => {
  it('gives back what was written, in pieces of any size and in any encoding', async () => {
    const forms = [
      (rows: string[]): Buffer => Buffer.from(rows.join('')),
      (rows: string[]): Buffer => Buffer.from(`\ufeff${rows.map((each) => each.replace(/\n$/, '\r\n')).join('')}`),
      (rows: string[]): Buffer => Buffer.from(`\ufeff${rows.join('')}`, 'utf16le'),
      (rows: string[]): Buffer => Buffer.from(`\ufeff${rows.join('')}`, 'utf16le').swap16(),
    ]
    await fc.assert(
      fc.asyncProperty(
        sections,
        fc.integer({ min: 1, max: 600 }),
        fc.constantFrom(...forms),
        async (model, size, form) => {
          const { summary, lines } = await readAll(paypalStl, form(rowsOf(model)), size)

          expect(summary).toMatchObject({ readable: true, businessDate: '2026-01-06', version: '9', diagnostics: [] })
          expect(isFine(summary)).toBe(true)
          expect(
            lines.map(({ statement, pspReference, reference, amount, fee, currency, status, occurredAt }) => ({
              account: summary.statements[statement]?.account,
              inStatement: summary.statements[statement]?.currency === currency,
              pspReference,
              reference,
              amount,
              fee,
              currency,
              status,
              at: occurredAt?.getTime(),
            })),
          ).toEqual(
            model.flatMap(({ account, rows }) =>
              rows.map((row) => ({
                account,
                inStatement: true,
                pspReference: row.id.trim() || undefined,
                reference: row.invoice.trim() || row.custom.trim() || undefined,
                amount: minor(row.gross, row.currency),
                fee: minor(row.fee, row.currency),
                currency: row.currency,
                status: row.code,
                at: Date.parse('2026-01-06T08:00:00Z') + row.second * 1_000,
              })),
            ),
          )
          for (const [section, { openings, account }] of model.entries())
            for (const [currency, opening] of Object.entries(openings))
              expect(
                summary.statements.some(
                  (each) =>
                    each.account === account && each.currency === currency && each.opening === minor(opening, currency),
                ),
                `section ${section}`,
              ).toBe(true)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('is wrong by a cent when an amount or a fee is, and by all of a row that is missing', async () => {
    await fc.assert(
      fc.asyncProperty(sections, fc.constantFrom('gross', 'fee', 'drop', 'sign'), async (model, what) => {
        const found = first(model)
        fc.pre(found !== undefined)
        const { row } = found
        // A hundredth is no minor unit of every currency, and nothing changes nothing.
        const step = row.currency === 'JPY' ? 100n : 1n
        fc.pre(row.gross > 0n && (what !== 'drop' || row.gross !== row.fee))
        const change: Record<typeof what, (each: ModelRow) => ModelRow[]> = {
          gross: (each) => [{ ...each, gross: each.gross + step }],
          fee: (each) => [{ ...each, fee: each.fee + step }],
          drop: () => [],
          sign: (each) => [{ ...each, gross: -each.gross }],
        }
        const effect = { gross: step, fee: -step, drop: row.fee - row.gross, sign: -2n * row.gross }

        const { summary } = await readAll(paypalStl, withFirst(model, change[what]))

        expect(failures(summary.statements)[0]).toBe(minor(effect[what], row.currency))
      }),
    )
  })

  it('never passes with other sums than those of its lines, and never throws, whatever happens to its bytes', async () => {
    const model: ModelSection[] = [
      { account: 'ACCOUNT1', openings: { EUR: 500n, JPY: -10_000n }, rows: [aRow(), aRow({ gross: -900n, fee: -5n })] },
      { account: 'ACCOUNT2', openings: { JPY: 0n }, rows: [aRow({ currency: 'JPY', gross: 10_000n, fee: 300n })] },
    ]
    const files = [
      { format: paypalStl, text: Buffer.from(textOf(model)) },
      { format: paypalTrr, text: Buffer.from(rowsOf(model, 'trr').join('')) },
    ]
    const edit = fc.record({ at: fc.nat(), remove: fc.nat({ max: 30 }), insert: fc.uint8Array({ maxLength: 4 }) })
    const likely = fc.record({
      at: fc.nat(),
      remove: fc.constantFrom(0, 1),
      insert: fc.constantFrom('"', ',', '\n', '\r', '0', '9', 'CR', 'DR', '-', '\0').map((text) => Buffer.from(text)),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.array(fc.oneof(edit, likely), { minLength: 1, maxLength: 5 }),
        async ({ format, text }, edits) => {
          let bytes = text
          for (const { at, remove, insert } of edits) {
            const place = at % (bytes.length + 1)
            bytes = Buffer.concat([bytes.subarray(0, place), insert, bytes.subarray(place + remove)])
          }

          const { summary, lines } = await readAll(format, bytes, 97)

          for (const [index, { control, opening, closing }] of summary.statements.entries()) {
            if (control.status !== 'pass' || opening === undefined || closing === undefined) continue
            const own = lines.filter(({ statement, booked }) => statement === index && booked !== false)
            expect(own.reduce((sum, { amount, fee }) => sum + amount - fee, opening)).toBe(closing)
          }
        },
      ),
      { seed: 20_260_106, numRuns: 600 },
    )
  })
})
