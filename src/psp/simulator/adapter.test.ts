import { randomUUID } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aCharge, describePspContract, TIMEOUT_MS, type Variation } from '../contract.ts'
import { DECLINE_CODES } from '../declines.ts'
import { answer, startPretendedPsp } from '../pretended-psp.ts'
import type { ChargeRequest, Psp } from '../psp.ts'
import { createSimulatorPsp } from './adapter.ts'
import { type RunningSimulator, startSimulator } from './testing.ts'

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes, ok').toString('base64')}`

describePspContract('The adapter of the simulator', async () => {
  const simulator = await startSimulator()
  const psp = createSimulatorPsp({ name: 'simulator', url: simulator.url, webhookSecret: SECRET })
  const short = { requestTimeoutMs: TIMEOUT_MS, lookUpTimeoutMs: TIMEOUT_MS }
  return {
    psp,
    pspAt: (url) => createSimulatorPsp({ name: 'simulator', url, webhookSecret: SECRET, ...short }),
    methods: { good: 'pm_test_visa', declined: 'pm_test_insufficient_funds', code: 'insufficient_funds' },
    body: (request, variation) => JSON.stringify(chargeBody(request, variation)),
    tooMany: {
      status: 429,
      headers: { 'retry-after': '2' },
      body: '{"error":{"type":"rate_limited","code":"rate_limited","message":"Too many requests."}}',
    },
    webhook(request, id, at) {
      const body = JSON.stringify({ id, type: 'charge.captured', data: chargeBody(request, 'as_asked') })
      const signature = new Webhook(SECRET).sign(id, at, body)
      const timestamp = String(Math.floor(at.getTime() / 1000))
      return {
        headers: { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature },
        body: Buffer.from(body),
      }
    },
    async close() {
      await psp.close()
      await simulator.stop()
    },
  }
})

function chargeBody(request: ChargeRequest, variation: Variation): Record<string, unknown> {
  const amount =
    Number(request.amount) + (variation === 'other_amount' ? 1 : variation === 'fractional_amount' ? 0.5 : 0)
  return {
    ...(variation === 'no_identifier' ? {} : { id: 'ch_pretended' }),
    object: 'charge',
    reference: variation === 'other_reference' ? 'another' : request.reference,
    amount,
    amount_captured: amount,
    currency: variation === 'other_currency' ? 'USD' : request.currency,
    status: variation === 'unrecognised_status' ? 'in_review' : 'captured',
    capture: request.capture,
    payment_method: request.paymentMethod,
    created_at: '2026-01-01T00:00:00.000Z',
    occurred_at: '2026-01-01T00:00:00.000Z',
  }
}

