import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'
import { type FakeApi, startFakeApi } from '../../test/support/fake-api.ts'

let api: FakeApi

beforeEach(async () => {
  api = await startFakeApi()
})

afterEach(() => api.close())

const run = (...argv: string[]) => runTestCli(argv, { api })
const answer = (path: string, body: unknown) => api.routes.set(`GET ${path}`, () => ({ body }))

const account = { account: 'psp:simulator:receivable', type: 'asset', debits: 1_250, credits: 0, balance: 1_250 }

describe('ledger trial-balance', () => {
  it('prints every account and the total of each currency', async () => {
    answer('/v1/ledger/trial_balance', {
      as_of: 'T',
      currencies: [{ currency: 'JPY', debits: 1_250, credits: 1_250, accounts: [account] }],
    })

    const { exitCode, stdout } = await run('ledger', 'trial-balance', '--as-of', '2026-11-30T00:00:00Z')

    expect(stdout).toBe('psp:simulator:receivable\tasset\tJPY\t1250\t0\t1250\ntotal\t\tJPY\t1250\t1250\t0\n')
    expect(exitCode).toBe(0)
    expect(api.requests[0]?.query.get('as_of')).toBe('2026-11-30T00:00:00Z')
  })

  it('exits 1 when debits and credits differ', async () => {
    answer('/v1/ledger/trial_balance', {
      as_of: 'T',
      currencies: [{ currency: 'EUR', debits: 1_250, credits: 1_249, accounts: [account] }],
    })

    const { exitCode, stderr } = await run('ledger', 'trial-balance')

    expect(stderr).toContain('debits and credits differ in EUR; run: npx tallystick ledger verify')
    expect(exitCode).toBe(1)
  })
})

describe('ledger verify', () => {
  const holds = { ok: true, checks: [{ name: 'entries_balance', ok: true, detail: 'all' }] }
  const checked = { batches: 2, entries: 3, postings: 9 }

  it('exits 0 when everything holds', async () => {
    answer('/v1/ledger/invariants', holds)
    answer('/v1/ledger/verification', { ok: true, checked, findings: [] })

    const { exitCode, stdout } = await run('ledger', 'verify')

    expect(stdout).toBe('entries_balance\tok\tall\nhash_chain\tok\t2 batches, 3 entries, 9 postings\n')
    expect(exitCode).toBe(0)
  })

  it('prints the newest anchor, and asks whether one that was printed before is still there', async () => {
    const hash = 'ab'.repeat(32)
    answer('/v1/ledger/invariants', holds)
    answer('/v1/ledger/verification', { ok: true, checked, findings: [], newest_anchor: { day: '2026-03-03', hash } })

    const { stdout } = await run('ledger', 'verify', '--anchor', hash)
    const unfit = await run('ledger', 'verify', '--anchor', 'newest')

    expect(stdout).toContain(`newest_anchor\tok\t${hash} of 2026-03-03\n`)
    expect(unfit).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('"newest" is no hash') })
  })

  it('names the posting that was changed and exits 1', async () => {
    const finding = { kind: 'posting_changed', chain: 0, batch: 2, entry: 'je_1', posting: 1, detail: 'hash differs' }
    answer('/v1/ledger/invariants', holds)
    answer('/v1/ledger/verification', { ok: false, checked, findings: [finding] })

    const { exitCode, stdout } = await run('ledger', 'verify')
    const json = await run('ledger', 'verify', '--json')

    expect(stdout).toContain('posting_changed\t0\t2\tje_1\t1\thash differs\n')
    expect(exitCode).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, verification: { findings: [finding] } })
  })

  it('exits 1 when an invariant is broken and the chain is whole', async () => {
    answer('/v1/ledger/invariants', {
      ok: false,
      checks: [{ name: 'wallets_equal_ledger', ok: false, detail: 'acme' }],
    })
    answer('/v1/ledger/verification', { ok: true, checked, findings: [] })

    expect((await run('ledger', 'verify')).exitCode).toBe(1)
  })
})

describe('ledger entries', () => {
  it('reads page after page up to the limit', async () => {
    const postings = [{ account: 'a', direction: 'debit', amount: 5, currency: 'EUR' }]
    const entry = (id: string) => ({ id, kind: 'capture', booked_at: 'T', accounting_date: 'D', postings })
    api.routes.set('GET /v1/ledger/entries', ({ query }) =>
      query.get('cursor') === 'two'
        ? { body: { data: [entry('je_2')], has_more: false, next_cursor: null } }
        : { body: { data: [entry('je_1')], has_more: true, next_cursor: 'two' } },
    )

    const { stdout } = await run('ledger', 'entries', '--payment', 'pay_1')

    expect(stdout).toBe('je_1\tcapture\tD\ta\t0.05\t\tEUR\nje_2\tcapture\tD\ta\t0.05\t\tEUR\n')
    expect(api.requests[0]?.query.toString()).toBe('payment=pay_1&limit=200')
  })
})
