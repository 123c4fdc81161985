import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { aCharge } from '../../contract.ts'
import { createSimulatorPsp } from '../adapter.ts'
import { callSimulator, type RunningSimulator, readBook, startSimulator } from '../testing.ts'
import { DEFAULT_SETTINGS } from './settings.ts'

const SECRET = `whsec_${Buffer.alloc(24, 4).toString('base64')}`
const DAY_MS = 86_400_000

describe('The API of the simulator', () => {
  let simulator: RunningSimulator
  let keys = 0
  beforeAll(async () => {
    simulator = await startSimulator()
  })
  afterAll(async () => {
    await simulator.stop()
  })
  afterEach(async () => {
    await callSimulator(simulator.url, 'PUT', '/settings', DEFAULT_SETTINGS)
  })

  const call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    callSimulator(simulator.url, method, path, body, headers)
  const aBody = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
    amount: 1_250,
    currency: 'EUR',
    reference: `r${keys++}`,
    payment_method: 'pm_test_visa',
    ...more,
  })
  const create = (body: unknown, key = `key-${keys++}`) => call('POST', '/charges', body, { 'idempotency-key': key })

  it('answers a charge, then answers it again and says so', async () => {
    const body = aBody()
    const first = await create(body, 'again')
    const second = await create(body, 'again')

    expect(first).toMatchObject({ status: 201, body: { object: 'charge', status: 'captured', amount_captured: 1_250 } })
    expect(second.body).toEqual(first.body)
    expect([first, second].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([null, 'true'])
    expect((await call('GET', `/charges/${first.body['id']}`)).body).toEqual(first.body)
  })

  it('answers what it answered first, though the charge went on', async () => {
    const body = aBody({ capture: 'manual' })
    const first = await create(body, 'authorise')
    await call('POST', `/charges/${first.body['id']}/capture`, {}, { 'idempotency-key': 'capture' })

    const again = await create(body, 'authorise')

    expect(again.body).toEqual(first.body)
    expect((await call('GET', `/charges/${first.body['id']}`)).body).toMatchObject({ status: 'captured' })
  })

  it('refuses a key while the first request with it is being processed', async () => {
    await call('PUT', '/settings', { latency_ms: { min: 1_000, max: 1_000 } })
    const body = aBody()

    const answers = await Promise.all(Array.from({ length: 10 }, () => create(body, 'busy')))

    const refused = answers.filter((answer) => answer.status === 409)
    const created = answers.filter((answer) => answer.status === 201)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused[0]?.body).toMatchObject({ error: { type: 'idempotency', code: 'idempotency_key_in_use' } })
    expect(refused.length + created.length).toBe(10)
    expect(new Set(created.map((answer) => answer.body['id'])).size).toBe(1)
  })

  it('forgets a key after 24 hours of business time, and not before', async () => {
    const body = aBody()
    const first = await create(body, 'day')
    const { body: clock } = await call('GET', '/clock')
    const offset = Number(clock['offset_ms'])

    await call('POST', '/clock', { offset_ms: offset + DAY_MS - 60_000 })
    const within = await create(body, 'day')
    await call('POST', '/clock', { offset_ms: offset + DAY_MS })
    const after = await create(body, 'day')

    expect(within.body['id']).toBe(first.body['id'])
    expect(after.status).toBe(201)
    expect(after.body['id']).not.toBe(first.body['id'])
    const found = await call('GET', `/charges?reference=${body['reference']}`)
    expect(found.body).toMatchObject({ data: [{ id: after.body['id'] }, { id: first.body['id'] }], has_more: false })
  })

  it.each([
    ['no key', { 'idempotency-key': '' }],
    ['a key that is too long', { 'idempotency-key': 'k'.repeat(256) }],
    ['a key with other characters', { 'idempotency-key': 'kéy' }],
  ])('refuses a charge with %s', async (_name, headers) => {
    const before = (await readBook(simulator.url)).length

    const answer = await call('POST', '/charges', aBody(), headers)

    expect(answer).toMatchObject({ status: 422, body: { error: { param: 'Idempotency-Key' } } })
    expect(await readBook(simulator.url)).toHaveLength(before)
  })

  it.each([
    ['amount', 0],
    ['amount', -1],
    ['amount', 12.5],
    ['amount', '1250'],
    ['amount', 2 ** 53],
    ['amount', null],
    ['amount', undefined],
    ['currency', 'eur'],
    ['currency', 'EURO'],
    ['currency', 'XXX'],
    ['currency', 978],
    ['currency', undefined],
    ['reference', ''],
    ['reference', 'x'.repeat(256)],
    ['reference', 'a\nb'],
    ['reference', 7],
    ['reference', undefined],
    ['payment_method', ''],
    ['payment_method', {}],
    ['payment_method', undefined],
    ['capture', 'later'],
    ['capture', true],
  ])('refuses %s %o and names it', async (param, value) => {
    const before = (await readBook(simulator.url)).length

    const answer = await create(aBody({ [param]: value }), 'never-used')

    expect(answer).toMatchObject({ status: 422, body: { error: { type: 'invalid_request', param } } })
    expect(await readBook(simulator.url)).toHaveLength(before)
  })

  it.each([
    ['a field that it does not know', '{"amount":1,"colour":"red"}', 422, 'unknown_field'],
    ['an array', '[]', 422, 'invalid_body'],
    ['null', 'null', 422, 'invalid_body'],
    ['half of JSON', '{"amount":', 400, 'malformed_json'],
    ['more than it takes', `{"reference":"${'x'.repeat(70_000)}"}`, 413, 'body_too_large'],
  ])('refuses a body that is or has %s', async (_name, body, status, code) => {
    expect(await create(body)).toMatchObject({ status, body: { error: { code } } })
  })

  it.each([
    ['POST', '/charges', 'text/plain', 415, 'unsupported_media_type'],
    ['DELETE', '/charges', 'application/json', 405, 'method_not_allowed'],
    ['POST', '/nothing', 'application/json', 404, 'no_such_path'],
    ['POST', '/charges/ch_none/capture', 'application/json', 404, 'charge_not_found'],
    ['POST', '/charges/ch_none/void', 'application/json', 404, 'charge_not_found'],
    ['POST', '/charges/ch_none/other', 'application/json', 404, 'no_such_path'],
  ])('answers %s %s as %s with %i %s', async (method, path, type, status, code) => {
    const answer = await call(method, path, '{}', { 'content-type': type, 'idempotency-key': 'k' })

    expect(answer).toMatchObject({ status, body: { error: { code } } })
  })

  it.each([
    ['/charges', 400],
    ['/charges?reference=', 400],
    ['/charges?reference=a&page=2', 400],
    ['/charges/ch_none', 404],
    ['/webhooks?limit=0', 400],
    ['/webhooks?limit=1001', 400],
    ['/webhooks?limit=x', 400],
  ])('answers GET %s with %i', async (path, status) => {
    expect((await call('GET', path)).status).toBe(status)
  })

  it('refuses a capture or void in the wrong state, and says what the charge is', async () => {
    const { body: charge } = await create(aBody())
    const path = `/charges/${charge['id']}`

    const answers = [
      await call('POST', `${path}/capture`, {}, { 'idempotency-key': 'a' }),
      await call('POST', `${path}/void`, {}, { 'idempotency-key': 'b' }),
    ]

    for (const answer of answers)
      expect(answer).toMatchObject({ status: 409, body: { error: { type: 'state', code: 'charge_captured', charge } } })
  })

  it.each([
    [{ latency_ms: { min: -1 } }, 'latency_ms.min'],
    [{ latency_ms: { min: 5, max: 1 } }, 'latency_ms'],
    [{ latency_ms: { max: 60_001 } }, 'latency_ms.max'],
    [{ faults: { lose_answer_rate: 1.1 } }, 'faults.lose_answer_rate'],
    [{ faults: { timeout_rate: '0.1' } }, 'faults.timeout_rate'],
    [{ seed: 1.5 }, 'seed'],
    [{ seed: 2 ** 32 }, 'seed'],
    [{ webhooks: 'none' }, 'webhooks'],
    [{ settlement: { delay_minutes: 10_081 } }, 'settlement.delay_minutes'],
    [{ settlement: { delay_minutes: 0.5 } }, 'settlement.delay_minutes'],
    [{ settlement: { broken_control: 1 } }, 'settlement.broken_control'],
  ])('refuses the settings %j and changes nothing', async (body, param) => {
    const answer = await call('PUT', '/settings', body)

    expect(answer).toMatchObject({ status: 422, body: { error: { param } } })
    expect((await call('GET', '/settings')).body).toEqual(DEFAULT_SETTINGS)
  })

  it.each([[{ latency: 1 }], [{ faults: { nonsense_rate: 1 } }], [{ latency_ms: { mean: 1 } }], [[]], ['"x"']])(
    'refuses settings that it does not know: %j',
    async (body) => {
      expect((await call('PUT', '/settings', body)).status).toBe(422)
    },
  )

  it.each([
    [{ url: 'ftp://127.0.0.1/', secret: SECRET }, 'url'],
    [{ url: '/webhooks', secret: SECRET }, 'url'],
    [{ url: 'http://127.0.0.1/', secret: 'secret' }, 'secret'],
    [{ url: 'http://127.0.0.1/', secret: 'whsec_c2hvcnQ=' }, 'secret'],
    [{ url: 'http://127.0.0.1/', secret: `whsec_${'!'.repeat(40)}` }, 'secret'],
    [{ url: 'http://127.0.0.1/' }, 'secret'],
  ])('refuses the webhook endpoint %j', async (body, param) => {
    expect(await call('PUT', '/webhook_endpoint', body)).toMatchObject({ status: 422, body: { error: { param } } })
  })

  it('never turns its clock back', async () => {
    const { body } = await call('GET', '/clock')
    const offset = Number(body['offset_ms'])

    expect((await call('POST', '/clock', { offset_ms: offset })).status).toBe(200)
    expect((await call('POST', '/clock', { offset_ms: offset + 1_000 })).body).toMatchObject({
      offset_ms: offset + 1_000,
    })
    expect(await call('POST', '/clock', { offset_ms: offset })).toMatchObject({
      status: 409,
      body: { error: { code: 'clock_backwards' } },
    })
    for (const wrong of [-1, 1.5, '5', null, 1e15])
      expect((await call('POST', '/clock', { offset_ms: wrong })).status).toBe(422)
  })

  it('stamps charges with business time', async () => {
    const { body: clock } = await call('GET', '/clock')
    await call('POST', '/clock', { offset_ms: Number(clock['offset_ms']) + 10 * DAY_MS })

    const { body: charge } = await create(aBody())

    expect(Date.parse(String(charge['occurred_at'])) - Date.parse(String(clock['now']))).toBeGreaterThanOrEqual(
      10 * DAY_MS,
    )
  })

  it('streams a book of any size to a slow reader', async () => {
    const psp = createSimulatorPsp({ name: 'simulator', url: simulator.url, webhookSecret: SECRET })
    const before = (await readBook(simulator.url)).length
    let left = 3_000
    const send = async (): Promise<void> => {
      while (left-- > 0) await psp.charge(aCharge('pm_test_visa'))
    }
    await Promise.all(Array.from({ length: 32 }, send))
    await psp.close()

    const book = await readBook(simulator.url)

    expect(book).toHaveLength(before + 3_000)
    expect(new Set(book.map((charge) => charge.id)).size).toBe(book.length)
  })
})
