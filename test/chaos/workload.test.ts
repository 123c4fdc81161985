import { describe, expect, it } from 'vitest'
import { createRandom } from './random.ts'
import { type Checkout, planWorkload, type Unit } from './workload.ts'

const plan = (seed: string, payments = 400): readonly Unit[] => planWorkload(createRandom(seed), payments)

const checkoutsOf = (units: readonly Unit[]): readonly Checkout[] =>
  units.flatMap((unit) => (unit.kind === 'checkout' ? [unit.checkout] : unit.kind === 'batch' ? unit.checkouts : []))

/** Amounts below 46 mean something at payment time or nothing; the others mean something in the settlement file. */
const DEFINED = new Set([...Array(46).keys(), 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60])

describe('workload', () => {
  it('is decided by its seed', () => {
    expect(plan('3')).toEqual(plan('3'))
    expect(plan('3')).not.toEqual(plan('4'))
  })

  it('has as many checkouts as asked for, each under a key of its own', () => {
    const keys = checkoutsOf(plan('5')).map((checkout) => checkout.key)

    expect(keys.length).toBeGreaterThanOrEqual(400)
    expect(keys.length).toBeLessThan(420)
    expect(new Set(keys).size).toBe(keys.length)
  })

  it('asks only for what the API takes', () => {
    for (const { asked } of checkoutsOf(plan('6'))) {
      for (const order of asked.orders) {
        expect(order.amount).toBeGreaterThan(0n)
        expect(order.platformFee).toBeGreaterThanOrEqual(0n)
        expect(order.platformFee).toBeLessThanOrEqual(order.amount)
      }
      const total = asked.orders.reduce((sum, order) => sum + order.amount, 0n)
      expect(total).toBeLessThanOrEqual(BigInt(Number.MAX_SAFE_INTEGER))
    }
  })

  it('uses magic amounts only as the table defines them', () => {
    for (const { asked } of checkoutsOf(plan('7', 1_000))) {
      if (asked.paymentMethod !== 'pm_test_magic') continue
      const total = asked.orders.reduce((sum, order) => sum + order.amount, 0n)
      const seen = asked.chargeMode === 'single' ? [total] : asked.orders.map((order) => order.amount)

      expect(asked.capture).toBe('automatic')
      for (const amount of seen) expect(DEFINED.has(Number(amount % 100n)), `${amount}`).toBe(true)
    }
  })

  it('covers every kind of checkout and mischief', () => {
    const checkouts = checkoutsOf(plan('8', 1_000))
    const kinds = new Set(
      checkouts.flatMap(({ asked, mischief, followUp, mustBeRefusedWith }) => [
        asked.currency,
        asked.chargeMode,
        asked.capture,
        asked.onPartial,
        mischief,
        followUp,
        mustBeRefusedWith ?? 'right',
        asked.orders.length >= 50 ? 'large' : 'small',
      ]),
    )

    expect([...kinds]).toEqual(
      expect.arrayContaining([
        ...['EUR', 'USD', 'JPY', 'KWD', 'per_order', 'single', 'automatic', 'manual', 'keep', 'void_all'],
        ...['none', 'parallel', 'double_click', 'reuse', 'replay', 'capture', 'cancel', 'capture_and_cancel', 'retry'],
        ...['invalid_request', 'right', 'large', 'small'],
      ]),
    )
  })

  it('balances every manual entry but those that must be refused', () => {
    const entries = plan('9', 1_000).flatMap((unit) => (unit.kind === 'entries' ? unit.entries : []))

    expect(entries.some((entry) => entry.mustBeRefusedWith !== undefined)).toBe(true)
    for (const { postings, mustBeRefusedWith } of entries) {
      const byCurrency = Map.groupBy(postings, (posting) => posting.currency)
      const balanced = [...byCurrency.values()].every(
        (lines) => lines.reduce((sum, line) => sum + line.amount, 0n) === 0n,
      )
      expect(balanced).toBe(mustBeRefusedWith === undefined)
    }
  })
})
