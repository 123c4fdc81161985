import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import type { Payment } from '../../payments/index.ts'
import { publicId, uuidOf } from '../../platform/ids.ts'
import { createFakeServices } from '../testing/fake-services.ts'
import { caller, createTestServer } from '../testing/test-server.ts'

const services = createFakeServices()
const { app } = await createTestServer({ services })
const call = caller(app)
afterAll(() => app.close())
beforeEach(() => services.stored.clear())

const NEW = {
  checkout_id: 'chk_1',
  buyer: { reference: 'buyer_7' },
  currency: 'EUR',
  payment_method: 'pm_test_visa',
  orders: [
    { seller: 'ana', amount: 1250, platform_fee: 125, reference: 'r1' },
    { seller: 'ben', amount: 9_007_199_254_739_741 },
  ],
  metadata: { cart: '8123' },
}
const key = (value: string) => ({ 'idempotency-key': value })
let keys = 0
const freshKey = () => {
  keys += 1
  return key(`fresh-${keys}`)
}
const create = async (fields: object = {}): Promise<string> =>
  (await call('POST', '/v1/payments', { ...NEW, ...fields }, freshKey())).json().id

const storedPayment = (id: string): Payment => {
  const payment = services.stored.get(uuidOf('pay', id) ?? '')
  if (payment === undefined) throw new Error(`${id} is not stored`)
  return payment
}

describe('a new payment', () => {
  it('is answered in the documented shape', async () => {
    const answer = await call('POST', '/v1/payments', NEW, freshKey())

    expect(answer.status).toBe(201)
    expect(answer.headers['idempotent-replayed']).toBeUndefined()
    expect(answer.json()).toEqual({
      id: expect.stringMatching(/^pay_[\da-f]{32}$/),
      object: 'payment',
      status: 'processing',
      checkout_id: 'chk_1',
      buyer: { reference: 'buyer_7' },
      amount: Number.MAX_SAFE_INTEGER,
      currency: 'EUR',
      payment_method: 'pm_test_visa',
      charge_mode: 'per_order',
      capture: 'automatic',
      on_partial: 'keep',
      psp: 'simulator',
      orders: [
        {
          id: expect.stringMatching(/^po_[\da-f]{32}$/),
          reference: 'r1',
          seller: 'ana',
          amount: 1250,
          platform_fee: 125,
          status: 'executing',
          psp: 'simulator',
        },
        {
          id: expect.stringMatching(/^po_[\da-f]{32}$/),
          seller: 'ben',
          amount: 9_007_199_254_739_741,
          platform_fee: 0,
          status: 'executing',
          psp: 'simulator',
        },
      ],
      metadata: { cart: '8123' },
      created_at: '2026-03-03T14:01:58.120Z',
    })
  })

  it('is replayed under its key, quoted or not, and marked', async () => {
    const first = await call('POST', '/v1/payments', NEW, key('replayed'))
    const second = await call('POST', '/v1/payments', NEW, key('"replayed"'))

    expect(second.status).toBe(201)
    expect(second.headers['idempotent-replayed']).toBe('true')
    expect(second.json().id).toBe(first.json().id)
  })

  it('is refused under a key that was used for another', async () => {
    await call('POST', '/v1/payments', NEW, key('taken'))
    const answer = await call('POST', '/v1/payments', { ...NEW, currency: 'USD' }, key('taken'))

    expect(answer.json()).toMatchObject({ status: 422, code: 'idempotency_key_reused', retryable: false })
  })

  it('is held for a final status when the caller prefers to wait', async () => {
    const answer = await call('POST', '/v1/payments', NEW, { ...freshKey(), prefer: 'wait=5' })

    expect(answer.headers['preference-applied']).toBe('wait=5')
    expect(answer.json().status).toBe('succeeded')
  })

  it('takes the largest amount, text of every script and names that are no fields elsewhere', async () => {
    const orders = [
      { seller: 'Ünïcødé 商店 🛍', amount: Number.MAX_SAFE_INTEGER, platform_fee: Number.MAX_SAFE_INTEGER },
    ]
    const answer = await call(
      'POST',
      '/v1/payments',
      { ...NEW, orders, metadata: { constructor: 'x', toString: 'y' } },
      freshKey(),
    )

    expect(answer.status).toBe(201)
    expect(answer.json().orders[0]).toMatchObject({ seller: 'Ünïcødé 商店 🛍', amount: Number.MAX_SAFE_INTEGER })
    expect(answer.json().metadata).toEqual({ constructor: 'x', toString: 'y' })
  })

  it('takes the amount of a card number, which is an amount there', async () => {
    const answer = await call(
      'POST',
      '/v1/payments',
      { ...NEW, orders: [{ seller: 's', amount: 4_242_424_242_424_242 }] },
      freshKey(),
    )

    expect(answer.status).toBe(201)
  })

  it('tells what went wrong with an order, and where the buyer has to go', async () => {
    const id = await create()
    const payment = storedPayment(id)
    const [first, second] = payment.orders
    if (first === undefined || second === undefined) throw new Error('two orders were stored')
    const decline = {
      code: 'insufficient_funds',
      networkCode: '51',
      advice: 'try_again_later',
      message: 'Not enough.',
    } as const
    services.stored.set(payment.id, {
      ...payment,
      orders: [
        { ...first, status: 'failed', pspReference: 'ch_1', decline },
        { ...second, status: 'requires_action', actionUrl: 'https://psp.test/3ds' },
      ],
    })

    const { orders } = (await call('GET', `/v1/payments/${id}`)).json()

    expect(orders[0]).toMatchObject({
      psp_reference: 'ch_1',
      decline: { code: 'insufficient_funds', network_code: '51', advice: 'try_again_later', message: 'Not enough.' },
    })
    expect(orders[1].next_action).toEqual({ type: 'redirect', url: 'https://psp.test/3ds' })
  })
})

