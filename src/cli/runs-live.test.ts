import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'
import { type FakeApi, startFakeApi } from '../../test/support/fake-api.ts'

let api: FakeApi

beforeEach(async () => {
  api = await startFakeApi()
})

afterEach(() => api.close())

const run = (...argv: string[]) => runTestCli(['runs', 'live', ...argv], { api })

const NONE = { items: 0, sums: [] as object[] }
const LIVE = {
  object: 'recon_live',
  source: 'simulator',
  following: true,
  settled_through: '2026-03-02',
  behind: { ledger_batches: 0, webhooks: 0, settlement_files: 0 },
  matched: { items: 2, sums: [{ currency: 'EUR', items: 2, amount: 3250 }] },
  waiting_for_psp: NONE,
  waiting_for_us: NONE,
  differing: NONE,
}

describe('runs live', () => {
  it('prints how a source stands', async () => {
    api.routes.set('GET /v1/recon_live', () => ({ body: LIVE }))

    const { exitCode, stdout } = await run()

    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/matched\s+2\s+32\.50 EUR/)])
  })

  it('ends with 1 when something differs, and says when nothing is followed', async () => {
    const differing = { items: 1, sums: [{ code: 'amount_mismatch', currency: 'EUR', items: 1, amount: 1250 }] }
    api.routes.set('GET /v1/recon_live', () => ({ body: { ...LIVE, following: false, differing } }))

    const { exitCode, stdout, stderr } = await run()

    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/differing\s+amount_mismatch\s+1\s+12\.50 EUR/)])
    expect(stderr).toContain('--live-matching on')
  })

  it('lists the records in a state', async () => {
    const ours = { attempt: 'att_1', amount: 1250, currency: 'EUR' }
    api.routes.set('GET /v1/recon_live/items', () => ({
      body: {
        data: [{ state: 'waiting_for_psp', code: 'awaiting_settlement', due_on: '2026-03-04', ours }],
        has_more: false,
      },
    }))

    const { exitCode, stdout } = await run('--state', 'waiting_for_psp')

    expect([exitCode, stdout]).toEqual([
      0,
      expect.stringMatching(/att_1\s+12\.50 EUR\s+awaiting_settlement\s+2026-03-04/),
    ])
  })
})
