import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addsUp,
  codes,
  csvBytes,
  csvText,
  differences,
  major,
  type Row,
  readBytes,
  styles,
} from '../named-csv/testing.ts'
import { mutated } from '../text/testing.ts'
import { adyenSettlement } from './settlement.ts'
import { batches, COLUMNS, EXTENDED, feeOf, netOf, rowsOf } from './testing.ts'

describe('batches that add up', () => {
  it('give back what was written, in pieces of any size, in any encoding and order of columns', async () => {
    await fc.assert(
      fc.asyncProperty(
        batches,
        styles,
        fc.integer({ min: 1, max: 700 }),
        fc.constantFrom(COLUMNS, EXTENDED),
        async (model, style, chunk, columns) => {
          const { summary, lines } = await readBytes(adyenSettlement, csvBytes(columns, rowsOf(model), style), {
            chunk,
          })

          expect(summary.diagnostics).toEqual([])
          expect(summary.statements.map(({ control }) => control.status)).toEqual(model.map(() => 'pass'))
          expect(lines.map(({ amount, fee, currency, status }) => [amount, fee, currency, status])).toEqual(
            model.flatMap((batch) => [
              ...batch.rows.map((row) => [row.amount, feeOf(row), batch.currency, row.type]),
              [-netOf(batch), 0n, batch.currency, 'MerchantPayout'],
            ]),
          )
          expect(summary.statements.every(({ credits, debits }) => credits + debits === 0n)).toBe(true)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('that were changed name exactly the difference', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.nat(), fc.constantFrom('drop', 'sign', 'cent'), async (model, pick, change) => {
        const rows = rowsOf(model)
        const own = rows.flatMap((row, index) => (row['Type'] === 'MerchantPayout' ? [] : [index]))
        const at = own[pick % own.length] ?? 0
        const row = rows[at] ?? {}
        const currency = row['Net Currency'] ?? ''
        const { lines } = await readBytes(adyenSettlement, csvText(COLUMNS, rows))
        const net = (lines[at]?.amount ?? 0n) - (lines[at]?.fee ?? 0n)
        fc.pre(net !== 0n)
        const [debit, credit] = ['Net Debit (NC)', 'Net Credit (NC)']
        const turned: Row = { ...row, [debit]: row[credit] ?? '', [credit]: row[debit] ?? '' }
        const more: Row = { ...row, [debit]: '', [credit]: major(net + 1n, currency) }
        const changed = rows.flatMap((each, index) =>
          index !== at ? [each] : change === 'drop' ? [] : [change === 'sign' ? turned : more],
        )

        const { summary } = await readBytes(adyenSettlement, csvText(COLUMNS, changed))

        expect(differences(summary)).toEqual([change === 'drop' ? -net : change === 'sign' ? -2n * net : 1n])
      }),
      { numRuns: 100 },
    )
  })

  it('that were damaged are read or told', async () => {
    const text = csvText(EXTENDED, rowsOf(fc.sample(batches, { seed: 3, numRuns: 4 }).flat()))
    for (let seed = 0; seed < 400; seed++) {
      const read = await readBytes(adyenSettlement, mutated(text, seed))
      expect(addsUp(read)).toBe(true)
      if (codes(read.summary).includes('rounding')) continue
      const proven = read.summary.statements.filter(({ control }) => control.status === 'pass')
      expect(proven.every(({ credits, debits }) => credits + debits === 0n)).toBe(true)
    }
  })
})