describe('a batch of payments', () => {
  const sendBatch = (payments: readonly unknown[], batchKey = freshKey()) =>
    call('POST', '/v1/payments/batch', { payments }, batchKey)

  it('accepts the good ones and says of each other why not, in order', async () => {
    const payments = [
      { ...NEW, idempotency_key: 'batch-a' },
      { ...NEW, orders: [{ seller: 's', amount: '5' }] },
      { ...NEW, payment_method: '4242424242424242' },
      { ...NEW, idempotency_key: 'batch-a' },
      { ...NEW, psp: 'acme' },
      { ...NEW, buyer: { reference: 'a\u0000' } },
      7,
      NEW,
    ]

    const answer = await sendBatch(payments)
    const { data } = answer.json()

    expect(answer.status).toBe(200)
    expect(data.map((each: { object?: string; code?: string }) => each.object ?? each.code)).toEqual([
      'payment',
      'invalid_request',
      'pan_detected',
      'invalid_request',
      'psp_not_found',
      'invalid_request',
      'invalid_request',
      'payment',
    ])
    expect(
      data.flatMap((each: { errors?: { pointer: string }[] }) => each.errors?.map(({ pointer }) => pointer) ?? []),
    ).toEqual([
      '/payments/1/orders/0/amount',
      '/payments/2/payment_method',
      '/payments/3/idempotency_key',
      '/payments/4/psp',
      '/payments/5/buyer/reference',
      '/payments/6',
    ])
    expect(services.stored.size).toBe(2)
    expect(answer.text).not.toContain('4242424242424242')
  })

  it('gives an item without a key the key of the request and its position', async () => {
    const first = await sendBatch([NEW, NEW], key('whole'))
    const single = await call('POST', '/v1/payments', NEW, key('whole:1'))

    expect(single.headers['idempotent-replayed']).toBe('true')
    expect(single.json().id).toBe(first.json().data[1].id)
  })

  it('refuses every card number, however many there are', async () => {
    const answer = await sendBatch(Array.from({ length: 60 }, () => ({ ...NEW, payment_method: '4242424242424242' })))

    expect(new Set(answer.json().data.map(({ code }: { code: string }) => code))).toEqual(new Set(['pan_detected']))
    expect(services.stored.size).toBe(0)
  })

  it('refuses a name that is given twice in the item that has it', async () => {
    const twice = JSON.stringify(NEW).replace('"currency"', '"currency":"USD","currency"')
    const answer = await app.inject({
      method: 'POST',
      url: '/v1/payments/batch',
      headers: { authorization: 'Bearer admin-key', 'content-type': 'application/json', ...freshKey() },
      payload: `{"payments":[${JSON.stringify(NEW)},${twice}]}`,
    })

    expect(answer.json().data[0].object).toBe('payment')
    expect(answer.json().data[1]).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/payments/1/currency' }],
    })
  })

  it('takes 1,000 payments with 10,000 orders in all', async () => {
    const orders = Array.from({ length: 10 }, (_, index) => ({
      seller: `s${index}`,
      amount: 100,
      reference: `r${index}`,
    }))
    const answer = await sendBatch(
      Array.from({ length: 1_000 }, (_, index) => ({ ...NEW, checkout_id: `c${index}`, orders })),
    )

    expect(answer.status).toBe(200)
    expect(services.stored.size).toBe(1_000)
  })
})

