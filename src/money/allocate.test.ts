import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocate, MAX_AMOUNT } from './index.ts'

const amount = fc.bigInt({ min: -MAX_AMOUNT, max: MAX_AMOUNT })
const weights = fc
  .array(fc.bigInt({ min: 0n, max: MAX_AMOUNT }), { minLength: 1, maxLength: 50 })
  .filter((list) => list.some((weight) => weight > 0n))
const sum = (list: readonly bigint[]): bigint => list.reduce((total, each) => total + each, 0n)
const abs = (value: bigint): bigint => (value < 0n ? -value : value)

describe('allocation', () => {
  it('gives parts that sum to the amount', () => {
    fc.assert(fc.property(amount, weights, (whole, list) => sum(allocate(whole, list)) === whole))
  })

  it('keeps every part within one minor unit of its exact share', () => {
    fc.assert(
      fc.property(amount, weights, (whole, list) => {
        const total = sum(list)
        return allocate(whole, list).every((part, i) => abs(part * total - whole * (list[i] ?? 0n)) < total)
      }),
    )
  })

  it('gives a larger weight no smaller part', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: MAX_AMOUNT }), weights, (whole, list) => {
        const parts = allocate(whole, list)
        const pairs = list.map((weight, i) => ({ weight, part: parts[i] ?? 0n }))
        return pairs.every((a) => pairs.every((b) => a.weight <= b.weight || a.part >= b.part))
      }),
    )
  })

  it('gives nothing to a weight of zero', () => {
    fc.assert(
      fc.property(amount, weights, (whole, list) => {
        const parts = allocate(whole, list)
        return list.every((weight, i) => weight > 0n || parts[i] === 0n)
      }),
    )
  })

  it('splits a negative amount as the mirror of the positive one', () => {
    fc.assert(
      fc.property(amount, weights, (whole, list) => {
        const mirrored = allocate(-whole, list)
        return allocate(whole, list).every((part, i) => part === -(mirrored[i] ?? 0n))
      }),
    )
  })

  it('gives the earlier part the odd unit when remainders are equal', () => {
    expect(allocate(100n, [1n, 1n, 1n])).toEqual([34n, 33n, 33n])
    expect(allocate(5n, [3n, 7n])).toEqual([2n, 3n])
  })

  it('refuses weights that say nothing', () => {
    expect(() => allocate(100n, [])).toThrow('at least one weight is above zero')
    expect(() => allocate(100n, [0n])).toThrow('at least one weight is above zero')
    expect(() => allocate(100n, [-1n, 2n])).toThrow('weights are not negative')
  })
})
