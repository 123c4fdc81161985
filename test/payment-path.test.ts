import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readBook } from '../src/psp/simulator/testing.ts'
import { magicPayment, paymentBody, startTestServer, type TestServer } from './support/server.ts'
import { waitFor } from './support/wait-for.ts'

/** The way of a payment through the real server over HTTP, with the real simulator and a real database. */

let server: TestServer

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const create = (body: Record<string, unknown>, headers: Record<string, string> = {}) =>
  server.post('/v1/payments', body, headers)

const waited = { prefer: 'wait=15' }

describe('payment over HTTP', () => {
  it('is answered with its final state when the caller waits', async () => {
    const { status, body, headers } = await create(paymentBody(), waited)

    expect(status).toBe(201)
    expect(headers.get('preference-applied')).toBe('wait=15')
    expect(body).toMatchObject({ object: 'payment', status: 'succeeded', amount: 4250, currency: 'EUR' })
    expect(body['orders']?.map((order) => order['status'])).toEqual(['captured', 'captured'])
    const wallet = await server.get('/v1/wallets/anna')
    expect(wallet.body).toEqual({
      seller: 'anna',
      balances: [{ currency: 'EUR', pending: 1125, available: 0, reserved: 0, owed: 0 }],
    })
    const balance = await server.get('/v1/ledger/trial_balance')
    expect(balance.body['currencies']?.[0]).toMatchObject({ currency: 'EUR', debits: 4250, credits: 4250 })
  })

  it('is made once by 50 parallel posts with one key, and its replay is marked, also after a restart', async () => {
    const headers = { 'idempotency-key': randomUUID() }
    const body = paymentBody({ buyer: { reference: 'parallel' } })
    const answers = await Promise.all(Array.from({ length: 50 }, () => create(body, headers)))

    expect(new Set(answers.map((answer) => answer.status))).toEqual(
      new Set(answers.some((a) => a.status === 409) ? [201, 409] : [201]),
    )
    const made = answers.filter((answer) => answer.status === 201)
    expect(new Set(made.map((answer) => answer.body['id'])).size).toBe(1)
    expect(made.filter((answer) => answer.headers.get('idempotent-replayed') === null)).toHaveLength(1)
    for (const refused of answers.filter((answer) => answer.status === 409)) {
      expect(refused.body).toMatchObject({ code: 'request_in_progress', retryable: true })
      expect(refused.headers.get('retry-after')).toMatch(/^\d+$/)
    }

    await server.restart()
    const replay = await create(body, { ...headers, ...waited })
    expect(replay.status).toBe(201)
    expect(replay.headers.get('idempotent-replayed')).toBe('true')
    expect(replay.body).toMatchObject({ id: made[0]?.body['id'], status: 'succeeded' })
    const other = await create(paymentBody(), headers)
    expect(other.status).toBe(422)
    expect(other.body['code']).toBe('idempotency_key_reused')
  })

  it('charges once for two keys with one checkout', async () => {
    const body = paymentBody({ checkout_id: randomUUID() })
    const answers = await Promise.all([create(body), create(body)])

    expect(answers.map((answer) => answer.status).toSorted()).toEqual([201, 409])
    const made = answers.find((answer) => answer.status === 201)
    const refused = answers.find((answer) => answer.status === 409)
    expect(refused?.body).toMatchObject({ code: 'checkout_exists', payment: made?.body['id'] })
  })

  it('goes through a second server on the same database, which sees the same key', async () => {
    const second = await server.another()
    const headers = {
      authorization: `Bearer ${server.apiKey}`,
      'content-type': 'application/json',
      'idempotency-key': randomUUID(),
    }
    const request = { method: 'POST', headers, body: JSON.stringify(paymentBody()) }
    const answers = await Promise.all([
      fetch(`${server.url}/v1/payments`, request),
      fetch(`${second.url}/v1/payments`, request),
    ])
    const payments = await Promise.all(answers.map(async (answer) => (await answer.json()) as { id: string }))
    await second.close()

    expect(payments[0]?.id).toBe(payments[1]?.id)
  })
})

describe('server that is told to stop', () => {
  it('answers callers who wait for a final status with what there is', async () => {
    const held = create(magicPayment(1060), { prefer: 'wait=60' })
    await waitFor(async () => (await server.get('/v1/payments?status=processing')).body['data']?.length, {
      what: 'a payment in progress',
    })

    const begun = performance.now()
    await server.restart()

    expect((await held).body).toMatchObject({ status: 'processing' })
    expect(performance.now() - begun).toBeLessThan(30_000)
  })
})

