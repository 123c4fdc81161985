import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { waterfallOfStatement } from './payout-waterfall.ts'

const total = (kind: string, lines: number, amount: bigint, fee = 0n) => ({
  kind,
  lines,
  amount: String(amount),
  fee: String(fee),
})
const DAY = {
  account: 'simulator',
  currency: 'EUR',
  opening: 5_000n,
  closing: 10_150n,
  totals: [
    total('payout', 1, -5_000n),
    total('reserve', 1, -1_000n),
    total('charge', 3, 12_500n, 400n),
    total('adjustment', 1, 50n),
    total('fee', 1, -200n),
    total('dispute', 1, -300n, 15n),
    total('refund', 2, -500n, -15n),
  ],
}

describe('a payout waterfall', () => {
  it('leads from charges over what they cost to what was paid out, by kind with counts', () => {
    const { steps, settled, paidOut, unexplained } = waterfallOfStatement({ ...DAY, closing: 10_150n })

    expect(steps).toEqual([
      { kind: 'charge', lines: 3n, amount: 12_500n },
      { kind: 'refund', lines: 2n, amount: -500n },
      { kind: 'dispute', lines: 1n, amount: -300n },
      { kind: 'fee', lines: 1n, amount: -200n },
      { kind: 'reserve', lines: 1n, amount: -1_000n },
      { kind: 'adjustment', lines: 1n, amount: 50n },
      { kind: 'fees_withheld', lines: 6n, amount: -400n },
    ])
    expect({ settled, paidOut, unexplained }).toEqual({ settled: 10_150n, paidOut: 5_000n, unexplained: 0n })
  })

  it('says what is left over where it does not add up, and nothing where there are no balances', () => {
    expect(waterfallOfStatement({ ...DAY, closing: 10_140n }).unexplained).toBe(10n)
    expect(waterfallOfStatement({ ...DAY, opening: null }).unexplained).toBeNull()
  })

  it('keeps every unit of every kind', () => {
    const amount = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n })
    const rows = fc.uniqueArray(
      fc.record({ kind: fc.constantFrom('charge', 'refund', 'payout', 'odd'), amount, fee: amount }),
      {
        selector: ({ kind }) => kind,
      },
    )

    fc.assert(
      fc.property(rows, (all) => {
        const totals = all.map(({ kind, ...each }) => total(kind, 1, each.amount, each.fee))
        const { settled, paidOut } = waterfallOfStatement({ ...DAY, totals })

        expect(settled - paidOut).toBe(all.reduce((sum, each) => sum + each.amount - each.fee, 0n))
      }),
    )
  })
})