describe('payments that are there', () => {
  it('are listed page by page, each once', async () => {
    const ids = new Set(await Promise.all(Array.from({ length: 7 }, () => create())))
    const seen: string[] = []
    let url = '/v1/payments?limit=3'
    for (let pages = 0; pages < 5; pages += 1) {
      const { data, has_more, next_cursor } = (await call('GET', url)).json()
      seen.push(...data.map(({ id }: { id: string }) => id))
      expect(has_more).toBe(next_cursor !== null)
      if (next_cursor === null) break
      url = `/v1/payments?limit=3&cursor=${next_cursor}`
    }

    expect(seen).toHaveLength(7)
    expect(new Set(seen)).toEqual(ids)
  })

  it('are told with their timeline and their whereabouts', async () => {
    const id = await create()

    expect((await call('GET', `/v1/payments/${id}/timeline`)).json()).toEqual({
      data: [{ at: '1970-01-01T00:00:00.000Z', kind: 'payment.created', detail: { amount: 1250 } }],
    })
    expect((await call('GET', `/v1/payments/${id}/whereabouts`)).json()).toEqual({
      sentence: 'With the PSP.',
      steps: [{ step: 'event', state: 'done', at: '1970-01-01T00:00:00.000Z', detail: 'stored' }],
    })
  })

  it('are not found under an id that nothing has', async () => {
    const id = publicId('pay', '019a4c2f-7b3c-7d1e-8f20-a1b2c3d4e5f6')

    for (const path of ['', '/timeline', '/whereabouts']) {
      expect((await call('GET', `/v1/payments/${id}${path}`)).json()).toMatchObject({ code: 'not_found' })
    }
  })
})

describe('a request about a payment', () => {
  it.each(['capture', 'cancel'])('to %s it needs no body', async (endpoint) => {
    const id = await create()

    const bare = await call('POST', `/v1/payments/${id}/${endpoint}`, undefined, key(`${endpoint}-1`))
    const empty = await call('POST', `/v1/payments/${id}/${endpoint}`, {}, key(`${endpoint}-2`))

    expect([bare.status, empty.status]).toEqual([200, 200])
    expect(services.requests.at(-1)).toMatchObject({
      endpoint,
      paymentId: uuidOf('pay', id),
      idempotencyKey: `${endpoint}-2`,
    })
  })

  it('to retry carries the payment method, and its fingerprint tells requests apart', async () => {
    const [a, b] = [await create(), await create()]
    const before = services.requests.length
    await call('POST', `/v1/payments/${a}/retry`, { payment_method: 'pm_test_visa' }, freshKey())
    await call('POST', `/v1/payments/${a}/retry`, { payment_method: 'pm_test_visa' }, freshKey())
    await call('POST', `/v1/payments/${a}/retry`, { payment_method: 'pm_test_declined' }, freshKey())
    await call('POST', `/v1/payments/${b}/retry`, { payment_method: 'pm_test_visa' }, freshKey())
    const made = services.requests.slice(before)

    expect(made.map(({ paymentMethod }) => paymentMethod)).toEqual([
      'pm_test_visa',
      'pm_test_visa',
      'pm_test_declined',
      'pm_test_visa',
    ])
    expect(new Set(made.map(({ fingerprint }) => fingerprint.toString('hex'))).size).toBe(3)
  })
})
