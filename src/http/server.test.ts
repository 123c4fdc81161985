import { afterAll, describe, expect, it } from 'vitest'
import { bearer, createTestServer, TEST_KEYS } from './testing/test-server.ts'

const { app } = await createTestServer()
afterAll(() => app.close())
describe('x', () => {
  it('y', async () => {
    const t = performance.now()
    const s = await createTestServer()
    console.log('startup', performance.now() - t)
    await s.app.close()
    const go = async (method: 'GET' | 'POST', url: string, payload?: string, headers = {}) => {
      const r = await app.inject({ method, url, ...(payload === undefined ? {} : { payload }), headers: { authorization: bearer(TEST_KEYS.admin), ...(payload ? { 'content-type': 'application/json', 'idempotency-key': 'k1' } : {}), ...headers } })
      console.log(method, url, r.statusCode, JSON.stringify(r.headers), r.body.slice(0, 1500))
    }
    const body = '{"buyer":{"reference":"b"},"currency":"EUR","payment_method":"pm_test_visa","orders":[{"seller":"s","amount":1250,"platform_fee":125,"reference":"r1"},{"seller":"t","amount":3}],"metadata":{"a":"b"}}'
    await go('POST', '/v1/payments', body)
    await go('POST', '/v1/payments', body, { prefer: 'wait=3' })
    await go('POST', '/v1/payments', body.replace('1250', '12.50'))
    await go('POST', '/v1/payments', body.replace('1250', '"1250"'))
    await go('POST', '/v1/payments/batch', `{"payments":[${body},{"x":1},${body.replace('"b"', '"4242424242424242"')}]}`)
    await go('GET', '/v1/payments?limit=1')
    await go('GET', '/v1/payments?limt=1')
    await go('GET', '/v1/payments?limit=0')
    await go('GET', '/')
    await go('GET', '/docs/')
    await go('GET', '/errors')
    await go('GET', '/metrics')
    await go('GET', '/readyz')
    await go('GET', '/nope')
    await go('GET', '/v1/payments/%zz')
    await go('GET', '/v1/payments/batch/x')
    await go('GET', '/v1/test/clock/advance')
    await go('GET', '/openapi.json')
  })
})
