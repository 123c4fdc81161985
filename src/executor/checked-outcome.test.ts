import { describe, expect, it } from 'vitest'
import { OUTCOMES } from '../payments/testing/charge-state.ts'
import { checkedOutcome } from './checked-outcome.ts'
import { decodeOutcome, encodeOutcome } from './encoded-outcome.ts'

const { captured, declined, requires_action, voided } = OUTCOMES

describe('outcome of an adapter', () => {
  it.each(Object.values(OUTCOMES))('is taken as it is when it is whole: $outcome', (outcome) => {
    expect(checkedOutcome(outcome)).toEqual(outcome)
  })

  it.each([
    undefined,
    null,
    'captured',
    [],
    {},
    { outcome: 'Captured' },
    { ...captured, amount: 1_000 },
    { ...captured, amount: 0n },
    { ...captured, amount: -1n },
    { ...captured, amount: 2n ** 63n },
    { ...captured, currency: 'eur' },
    { ...captured, currency: '€' },
    { ...captured, pspReference: '' },
    { ...captured, pspReference: 'a\0b' },
    { ...captured, pspReference: 'x'.repeat(256) },
    { ...captured, pspReference: 7 },
    { ...captured, occurredAt: new Date(Number.NaN) },
    { ...captured, occurredAt: new Date(Date.UTC(20_000, 0)) },
    { ...captured, occurredAt: '2026-03-01T12:00:00Z' },
    { ...voided, pspReference: undefined },
    { ...requires_action, url: '' },
    { ...requires_action, url: 'x'.repeat(2_049) },
    { ...declined, decline: undefined },
    { ...declined, decline: { ...declined.decline, advice: 'pray' } },
    { ...declined, decline: { ...declined.decline, code: '' } },
    { ...declined, decline: { ...declined.decline, message: undefined } },
    { outcome: 'not_executed', reason: 'busy', retryAfterMs: Number.NaN },
    { outcome: 'not_executed', reason: 'busy', retryAfterMs: -1 },
    { outcome: 'not_executed', reason: 'busy', retryAfterMs: Number.POSITIVE_INFINITY },
    { outcome: 'not_executed' },
    { outcome: 'unknown' },
  ])('is unknown when it is not whole: %o', (said) => {
    expect(checkedOutcome(said).outcome).toBe('unknown')
  })

  it('keeps of free texts what can be stored', () => {
    expect(checkedOutcome({ outcome: 'unknown', cause: `a\0b\ud800${'x'.repeat(1_000)}` })).toEqual({
      outcome: 'unknown',
      cause: `ab\ufffd${'x'.repeat(496)}`,
    })
    const decline = { ...declined.decline, message: 'no\0' }
    expect(checkedOutcome({ ...declined, decline })).toEqual({ ...declined, decline: { ...decline, message: 'no' } })
  })

  it.each(Object.values(OUTCOMES).filter((outcome) => outcome.outcome !== 'not_found'))(
    'is the same after it was stored: $outcome',
    (outcome) => {
      const stored: Record<string, unknown> = JSON.parse(encodeOutcome(outcome))
      expect(decodeOutcome(stored)).toEqual(outcome)
    },
  )

  it('keeps every digit and millisecond', () => {
    const outcome = { ...captured, amount: 2n ** 63n - 1n, occurredAt: new Date('2026-03-01T12:00:00.123Z') }
    expect(decodeOutcome(JSON.parse(encodeOutcome(outcome)))).toEqual(outcome)
  })
})