describe('The simulator, through its adapter,', () => {
  let simulator: RunningSimulator
  let psp: Psp
  beforeAll(async () => {
    simulator = await startSimulator()
    psp = createSimulatorPsp({ name: 'simulator', url: simulator.url, webhookSecret: SECRET })
  })
  afterAll(async () => {
    await psp.close()
    await simulator.stop()
  })

  const DECLINING: Readonly<Record<string, string>> = {
    pm_test_declined: 'generic_decline',
    pm_test_insufficient_funds: 'insufficient_funds',
    pm_test_lost_card: 'lost_card',
    pm_test_stolen_card: 'stolen_card',
    pm_test_expired_card: 'expired_card',
    pm_test_incorrect_cvc: 'incorrect_cvc',
    pm_test_processing_error: 'processing_error',
    pm_test_incorrect_number: 'incorrect_number',
    pm_test_fails_on_charge: 'generic_decline',
    pm_test_velocity: 'card_velocity_exceeded',
    pm_test_blocked: 'fraudulent',
    pm_test_cvc_fail: 'incorrect_cvc',
    pm_test_postcode_fail: 'incorrect_zip',
    pm_test_address_fail: 'incorrect_address',
    pm_that_does_not_exist: 'invalid_account',
    pm_test_decline_nonsense: 'invalid_account',
  }
  it.each(Object.entries(DECLINING))('declines %s with %s', async (method, code) => {
    const request = aCharge(method)

    const outcome = await psp.charge(request)

    expect(outcome).toMatchObject({ outcome: 'declined', decline: { code } })
    expect(await psp.charge(request)).toEqual(outcome)
  })

  it('has a token for every decline code', async () => {
    const outcomes = await Promise.all(DECLINE_CODES.map((code) => psp.charge(aCharge(`pm_test_decline_${code}`))))

    expect(outcomes).toMatchObject(DECLINE_CODES.map((code) => ({ outcome: 'declined', decline: { code } })))
  })

  it.each([
    'pm_test_visa',
    'pm_test_magic',
    'pm_test_instant_available',
    'pm_test_refund_fails',
    'pm_test_refund_slow',
    'pm_test_dispute_fraud',
    'pm_test_dispute_not_received',
    'pm_test_dispute_inquiry',
    'pm_test_fraud_warning',
  ])('charges %s', async (method) => {
    expect(await psp.charge(aCharge(method))).toMatchObject({ outcome: 'captured' })
  })

  it.each([
    ['pm_test_3ds', 'approve', { outcome: 'captured' }],
    ['pm_test_3ds_setup', 'approve', { outcome: 'captured' }],
    ['pm_test_3ds', 'refuse', { outcome: 'declined', decline: { code: 'authentication_required' } }],
    ['pm_test_3ds_declined', 'approve', { outcome: 'declined', decline: { code: 'generic_decline' } }],
    ['pm_test_3ds_insufficient', 'approve', { outcome: 'declined', decline: { code: 'insufficient_funds' } }],
  ])('asks the buyer of %s, who can %s', async (method, choice, end) => {
    const request = aCharge(method)

    const outcome = await psp.charge(request)
    if (outcome.outcome !== 'requires_action') throw new Error(`no action: ${outcome.outcome}`)
    const page = await (await fetch(outcome.url)).text()
    const first = await fetch(outcome.url, { method: 'POST', body: new URLSearchParams({ answer: choice }) })
    const second = await fetch(outcome.url, { method: 'POST', body: new URLSearchParams({ answer: 'refuse' }) })

    expect(page).toContain(`value="${choice}"`)
    expect([first.status, second.status]).toEqual([200, 409])
    expect(await psp.lookUp(request.reference)).toMatchObject({ ...end, pspReference: outcome.pspReference })
    expect(await psp.charge(request)).toEqual(outcome)
  })

  it('voids a charge whose buyer never came back', async () => {
    const request = aCharge('pm_test_3ds')
    const outcome = await psp.charge(request)
    if (outcome.outcome !== 'requires_action') throw new Error(`no action: ${outcome.outcome}`)

    const voided = await psp.void({ ...request, key: randomUUID(), pspReference: outcome.pspReference })

    expect(voided).toMatchObject({ outcome: 'voided' })
  })

  it('tells what the charge is when a void or capture is refused', async () => {
    const request = aCharge('pm_test_visa')
    const charge = await psp.charge(request)
    if (charge.outcome !== 'captured') throw new Error(`not captured: ${charge.outcome}`)
    const followUp = { ...request, key: randomUUID(), pspReference: charge.pspReference }

    expect(await psp.void(followUp)).toEqual(charge)
    expect(await psp.capture({ ...followUp, key: randomUUID() })).toEqual(charge)
    expect(await psp.capture({ ...followUp, key: randomUUID(), amount: 1n })).toMatchObject({ outcome: 'unknown' })
  })

  it('captures a part, and tells the captured amount', async () => {
    const request = aCharge('pm_test_visa', { capture: 'manual' })
    const charge = await psp.charge(request)
    if (charge.outcome !== 'authorised') throw new Error(`not authorised: ${charge.outcome}`)

    const followUp = { ...request, key: randomUUID(), pspReference: charge.pspReference, amount: 1_000n }
    const captured = await psp.capture(followUp)

    expect(captured).toMatchObject({ outcome: 'captured', amount: 1_000n })
    expect(await psp.lookUp(request.reference)).toEqual(captured)
    expect(await psp.capture(followUp)).toEqual(captured)
  })

  it('does not void under the key of the charge', async () => {
    const request = aCharge('pm_test_visa', { capture: 'manual' })
    const charge = await psp.charge(request)
    if (charge.outcome !== 'authorised') throw new Error(`not authorised: ${charge.outcome}`)

    expect(await psp.void({ ...request, pspReference: charge.pspReference })).toMatchObject({ outcome: 'unknown' })
    expect(await psp.lookUp(request.reference)).toEqual(charge)
  })

  it('is definitive about a request that it rejects', async () => {
    const tooLarge = { ...aCharge('pm_test_visa'), currency: 'euro' }

    expect(await psp.charge(tooLarge)).toMatchObject({
      outcome: 'declined',
      decline: { code: 'currency_not_supported', advice: 'do_not_try_again', networkCode: 'invalid_currency' },
    })
    expect(await psp.lookUp(tooLarge.reference)).toEqual({ outcome: 'not_found' })
  })

  it('reads no more of an answer than a bound', async () => {
    const pretended = await startPretendedPsp()
    pretended.behave(answer(200, ' '.repeat(1_000_000)))
    const other = createSimulatorPsp({ name: 'simulator', url: pretended.url, webhookSecret: SECRET })

    const outcome = await other.charge(aCharge('pm_test_visa'))

    expect(outcome).toMatchObject({ outcome: 'unknown', cause: expect.stringContaining('RES_EXCEEDED_MAX_SIZE') })
    await other.close()
    await pretended.close()
  })

  it('is unknown about a reference under which there are two charges', async () => {
    const request = aCharge('pm_test_visa')
    await psp.charge(request)
    await psp.charge({ ...request, key: randomUUID() })

    expect(await psp.lookUp(request.reference)).toMatchObject({
      outcome: 'unknown',
      cause: expect.stringContaining('2 charges'),
    })
  })
})
