import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { aCharge } from '../contract.ts'
import type { Answer, Exchange } from './client.ts'
import { chargeOutcome, eventOutcome, followUpOutcome, lookUpOutcome } from './mapping.ts'

const REQUEST = aCharge('pm_test_visa')
const GOOD = {
  id: 'ch_1',
  reference: REQUEST.reference,
  amount: 1_250,
  amount_captured: 1_250,
  currency: 'EUR',
  status: 'captured',
  occurred_at: '2026-01-01T00:00:00.000Z',
}

const answered = (status: number, body: unknown, retryAfter?: string): Exchange => ({
  kind: 'answer',
  answer: { status, retryAfter, body: typeof body === 'string' ? body : JSON.stringify(body) } satisfies Answer,
})
const refused = (status: number, error: Record<string, unknown>, retryAfter?: string) =>
  chargeOutcome(answered(status, { error }, retryAfter), REQUEST)

describe('The mapping', () => {
  it('never throws, and never says that money moved unless the answer says exactly that', () => {
    const anything = fc.oneof(
      fc.json(),
      fc.string(),
      fc.jsonValue().map((value) => JSON.stringify(value)),
    )
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 799 }), anything, (status, body) => {
        const exchange = answered(status, body)
        const followUp = { ...REQUEST, pspReference: 'ch_1' }
        expect(chargeOutcome(exchange, REQUEST).outcome).toBe('unknown')
        expect(followUpOutcome(exchange, followUp).outcome).toBe('unknown')
        expect(lookUpOutcome(exchange, REQUEST.reference).outcome).toBe('unknown')
        expect(eventOutcome(body).outcome.outcome).toBe('unknown')
      }),
    )
  })

  it('is unknown when any field of a good answer is missing or of another type', () => {
    const fields = Object.keys(GOOD)
    fc.assert(
      fc.property(fc.constantFrom(...fields), fc.jsonValue(), (field, value) => {
        fc.pre(JSON.stringify(value) !== JSON.stringify(GOOD[field as keyof typeof GOOD]))
        fc.pre(!(field === 'id' && typeof value === 'string'))
        fc.pre(!(field === 'occurred_at' && typeof value === 'string'))
        fc.pre(!(field === 'amount' && typeof value === 'number'))
        expect(chargeOutcome(answered(201, { ...GOOD, [field]: value }), REQUEST).outcome).toBe('unknown')
      }),
    )
    expect(chargeOutcome(answered(201, GOOD), REQUEST).outcome).toBe('captured')
  })

  it('takes a refusal as definitive only with the type that goes with its status', () => {
    expect(refused(429, { type: 'rate_limited' }, '3')).toMatchObject({ outcome: 'not_executed', retryAfterMs: 3_000 })
    expect(refused(503, { type: 'overloaded' })).toMatchObject({ outcome: 'not_executed' })
    expect(refused(422, { type: 'invalid_request', param: 'amount' })).toMatchObject({
      outcome: 'declined',
      decline: { code: 'invalid_amount', advice: 'do_not_try_again' },
    })
    expect(refused(404, { type: 'not_found' })).toMatchObject({ outcome: 'declined' })

    for (const [status, type] of [
      [429, 'api_error'],
      [503, 'api_error'],
      [503, undefined],
      [422, 'idempotency'],
      [409, 'idempotency'],
      [409, 'state'],
      [404, 'api_error'],
      [403, 'invalid_request'],
      [500, 'invalid_request'],
      [500, 'rate_limited'],
    ] as const)
      expect(refused(status, { type }).outcome, `${status} ${type}`).toBe('unknown')
  })

  it.each(['', '-1', '1.5', 'soon', '99999999999', 'Wed, 21 Oct 2026 07:28:00 GMT'])(
    'does not guess at a Retry-After of "%s"',
    (retryAfter) => {
      const outcome = refused(429, { type: 'rate_limited' }, retryAfter)

      expect(outcome.outcome).toBe('not_executed')
      expect(outcome).not.toHaveProperty('retryAfterMs')
    },
  )

  it('does not take a charge under another reference as found', () => {
    const list = (data: unknown[], has_more: unknown = false): Exchange => answered(200, { data, has_more })

    expect(lookUpOutcome(list([GOOD]), REQUEST.reference)).toMatchObject({ outcome: 'captured', amount: 1_250n })
    expect(lookUpOutcome(list([]), REQUEST.reference)).toEqual({ outcome: 'not_found' })
    expect(lookUpOutcome(list([GOOD]), 'another').outcome).toBe('unknown')
    expect(lookUpOutcome(list([GOOD, GOOD]), REQUEST.reference).outcome).toBe('unknown')
    expect(lookUpOutcome(list([], true), REQUEST.reference).outcome).toBe('unknown')
    expect(lookUpOutcome(list([], null), REQUEST.reference).outcome).toBe('unknown')
    expect(lookUpOutcome(answered(404, { data: [], has_more: false }), REQUEST.reference).outcome).toBe('unknown')
  })

  it('does not take an answer about another charge as one about a follow-up', () => {
    const followUp = { ...REQUEST, pspReference: 'ch_2' }

    expect(followUpOutcome(answered(200, GOOD), followUp).outcome).toBe('unknown')
    expect(followUpOutcome(answered(200, { ...GOOD, id: 'ch_2' }), followUp).outcome).toBe('captured')
  })

  it('does not take an action without a web address', () => {
    const action = { ...GOOD, status: 'requires_action' }

    expect(chargeOutcome(answered(201, { ...action, action_url: 'https://psp/3ds/1' }), REQUEST).outcome).toBe(
      'requires_action',
    )
    expect(chargeOutcome(answered(201, { ...action, action_url: 'javascript:alert(1)' }), REQUEST).outcome).toBe(
      'unknown',
    )
    expect(chargeOutcome(answered(201, action), REQUEST).outcome).toBe('unknown')
  })

  it('keeps a decline code that it does not know as the network code', () => {
    const declined = { ...GOOD, status: 'declined', decline: { code: 'martian_card' } }

    expect(chargeOutcome(answered(402, declined), REQUEST)).toMatchObject({
      outcome: 'declined',
      decline: { code: 'generic_decline', networkCode: 'martian_card' },
    })
  })
})