describe('batch of payments', () => {
  it('gives one result per item, in order, and marks what existed', async () => {
    const bad = paymentBody({ currency: 'XYZ' })
    const body = { payments: [paymentBody({ idempotency_key: 'batch-a' }), bad, paymentBody()] }
    const headers = { 'idempotency-key': randomUUID() }

    const first = await server.post('/v1/payments/batch', body, headers)
    const second = await server.post('/v1/payments/batch', body, headers)

    expect(first.body['data']?.map((item) => item['object'] ?? item['code'])).toEqual([
      'payment',
      'invalid_request',
      'payment',
    ])
    expect(second.body['data']?.[0]).toMatchObject({ id: first.body['data']?.[0]?.['id'], replayed: true })
    expect(second.body['data']?.[2]).toMatchObject({ id: first.body['data']?.[2]?.['id'], replayed: true })
  })
})

describe('magic amount', () => {
  it('41 to 45 and 60 end as promised here and in the book of the PSP, 45 by the settlement file', {
    timeout: 120_000,
  }, async () => {
    const ids = new Map<number, string>()
    for (const amount of [5041, 5042, 5043, 5044, 5045, 5060]) {
      ids.set(amount, String((await create(magicPayment(amount))).body['id']))
    }
    const sixty = await server.get(`/v1/payments/${ids.get(5060)}`)
    expect(sixty.body).toMatchObject({ status: 'processing', orders: [{ status: 'executing' }] })

    const unknownOf45 = async (): Promise<boolean> =>
      (await server.get(`/v1/payments/${ids.get(5045)}`)).body['orders']?.[0]?.['status'] === 'unknown'
    await waitFor(unknownOf45, { what: 'the outcome of 45 to be unknown' })
    const unknown = await server.get(`/v1/payments/${ids.get(5045)}/whereabouts`)
    expect(unknown.body['sentence']).toMatch(/^The outcome of 50\.45 USD at simulator is unknown/)
    expect((await server.get('/v1/wallets/seller-5045')).status).toBe(404)
    expect((await server.get(`/v1/ledger/entries?payment=${ids.get(5045)}`)).body['data']).toEqual([])
    const metrics = await server.get('/metrics')
    expect(metrics.text).toMatch(/tallystick_unknown_exposure_minor_units\{psp="simulator",currency="USD"\} [1-9]/)

    const advanced = await server.post('/v1/test/clock/advance', { days: 1 })
    expect(advanced.status).toBe(200)

    const ends = new Map<number, string>()
    for (const [amount, id] of ids) {
      const { body } = await server.get(`/v1/payments/${id}`)
      ends.set(amount, `${body['status']}/${body['orders']?.[0]?.['status']}`)
    }
    expect(Object.fromEntries(ends)).toEqual({
      5041: 'succeeded/captured',
      5042: 'failed/failed',
      5043: 'succeeded/captured',
      5044: 'succeeded/captured',
      5045: 'succeeded/captured',
      5060: 'succeeded/captured',
    })
    const book = await readBook(server.simulator.url)
    const inBook = book
      .filter((charge) => ids.has(Number(charge.amount)))
      .map((charge) => [Number(charge.amount), charge.status])
    expect(Object.fromEntries(inBook)).toEqual({
      5041: 'captured',
      5043: 'captured',
      5044: 'captured',
      5045: 'captured',
      5060: 'captured',
    })
    expect(inBook).toHaveLength(5)

    const kindsOf = async (amount: number): Promise<unknown> =>
      (await server.get(`/v1/ledger/entries?payment=${ids.get(amount)}`)).body['data']
        ?.map((entry) => String(entry['kind']))
        .toSorted()
    expect(await kindsOf(5044)).toEqual(['capture', 'psp_fee', 'release'])
    expect(await kindsOf(5045)).toEqual(['capture', 'psp_fee', 'release'])
    const balance = await server.get('/v1/ledger/trial_balance')
    const usd = balance.body['currencies']?.find((currency) => currency['currency'] === 'USD')
    const receivable = usd?.['accounts']?.find((account) => account['account'] === 'psp:simulator:receivable')
    expect(receivable?.['debits']).toBe(1060 + 5041 + 5043 + 5044 + 5045 + 5060)
    expect(usd?.['debits']).toBe(usd?.['credits'])
  })
})

describe('the books after all of this', () => {
  it('hold every invariant and verify', async () => {
    const invariants = await server.get('/v1/ledger/invariants')
    expect(invariants.body['checks']?.filter((check) => check['ok'] !== true)).toEqual([])
    const verification = await server.get('/v1/ledger/verification')
    expect(verification.body).toMatchObject({ ok: true, findings: [] })
  })
})
