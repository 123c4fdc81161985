import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prove } from './proof.ts'

const MAX = BigInt(Number.MAX_SAFE_INTEGER)
const amounts = fc.array(fc.tuple(fc.constantFrom('EUR', 'JPY', 'KWD'), fc.bigInt({ min: -MAX, max: MAX })), {
  maxLength: 20,
})

describe('a proof', () => {
  it('of nothing has no lines', () => {
    expect(prove([], [], [])).toEqual([])
  })

  it('leaves nothing when the breaks explain the difference', () => {
    const lines = prove([['EUR', 1_000n]], [['EUR', 900n]], [['EUR', 100n]])

    expect(lines).toEqual([
      { currency: 'EUR', ours: 1_000n, theirs: 900n, difference: 100n, explained: 100n, unexplained: 0n },
    ])
  })

  it('shows what no break explains', () => {
    const [line] = prove([['EUR', 1_000n]], [['EUR', 900n]], [['EUR', 99n]])

    expect(line?.unexplained).toBe(1n)
  })

  it('keeps currencies apart, in their order', () => {
    const lines = prove([['USD', 5n]], [['EUR', 7n]], [['JPY', 1n]])

    expect(lines.map(({ currency, difference, unexplained }) => [currency, difference, unexplained])).toEqual([
      ['EUR', -7n, -7n],
      ['JPY', 0n, -1n],
      ['USD', 5n, 5n],
    ])
  })

  it('adds up whatever the amounts are', () => {
    fc.assert(
      fc.property(amounts, amounts, amounts, (ours, theirs, explained) => {
        const sum = (of: readonly (readonly [string, bigint])[], currency: string): bigint =>
          of.filter(([code]) => code === currency).reduce((total, [, amount]) => total + amount, 0n)

        for (const line of prove(ours, theirs, explained)) {
          const { currency } = line
          expect(line.ours).toBe(sum(ours, currency))
          expect(line.theirs).toBe(sum(theirs, currency))
          expect(line.unexplained).toBe(sum(ours, currency) - sum(theirs, currency) - sum(explained, currency))
        }
      }),
    )
  })
})
