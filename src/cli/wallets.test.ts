import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'
import { type FakeApi, startFakeApi } from '../../test/support/fake-api.ts'

let api: FakeApi

beforeEach(async () => {
  api = await startFakeApi()
})

afterEach(() => api.close())

const run = (...argv: string[]) => runTestCli(argv, { api })

describe('wallets get', () => {
  it('prints one line per currency', async () => {
    const balances = [{ currency: 'EUR', pending: 1_250, available: 0, reserved: 0, owed: 5 }]
    api.routes.set('GET /v1/wallets/a%20b', () => ({ body: { seller: 'a b', balances } }))

    expect((await run('wallets', 'get', 'a b')).stdout).toBe('a b\tEUR\t12.50\t0.00\t0.00\t0.05\n')
  })

  it('exits 1 for a seller without a wallet', async () => {
    expect((await run('wallets', 'get', 'nobody')).exitCode).toBe(1)
  })
})

describe('wallets statement', () => {
  it('passes the period on and prints signed amounts', async () => {
    const line = { at: 'T', entry: 'je_1', kind: 'capture', bucket: 'pending', amount: -1_250, currency: 'EUR' }
    api.routes.set('GET /v1/wallets/acme/statement', () => ({ body: { data: [line], has_more: false } }))

    const { stdout } = await run('wallets', 'statement', 'acme', '--from', '2026-11-01T00:00:00Z')

    expect(stdout).toBe('T\tcapture\tpending\t-12.50\tEUR\t\tje_1\n')
    expect(api.requests[0]?.query.get('from')).toBe('2026-11-01T00:00:00Z')
  })
})

describe('simulator advance', () => {
  it.each([
    ['1d', { days: 1 }],
    ['12h', { hours: 12 }],
  ])('%s asks the test clock for %j', async (duration, body) => {
    api.routes.set('POST /v1/test/clock/advance', () => ({ body: { now: '2026-11-23T00:00:00Z' } }))

    const { exitCode, stdout } = await run('simulator', 'advance', duration)

    expect(api.requests[0]?.body).toEqual(body)
    expect(stdout).toBe('now\t2026-11-23T00:00:00Z\n')
    expect(exitCode).toBe(0)
  })
})
