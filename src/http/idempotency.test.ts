import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../platform/errors.ts'
import { fingerprintOf, idempotencyKeyOf } from './idempotency.ts'
import { newPaymentOf } from './new-payment.ts'
import { waitOf } from './prefer.ts'
import type { NewPaymentBody } from './schemas/payment.ts'

function requestWith(...keys: string[]): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  if (keys.length > 0) request.headers['idempotency-key'] = keys.join(', ')
  request.headersDistinct['idempotency-key'] = keys
  return request
}

const codeOf = (run: () => unknown): string => {
  try {
    return `no refusal: ${String(run())}`
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error)
  }
}

describe('an idempotency key', () => {
  it.each([
    ['checkout-1001', 'checkout-1001'],
    ['"checkout-1001"', 'checkout-1001'],
    ['  padded ', 'padded'],
    ['"with \\"quotes\\" and \\\\"', 'with "quotes" and \\'],
    ['a, b', 'a, b'],
    ['k'.repeat(255), 'k'.repeat(255)],
    ['8e03978e-40d5-43e8-bc93-6894a57f9324', '8e03978e-40d5-43e8-bc93-6894a57f9324'],
  ])('of %j is %j', (header, key) => {
    expect(idempotencyKeyOf(requestWith(header))).toBe(key)
  })

  it.each([
    [[], 'idempotency_key_required'],
    [[' '], 'idempotency_key_required'],
    [['k'.repeat(256)], 'idempotency_key_invalid'],
    [['a', 'b'], 'idempotency_key_invalid'],
    [['"a"b"'], 'idempotency_key_invalid'],
    [['caf\u00e9'], 'idempotency_key_invalid'],
    [['4242-4242-4242-4242'], 'pan_detected'],
  ])('of %j is refused as %s', (headers, code) => {
    expect(codeOf(() => idempotencyKeyOf(requestWith(...headers)))).toBe(code)
  })
})

describe('the fingerprint of a payment', () => {
  const psps = { defaultPsp: 'simulator', pspNames: ['simulator'] }
  const body: NewPaymentBody = {
    buyer: { reference: 'b' },
    currency: 'EUR',
    payment_method: 'pm_test_visa',
    orders: [{ seller: 's', amount: 1250 }],
    metadata: { a: '1', b: '2' },
  }
  const fingerprint = (changes: Partial<NewPaymentBody>) =>
    newPaymentOf({ ...body, ...changes }, 'k', psps).fingerprint.toString('hex')

  it('is the same for the same meaning', () => {
    const same: Partial<NewPaymentBody>[] = [
      { metadata: { b: '2', a: '1' } },
      { orders: [{ amount: 1250, seller: 's', platform_fee: 0 }] },
      { charge_mode: 'per_order', capture: 'automatic', on_partial: 'keep' },
    ]

    expect(new Set([{}, ...same].map(fingerprint)).size).toBe(1)
  })

  it('differs for every other meaning', () => {
    const others: Partial<NewPaymentBody>[] = [
      { metadata: { a: '1' } },
      { metadata: { a: '1', b: '3' } },
      { checkout_id: 'c' },
      { buyer: { reference: 'c' } },
      { currency: 'USD' },
      { payment_method: 'pm_test_declined' },
      { charge_mode: 'single' },
      { capture: 'manual' },
      { on_partial: 'void_all' },
      { psp: 'simulator' },
      { orders: [{ seller: 's', amount: 1251 }] },
      { orders: [{ seller: 't', amount: 1250 }] },
      { orders: [{ seller: 's', amount: 1250, reference: 'r' }] },
      { orders: [{ seller: 's', amount: 1250, platform_fee: 1 }] },
      {
        orders: [
          { seller: 's', amount: 1250 },
          { seller: 's', amount: 1 },
        ],
      },
    ]

    expect(new Set([{}, ...others].map(fingerprint)).size).toBe(others.length + 1)
  })

  it('is 32 bytes', () => {
    expect(fingerprintOf(['x']).byteLength).toBe(32)
  })
})

describe('a preference', () => {
  it.each([
    [undefined, undefined],
    ['wait=5', 5],
    ['wait=0', 0],
    ['wait=60', 60],
    ['WAIT="7"', 7],
    ['respond-async, wait=10', 10],
    ['return=minimal', undefined],
    ['waiting=5', undefined],
  ])('of %j waits for %j seconds', (header, seconds) => {
    expect(waitOf(header)).toBe(seconds)
  })

  it.each(['wait=61', 'wait', 'wait=', 'wait=-1', 'wait=1.5', 'wait=soon'])('of %j is refused', (header) => {
    expect(codeOf(() => waitOf(header))).toBe('invalid_parameter')
  })
})
