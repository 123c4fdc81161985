import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addsUp, csvBytes, csvText, differences, type Row, readBytes, styles } from '../named-csv/testing.ts'
import { mutated } from '../text/testing.ts'
import { stripe } from './stripe.ts'
import { COLUMNS, netOf, payouts, rowsOf } from './testing.ts'

describe('a report of payouts that add up', () => {
  it('gives back what was written, in pieces of any size, in any encoding and order of columns', async () => {
    await fc.assert(
      fc.asyncProperty(payouts, styles, fc.integer({ min: 1, max: 700 }), async (model, style, chunk) => {
        const { summary, lines } = await readBytes(stripe, csvBytes(COLUMNS, rowsOf(model), style), { chunk })

        expect(summary.diagnostics).toEqual([])
        expect(summary.statements.every(({ control }) => control.status === 'pass')).toBe(true)
        expect(lines.map(({ amount, fee, currency, status }) => [amount, fee, currency, status])).toEqual(
          model.flatMap((payout) => [
            ...payout.rows.map(({ gross, fee, category }) => [gross, fee, payout.currency, category]),
            [-netOf(payout), 0n, payout.currency, 'payout'],
          ]),
        )
        expect(lines.filter(({ kind }) => kind !== 'payout').map(({ reference }) => reference)).toEqual(
          model.flatMap(({ rows }, index) => rows.map((_row, place) => `ORDER, "${index}_${place}"`)),
        )
        expect(summary.statements.every(({ credits, debits }) => credits + debits === 0n)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('that was changed names exactly the difference', async () => {
    await fc.assert(
      fc.asyncProperty(
        payouts,
        fc.nat(),
        fc.constantFrom('drop', 'sign', 'cent', 'net'),
        async (model, pick, change) => {
          const rows = rowsOf(model)
          const charges = rows.flatMap((row, index) => (row['reporting_category'] === 'payout' ? [] : [index]))
          const at = charges[pick % charges.length] ?? 0
          const payout = model[Number(rows[at]?.['automatic_payout_id']?.slice(3))]
          fc.pre(payout !== undefined && (change !== 'drop' || payout.rows.length > 1))
          const { lines } = await readBytes(stripe, csvText(COLUMNS, rows))
          const net = (lines[at]?.amount ?? 0n) - (lines[at]?.fee ?? 0n)
          fc.pre(net !== 0n)
          const [changed, difference] = changeRow(rows, at, change, net)

          const { summary } = await readBytes(stripe, csvText(COLUMNS, changed))

          expect(differences(summary)).toEqual([difference])
        },
      ),
      { numRuns: 100 },
    )
  })

  it('that was damaged is read or told', async () => {
    const text = csvText(COLUMNS, rowsOf(fc.sample(payouts, { seed: 7, numRuns: 4 }).flat()))
    for (let seed = 0; seed < 400; seed++) expect(addsUp(await readBytes(stripe, mutated(text, seed)))).toBe(true)
  })
})

function changeRow(rows: Row[], at: number, change: string, net: bigint): readonly [Row[], bigint] {
  const row = rows[at] ?? {}
  const replaced = (more: Row): Row[] => rows.map((each, index) => (index === at ? { ...each, ...more } : each))
  const turned = (text = '0'): string => (text.startsWith('-') ? text.slice(1) : `-${text}`)
  switch (change) {
    case 'drop':
      return [rows.filter((_row, index) => index !== at), -net]
    case 'sign':
      return [replaced({ gross: turned(row['gross']), fee: turned(row['fee']), net: turned(row['net']) }), -2n * net]
    case 'cent':
      return [replaced({ gross: oneMore(row['gross']), net: oneMore(row['net']) }), 1n]
    default:
      return [replaced({ net: oneMore(row['net']) }), -1n]
  }
}

/** One minor unit more, in the digits that are there. */
function oneMore(text = '0'): string {
  const scale = text.includes('.') ? text.length - 1 - text.indexOf('.') : 0
  const value = (BigInt(text.replace('.', '')) + 1n).toString()
  const digits = value.replace('-', '').padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${value.startsWith('-') ? '-' : ''}${digits.slice(0, point)}${scale === 0 ? '' : `.${digits.slice(point)}`}`
}
