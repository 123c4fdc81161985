import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addsUp, csvBytes, csvText, type Row, readBytes, styles } from '../named-csv/testing.ts'
import { mutated } from '../text/testing.ts'
import { checkoutcomSettlement } from './settlement.ts'
import { COLUMNS, EXTENDED, fine, minorOf, payouts, rowsOf, sumOf, unitOf } from './testing.ts'

describe('a settlement breakdown that adds up to its payouts', () => {
  it('gives back what was written, rounded, and what it was rounded by', async () => {
    await fc.assert(
      fc.asyncProperty(
        payouts,
        styles,
        fc.integer({ min: 1, max: 700 }),
        fc.constantFrom(COLUMNS, EXTENDED),
        async (model, style, chunk, columns) => {
          const { summary, lines } = await readBytes(checkoutcomSettlement, csvBytes(columns, rowsOf(model), style), {
            chunk,
          })

          expect(summary.diagnostics.filter(({ code }) => code !== 'rounding')).toEqual([])
          expect(summary.statements.map(({ control }) => control.status)).toEqual(model.map(() => 'pass'))
          const movements = lines.filter(({ kind }) => kind !== 'rounding' && kind !== 'payout')
          expect(movements.map(({ amount, fee, currency, reference }) => [amount, fee, currency, reference])).toEqual(
            model.flatMap(({ currency, rows }, index) =>
              rows.map(({ gross, deduction }, place) => [
                minorOf(gross, currency),
                -minorOf(deduction, currency),
                currency,
                `ORDER, "${index}_${place}"`,
              ]),
            ),
          )
          expect(summary.statements.every(({ credits, debits }) => credits + debits === 0n)).toBe(true)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('that lost a row, or has a minor unit more in one, names the difference', async () => {
    await fc.assert(
      fc.asyncProperty(payouts, fc.nat(), fc.constantFrom('drop', 'unit'), async (model, pick, change) => {
        const index = pick % model.length
        const payout = model[index]
        fc.pre(payout !== undefined)
        const { currency, rows } = payout
        const unit = unitOf(currency)
        const [row] = rows
        fc.pre(row !== undefined)
        const net = row.gross + row.deduction
        const rest = sumOf(payout) % unit
        const moved = change === 'drop' ? -net : 5n * unit
        fc.pre(rest + moved >= unit || rest + moved <= -unit)
        const isIt = (each: Row): boolean => each['Reference'] === `ORDER, "${index}_0"`
        const more = {
          'Gross In Holding Currency': fine(row.gross + 5n * unit),
          'Net In Holding Currency': fine(net + 5n * unit),
        }
        const changed = rowsOf(model).flatMap((each) =>
          !isIt(each) ? [each] : change === 'drop' ? [] : [{ ...each, ...more }],
        )

        const { summary } = await readBytes(checkoutcomSettlement, csvText(COLUMNS, changed))

        const stated = sumOf(payout) - rest
        const difference = minorOf(stated + rest + moved, currency) - minorOf(stated, currency)
        expect(summary.statements[index]?.control).toMatchObject({ status: 'fail', difference })
      }),
      { numRuns: 100 },
    )
  })

  it('that was damaged is read or told', async () => {
    const text = csvText(EXTENDED, rowsOf(fc.sample(payouts, { seed: 5, numRuns: 4 }).flat()))
    for (let seed = 0; seed < 400; seed++)
      expect(addsUp(await readBytes(checkoutcomSettlement, mutated(text, seed)))).toBe(true)
  })
})
