import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'
import { type FakeApi, problem, startFakeApi } from '../../test/support/fake-api.ts'
import { demoPayments } from './demo-data.ts'

let api: FakeApi

beforeEach(async () => {
  api = await startFakeApi()
  api.routes.set('GET /v1/test/clock', () => ({ body: { now: 'T', offset_ms: 0 } }))
})

afterEach(() => api.close())

const run = (...argv: string[]) => runTestCli(argv, { api })

describe('demo data', () => {
  it('is the same every time, with a name of its own for each payment', () => {
    const names = demoPayments().map((payment) => payment.name)

    expect(demoPayments()).toEqual(demoPayments())
    expect(new Set(names).size).toBe(names.length)
  })

  it('holds only whole positive amounts, each seller once in a checkout, fees within the amount', () => {
    for (const { name, body } of demoPayments()) {
      expect(new Set(body.orders.map((order) => order.seller)).size, name).toBe(body.orders.length)
      for (const order of body.orders) {
        expect(Number.isSafeInteger(order.amount) && order.amount > 0, name).toBe(true)
        expect(order.platform_fee ?? 0, name).toBeLessThanOrEqual(order.amount)
      }
    }
  })

  it('covers the magic amounts, yen and dinars', () => {
    const payments = demoPayments()
    const digits = payments
      .filter(({ body }) => body.payment_method === 'pm_test_magic' && body.orders.length === 1)
      .map(({ body }) => (body.orders[0]?.amount ?? 0) % 100)

    expect(digits).toEqual([41, 42, 43, 44, 45, 60])
    expect(new Set(payments.map(({ body }) => body.currency))).toEqual(new Set(['EUR', 'USD', 'BRL', 'JPY', 'KWD']))
  })
})

describe('demo', () => {
  it('seeds once', async () => {
    const first = await run('demo', '--json')
    const second = await run('demo', '--json')

    const count = demoPayments().length
    expect(JSON.parse(first.stdout)).toEqual({ created: count, existing: 0, refused: [] })
    expect(JSON.parse(second.stdout)).toEqual({ created: 0, existing: count, refused: [] })
    expect(api.payments()).toHaveLength(count)
  })

  it('captures and cancels what was authorised for it', async () => {
    const names = demoPayments()
    const authorised = names.filter((payment) => payment.body.capture === 'manual')
    for (const payment of authorised) {
      const id = `pay_${String(names.indexOf(payment) + 1).padStart(32, '0')}`
      api.routes.set(`GET /v1/payments/${id}`, () => ({ body: { id, status: 'authorised', orders: [] } }))
      for (const verb of ['capture', 'cancel']) {
        api.routes.set(`POST /v1/payments/${id}/${verb}`, () => ({ body: { id, object: 'payment' } }))
      }
    }

    await run('demo')

    const keys = api.requests.map((request) => request.headers['idempotency-key'])
    expect(keys).toContain('demo:captured-later:capture')
    expect(keys).toContain('demo:canceled:cancel')
  })

  it('sends nothing to a server in live mode', async () => {
    api.routes.set('GET /v1/test/clock', () => problem(403, 'test_mode_only'))

    const { exitCode, stderr } = await run('demo')

    expect(stderr).toContain('is in live mode and takes no demo data; run: ')
    expect(exitCode).toBe(2)
    expect(api.payments()).toHaveLength(0)
  })
})
