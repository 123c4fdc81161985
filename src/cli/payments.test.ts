import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'
import { type FakeApi, problem, startFakeApi } from '../../test/support/fake-api.ts'

const CART = {
  buyer: { reference: 'b' },
  currency: 'KWD',
  payment_method: 'pm_test_visa',
  orders: [
    { seller: 'acme', amount: 12_500 },
    { seller: 'casa', amount: 1 },
  ],
}

let api: FakeApi
let cwd = ''

beforeEach(async () => {
  api = await startFakeApi()
  cwd = await mkdtemp(join(tmpdir(), 'tallystick-cli-'))
  await writeFile(join(cwd, 'cart.json'), JSON.stringify(CART))
})

afterEach(async () => {
  await api.close()
  await rm(cwd, { recursive: true })
})

const run = (...argv: string[]) => runTestCli(argv, { api, cwd })

describe('payments create', () => {
  it('prints the payment in the decimals of its currency', async () => {
    const { exitCode, stdout, stderr } = await run('payments', 'create', '-f', 'cart.json')

    expect(stdout).toContain('amount\t12.501 KWD\n')
    expect(stdout).toContain('\tacme\texecuting\t12.500\t0.000\tsimulator')
    expect(stderr).toMatch(/^idempotency key: file:[0-9a-f]{64}\n$/)
    expect(exitCode).toBe(0)
  })

  it('asks the server to wait for a final status', async () => {
    await run('payments', 'create', '-f', 'cart.json', '--wait', '3')

    expect(api.requests.at(-1)?.headers).toMatchObject({ prefer: 'wait=3' })
  })

  it('creates once when the same file is sent again', async () => {
    await run('payments', 'create', '-f', 'cart.json', '--json')
    const { stdout, stderr } = await run('payments', 'create', '-f', 'cart.json', '--json')

    expect(api.payments()).toHaveLength(1)
    expect(JSON.parse(stdout)).toMatchObject({ id: api.payments()[0]?.id })
    expect(stderr).toContain('this payment existed')
  })

  it('creates twice under two keys, and reads the file from stdin', async () => {
    for (const key of ['a', 'b']) {
      await runTestCli(['payments', 'create', '-f', '-', '--idempotency-key', key], {
        api,
        stdin: JSON.stringify(CART),
      })
    }

    expect(api.payments()).toHaveLength(2)
  })

  it('exits 1 when the payment failed', async () => {
    const body = {
      id: 'pay_1',
      object: 'payment',
      status: 'failed',
      amount: 1,
      currency: 'EUR',
      orders: [],
      created_at: '',
    }
    api.routes.set('POST /v1/payments', () => ({ status: 201, body }))

    expect((await run('payments', 'create', '-f', 'cart.json')).exitCode).toBe(1)
  })

  it('says once what the detail of a refusal says already', async () => {
    const detail = '/orders/0/amount: Write 1250.'
    const errors = [{ pointer: '/orders/0/amount', detail: 'Write 1250.' }]
    api.routes.set('POST /v1/payments', () => ({ status: 422, body: { detail, errors } }))

    const { stderr } = await run('payments', 'create', '-f', 'cart.json')

    expect(stderr).toContain('\n/orders/0/amount: Write 1250; run: ')
  })

  it.each([
    ['missing.json', 'cannot be read'],
    ['broken.json', 'is not JSON'],
  ])('exits 2 when %s %s', async (file, why) => {
    await writeFile(join(cwd, 'broken.json'), '{')

    const { exitCode, stderr } = await run('payments', 'create', '-f', file)

    expect(stderr).toContain(`${file} ${why}`)
    expect(exitCode).toBe(2)
    expect(api.requests).toHaveLength(0)
  })

  it('names the field that was wrong, and exits 2', async () => {
    const refusal = problem(422, 'invalid_request', 'A field is not right.')
    const errors = [{ pointer: '/orders/0/amount', detail: 'Write 1250, not 12.50.' }]
    api.routes.set('POST /v1/payments', () => ({ ...refusal, body: { ...(refusal.body as object), errors } }))

    const { exitCode, stderr } = await run('payments', 'create', '-f', 'cart.json')

    expect(stderr).toContain('/orders/0/amount: Write 1250, not 12.50; run: npx tallystick payments create --help')
    expect(exitCode).toBe(2)
  })
})

describe('payments get', () => {
  it('prints the answer of the API with --json', async () => {
    await run('payments', 'create', '-f', 'cart.json')
    const id = api.payments()[0]?.id ?? ''

    const { stdout } = await run('payments', 'get', id, '--json')

    expect(JSON.parse(stdout)).toMatchObject({ id, status: 'succeeded', amount: 12_501 })
  })

  it('exits 1 when there is no such payment', async () => {
    const { exitCode, stderr } = await run('payments', 'get', 'pay_0')

    expect(stderr).toBe('There is no payment pay_0; run: npx tallystick payments list\n')
    expect(exitCode).toBe(1)
  })

  it('exits 2 when the key is not accepted', async () => {
    const other = { url: api.url, apiKey: 'sk_test_other' }
    const { exitCode, stderr } = await runTestCli(['payments', 'get', 'pay_0'], { api: other })

    expect(stderr).toContain('run: npx tallystick doctor')
    expect(exitCode).toBe(2)
  })
})

describe('payments list', () => {
  it('passes filters on and says how to read more', async () => {
    const payment = {
      id: 'pay_1',
      object: 'payment',
      status: 'failed',
      amount: 990,
      currency: 'EUR',
      orders: [],
      created_at: 'T',
    }
    api.routes.set('GET /v1/payments', () => ({ body: { data: [payment], has_more: true, next_cursor: 'abc' } }))

    const { stdout, stderr } = await run('payments', 'list', '--status', 'failed', '--seller', 'a b', '--limit', '1')

    expect(stdout).toBe('pay_1\tfailed\t9.90\tEUR\t0\t\tT\n')
    expect(stderr).toBe('more: add --cursor abc\n')
    expect(api.requests[0]?.query.toString()).toBe('status=failed&seller=a+b&limit=1')
  })
})
