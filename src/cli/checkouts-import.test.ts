import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestContext, runTestCli } from '../../test/support/cli.ts'
import { type FakeApi, problem, startFakeApi } from '../../test/support/fake-api.ts'
import { checkoutsImport } from './checkouts-import.ts'
import { importKey } from './import/send.ts'

const ITEMS = `checkout,seller,amount,currency
c1,acme,10.00,EUR
c2,casa,5.00,EUR
c1,casa,2.50,EUR
c3,acme,1250,JPY
c1,acme,0.01,EUR
`

let api: FakeApi
let cwd = ''

beforeEach(async () => {
  api = await startFakeApi()
  cwd = await mkdtemp(join(tmpdir(), 'tallystick-import-'))
  await writeFile(join(cwd, 'items.csv'), ITEMS)
})

afterEach(async () => {
  await api.close()
  await rm(cwd, { recursive: true })
})

const run = (...options: string[]) => runTestCli(['checkouts', 'import', 'items.csv', ...options], { api, cwd })
const documentOf = (stdout: string) => JSON.parse(stdout) as Record<string, unknown>
const batches = () => api.requests.filter((request) => request.path === '/v1/payments/batch')

describe('checkouts import', () => {
  it('pays every checkout once, with the lines of one seller in one order', async () => {
    const { exitCode, stdout } = await run('--json')

    expect(documentOf(stdout)).toMatchObject({
      created: 3,
      existing: 0,
      failed: 0,
      payments: { succeeded: 3 },
      amount_by_currency: { EUR: 1_751, JPY: 1_250 },
    })
    expect(api.payments()[0]).toMatchObject({
      checkout_id: 'c1',
      currency: 'EUR',
      orders: [
        { seller: 'acme', amount: 1_001 },
        { seller: 'casa', amount: 250 },
      ],
    })
    expect(exitCode).toBe(0)
  })

  it('says in words what it did, and how far it is on stderr only', async () => {
    const { stdout, stderr } = await run()

    expect(stdout).toBe('created\t3\nexisting\t0\nfailed\t0\nsucceeded\t3\ncaptured\t17.51 EUR\ncaptured\t1250 JPY\n')
    expect(stderr).toBe('items.csv: 5 lines, 3 checkouts, 4 orders, 2 sellers\n')
  })

  it('creates nothing the second time, however it is cut into batches, and prints the same sums', async () => {
    await run()
    const { exitCode, stdout } = await run('--json', '--batch', '1', '--concurrency', '1')

    expect(documentOf(stdout)).toMatchObject({
      created: 0,
      existing: 3,
      payments: { succeeded: 3 },
      amount_by_currency: { EUR: 1_751, JPY: 1_250 },
    })
    expect(api.payments()).toHaveLength(3)
    expect(exitCode).toBe(0)
  })

  it('sends the same body for a checkout in every run', async () => {
    await run('--batch', '1')
    const first = batches().map((request) => JSON.stringify(request.body))
    api.requests.length = 0
    await run('--batch', '1')

    expect(
      batches()
        .map((request) => JSON.stringify(request.body))
        .sort(),
    ).toEqual(first.sort())
  })

  it('takes a checkout that was paid under another key as existing', async () => {
    await fetch(`${api.url}/v1/payments`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.apiKey}`, 'idempotency-key': 'shop-1' },
      body: JSON.stringify({ checkout_id: 'c2', currency: 'EUR', orders: [{ seller: 'casa', amount: 500 }] }),
    })

    const { exitCode, stdout } = await run('--json')

    expect(documentOf(stdout)).toMatchObject({ created: 2, existing: 1, failed: 0, payments: { succeeded: 3 } })
    expect(api.payments()).toHaveLength(3)
    expect(exitCode).toBe(0)
  })

  it('counts what is refused, names it with its line, and exits 1', async () => {
    await run()
    await writeFile(join(cwd, 'items.csv'), ITEMS.replace('c2,casa,5.00', 'c2,casa,6.00'))

    const { exitCode, stdout, stderr } = await run('--json')

    expect(documentOf(stdout)).toMatchObject({
      existing: 2,
      failed: 1,
      failures_by_code: { idempotency_key_reused: 1 },
      failures: [{ checkout: 'c2', line: 3, code: 'idempotency_key_reused' }],
    })
    expect(stderr).toContain('line 3, checkout c2: ')
    expect(exitCode).toBe(1)
  })

  it('lets the others through when one checkout makes the whole request unacceptable', async () => {
    api.fault = ({ body }) => (JSON.stringify(body)?.includes('"c2"') ? 422 : undefined)

    const { exitCode, stdout } = await run('--json')

    expect(documentOf(stdout)).toMatchObject({
      created: 2,
      failed: 1,
      failures: [{ checkout: 'c2', code: 'fault_422' }],
    })
    expect(exitCode).toBe(1)
  })

  it('sends nothing when one line of the file is wrong', async () => {
    await writeFile(join(cwd, 'items.csv'), `${ITEMS}c9,acme,oops,EUR\n`)

    const { exitCode, stderr } = await run()

    expect(stderr).toContain('items.csv line 7, column "amount": "oops" is not a number')
    expect(exitCode).toBe(2)
    expect(api.requests).toEqual([])
  })

  it('exits 2 when the whole batch is refused', async () => {
    api.routes.set('POST /v1/payments/batch', () => problem(403, 'forbidden', 'The API key lacks the scope.'))

    const { exitCode, stderr } = await run()

    expect(stderr).toContain('The API key lacks the scope; run: npx tallystick doctor')
    expect(exitCode).toBe(2)
  })
})

describe('checkouts import through an outage', () => {
  it('goes on when connections break and answers are lost, and creates nothing twice', async () => {
    const faults = ['drop', 'drop_after', 503] as const
    let count = 0
    api.fault = () => faults[count++ % 7]

    const { exitCode, stdout, stderr } = await run('--json', '--batch', '1', '--concurrency', '2')

    const { created, existing, failed } = documentOf(stdout)
    expect(Number(created) + Number(existing)).toBe(3)
    expect(failed).toBe(0)
    expect(api.payments()).toHaveLength(3)
    expect(stderr).toContain('; trying again for 10 s\n')
    expect(stderr).toContain('the server answers again after')
    expect(exitCode).toBe(0)
  })

  it('sends only those items again that the server asks for', async () => {
    let refused = false
    api.routes.set('POST /v1/payments/batch', (request) => {
      api.routes.delete('POST /v1/payments/batch')
      refused = true
      const { payments } = request.body as { payments: { checkout_id: string }[] }
      const busy = { code: 'request_in_progress', detail: 'Still running.', retryable: true }
      const done = (id: string) => ({ id, object: 'payment', status: 'succeeded', currency: 'EUR', orders: [] })
      return { body: { data: payments.map((item, index) => (index === 0 ? done('pay_x') : { ...busy, item })) } }
    })

    const { stdout } = await run('--json')

    expect(refused).toBe(true)
    expect(documentOf(stdout)).toMatchObject({ created: 3, failed: 0 })
    expect(api.payments().map((payment) => payment.checkout_id)).toEqual(['c2', 'c3'])
  })

  it('ends with the command that resumes when the server stays away', async () => {
    const { url, apiKey } = api
    await api.close()
    const { context } = createTestContext({ api: { url, apiKey }, cwd })
    const options = { map: 'currency=currency', paymentMethod: 'pm_test_visa', batch: 2, concurrency: 2 }

    const ended = checkoutsImport(context, 'items.csv', options, { patienceMs: 300, idleMs: 300 })

    await expect(ended).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('0 of 3 checkouts are in and none will be created twice'),
      next: 'npx tallystick checkouts import items.csv --map currency=currency --payment-method pm_test_visa --batch 2 --concurrency 2',
      facts: { created: 0, existing: 0, failed: 0 },
    })
    await context.close()
  })

  it('waits no longer for payments that stay unknown, and exits 1', async () => {
    api.readsUntilFinal = Number.POSITIVE_INFINITY
    const { context, stdout, stderr } = createTestContext({ api, cwd }, { json: true })
    const options = { paymentMethod: 'pm_test_magic', batch: 100, concurrency: 2 }

    const exitCode = await checkoutsImport(context, 'items.csv', options, { patienceMs: 300, idleMs: 300 })

    expect(documentOf(stdout())).toMatchObject({ created: 3, payments: { processing: 3 }, amount_by_currency: {} })
    expect(stderr()).toContain('3 payments are not final yet; run: npx tallystick payments list --status processing')
    expect(exitCode).toBe(1)
    await context.close()
  })

  it('draws a bar on a terminal', async () => {
    const { stderr } = await runTestCli(['checkouts', 'import', 'items.csv'], { api, cwd, tty: true })

    expect(stderr).toContain('checkouts accepted [')
    expect(stderr).toContain('3/3')
  })
})

describe('the key of a checkout', () => {
  it('is the checkout itself where that can be, and never longer than 255 printable characters', () => {
    expect(importKey('c-1')).toBe('import:c-1')
    for (const strange of ['two words', 'ação', 'x'.repeat(255)]) expect(importKey(strange)).toMatch(/^[!-~]{1,255}$/)
  })

  it('differs for every checkout', () => {
    const keys = ['a b', 'a  b', 'x'.repeat(255), 'x'.repeat(254), 'sha256:a'].map(importKey)

    expect(new Set(keys).size).toBe(keys.length)
  })
})
