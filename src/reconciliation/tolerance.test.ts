import { describe, expect, it } from 'vitest'
import { exactJson } from './runs/run.ts'
import { agrees, type Tolerance, tolerancesOf, toleratedUpTo } from './tolerance.ts'

const of = (minorUnits: Record<string, bigint> | undefined, basisPoints?: number): Tolerance => ({
  minorUnits: minorUnits && new Map(Object.entries(minorUnits)),
  basisPoints,
})

describe('a tolerance', () => {
  it.each([
    ['none', undefined, 10_000n, 0n],
    ['an empty one', of(undefined), 10_000n, 0n],
    ['so many minor units', of({ EUR: 5n }), 10_000n, 5n],
    ['minor units of other currencies', of({ USD: 5n }), 10_000n, 0n],
    ['basis points of the amount', of(undefined, 10), 10_000n, 10n],
    ['basis points, rounded down', of(undefined, 10), 9_999n, 9n],
    ['basis points of what is paid back', of(undefined, 10), -10_000n, 10n],
    ['the smaller of both, which is fixed', of({ EUR: 5n }, 10), 10_000n, 5n],
    ['the smaller of both, which is a share', of({ EUR: 50n }, 10), 10_000n, 10n],
    ['both, in a currency that is not named', of({ USD: 5n }, 10), 10_000n, 0n],
  ])('allows %s', (_, tolerance, expected, allowed) => {
    expect(toleratedUpTo(tolerance, expected, 'EUR')).toBe(allowed)
  })

  it('takes what differs by as much, in either direction, and nothing beyond', () => {
    const eur = { currency: 'EUR', tolerance: of({ EUR: 5n }) }

    expect([95n, 105n].map((amount) => agrees(amount, 100n, eur))).toEqual([true, true])
    expect([94n, 106n].map((amount) => agrees(amount, 100n, eur))).toEqual([false, false])
  })

  it('is read as it was kept', () => {
    const tolerances = { amount: of({ EUR: 5n }, 10), fee: undefined }

    expect(tolerancesOf(JSON.parse(exactJson(tolerances)))).toEqual(tolerances)
  })
})
