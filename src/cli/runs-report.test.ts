import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'
import { type FakeApi, startFakeApi } from '../../test/support/fake-api.ts'

let api: FakeApi

beforeEach(async () => {
  api = await startFakeApi()
})

afterEach(() => api.close())

const run = (...argv: string[]) => runTestCli(argv, { api })

const REPORT = {
  schema: 'tallystick.report/1',
  run: { id: 'run_1', source: 'simulator', business_date: '2026-03-03', completed_at: '2026-03-04T00:00:01.000Z' },
  settings: {
    zone: 'UTC',
    cut_off: '00:00',
    grace_minutes: 15,
    lag_days: 1,
    fee_schedule: { rate_ppm: 29_000, fixed: 30 },
  },
  inputs: {
    file: { name: 'day.csv', sha256: 'abc', lines: 2, control: 'pass' },
    ledger: [{ chain: 1, batches: 9, hash: 'def' }],
  },
  totals: { ours: 3, theirs: 2, matched: 1, breaks: 2, booked: 2 },
  matched: [{ rule: 'exact', currency: 'EUR', pairs: 1, amount: 1000 }],
  proof: [{ currency: 'EUR', ours: 4000, theirs: 1900, difference: 2100, explained: 2100, unexplained: 0 }],
  waterfall: [
    { currency: 'EUR', code: 'amount_mismatch', class: 'real', count: 1, amount: 100 },
    { currency: 'EUR', code: 'awaiting_settlement', class: 'temporary', count: 1, amount: 2000 },
  ],
  changes: [],
  outcome: { sha256: '123' },
  breaks: [
    {
      id: 'brk_1',
      events: ['opened'],
      code: 'amount_mismatch',
      class: 'real',
      state: 'open',
      explanation: 'It is short.',
    },
    {
      id: 'brk_2',
      events: ['opened'],
      code: 'awaiting_settlement',
      class: 'temporary',
      state: 'open',
      explanation: 'It waits.',
    },
  ],
}

describe('runs report', () => {
  it('prints what was read, the way from ours to theirs, and the breaks', async () => {
    api.routes.set('GET /v1/recon_runs/run_1/report', () => ({ body: REPORT }))

    const { exitCode, stdout } = await run('runs', 'report', 'run_1', '--limit', '1')

    expect(stdout).toMatchInlineSnapshot(`
      "Report of simulator for 2026-03-03, completed 2026-03-04T00:00:01.000Z

        run      run_1
        rules    cut-off 00:00 UTC, grace 15 min, lag 1 d, fee 29000 ppm + 30
        file     day.csv, 2 lines, controls pass
        sha256   abc
        ledger   1:9
        records  ours 3, theirs 2, matched 1, booked 2
        outcome  123

      matched
        exact  1  10.00 EUR

      EUR
        ours                                 40.00 EUR
        amount_mismatch (real)           1   -1.00 EUR
        awaiting_settlement (temporary)  1  -20.00 EUR
        theirs                               19.00 EUR
      EUR: ours 40.00 − theirs 19.00 = 21.00, explained by breaks: 21.00, to the cent

      breaks  2
        brk_1  opened  amount_mismatch  real  open
          It is short.
        … and 1 more: raise --limit
      "
    `)
    expect(exitCode).toBe(0)
  })
})

describe('runs diff', () => {
  it('prints the sums of each change, and some of the breaks', async () => {
    const changes = [
      { change: 'opened', code: 'amount_mismatch', class: 'real', count: 1, currency: 'EUR', amount: 100 },
      { change: 'still_open', code: 'control_total_mismatch', class: 'real', count: 2 },
    ]
    api.routes.set('GET /v1/recon_runs/run_1/changes', () => ({ body: { run: 'run_1', changes } }))
    api.routes.set('GET /v1/breaks', () => ({ body: { data: REPORT.breaks.slice(0, 1), has_more: false } }))

    const { exitCode, stdout } = await run('runs', 'diff', 'run_1')

    expect(stdout).toBe(
      'opened\tamount_mismatch\treal\t1\t1.00 EUR\nstill_open\tcontrol_total_mismatch\treal\t2\t\n\nopened\n  brk_1  It is short.\n',
    )
    expect(api.requests.slice(1).map(({ query }) => query.toString())).toEqual(['run=run_1&change=opened&limit=5'])
    expect(exitCode).toBe(0)
  })
})

describe('runs get', () => {
  it.each([
    [{ step: 'reading', records_read: 120_000, posted: 0 }, 'reading, 120000 records read'],
    [{ step: 'booking', records_read: 5, posted: 3000, total: 12_480 }, 'booking, 3000 of 12480 records'],
    [{ step: 'correcting', posted: 0 }, 'correcting'],
  ])('says how far a running run has come', async (progress, text) => {
    const body = { id: 'run_1', status: 'running', phase: 'match', proof: [], progress }
    api.routes.set('GET /v1/recon_runs/run_1', () => ({
      body: { ...body, ours: null, theirs: null, matched: null, breaks: null, source: 's', business_date: 'd' },
    }))

    expect((await run('runs', 'get', 'run_1')).stdout).toContain(`progress\t${text}\n`)
  })
})

describe('runs verify', () => {
  const answer = (identical: boolean) => ({
    run: 'run_1',
    identical,
    outcome: { stored_sha256: 'a', computed_sha256: identical ? 'a' : 'b', differing_rows: identical ? 0 : 2 },
    verdict: { stored_sha256: 'c', computed_sha256: 'c' },
    report: { sha256: 'd', intact: true },
  })

  it('exits 0 for the same bytes', async () => {
    api.routes.set('POST /v1/recon_runs/run_1/verify', () => ({ body: answer(true) }))

    const { exitCode, stdout } = await run('runs', 'verify', 'run_1')

    expect(stdout).toBe(
      'run\trun_1\nidentical\tyes, byte for byte\noutcome\ta\nverdict\tc\nreport\td, as it was written\n',
    )
    expect(exitCode).toBe(0)
  })

  it('exits 1 for others, and says how many rows differ', async () => {
    api.routes.set('POST /v1/recon_runs/run_1/verify', () => ({ body: answer(false) }))

    const { exitCode, stdout } = await run('runs', 'verify', 'run_1')

    expect(stdout).toContain('identical\tNO\noutcome\tstored a, computed b\ndiffering rows\t2\n')
    expect(exitCode).toBe(1)
  })
})

describe('runs start --dry-run', () => {
  it('sends the settings to be tried and prints what would be', async () => {
    const { settings, proof, waterfall } = REPORT
    const counts = { ours: 3, theirs: 2, matched: 1, breaks: 2, resolved: 0, corrections_due: true }
    const changes = [
      { change: 'opened', code: 'amount_mismatch', class: 'real', count: 1, currency: 'EUR', amount: 100 },
    ]
    const body = {
      source: 's',
      business_date: '2026-03-03',
      file: 'sf_1',
      settings,
      proof,
      waterfall,
      changes,
      tolerated: [{ currency: 'EUR', pairs: 3, amount: 5 }],
      ...counts,
    }
    api.routes.set('POST /v1/recon_runs', () => ({ body }))

    const { exitCode, stdout, stderr } = await run(
      ...['runs', 'start', '--source', 's', '--date', '2026-03-03', '--dry-run', '--lag', '2', '--file', 'sf_1'],
      ...['--tolerance', 'EUR=2'],
    )

    expect(api.requests[0]?.body).toEqual({
      source: 's',
      business_date: '2026-03-03',
      dry_run: true,
      file: 'sf_1',
      settings: { lag_days: 2, tolerance: { amount: { minor_units: { EUR: 2 } } } },
    })
    expect(stdout).toContain('dry run of\ts, 2026-03-03: nothing was changed\n')
    expect(stdout).toContain('explained by breaks: 20.95 and 0.05 within tolerance (3 pairs), to the cent')
    expect(stdout).toContain('opened\tamount_mismatch\treal\t1\t1.00 EUR\n')
    expect(stderr).toContain('corrects them first')
    expect(exitCode).toBe(0)
  })
})

describe('runs waterfall', () => {
  it('prints what led to the payout, and whether it is at the bank', async () => {
    const body = {
      run: 'run_1',
      statements: [
        {
          account: 'simulator',
          currency: 'EUR',
          opening: 5000,
          steps: [
            { kind: 'charge', lines: 3, amount: 12_500 },
            { kind: 'fees_withheld', lines: 3, amount: -400 },
          ],
          settled: 12_100,
          paid_out: 5000,
          closing: 12_100,
        },
      ],
      payouts: [
        {
          psp_reference: 'po_1',
          line: 9,
          amount: 5000,
          currency: 'EUR',
          bank: { source: 'house-bank', on: '2026-03-04', amount: 4900 },
          break: 'brk_1',
        },
        { line: 10, amount: 1, currency: 'EUR' },
      ],
    }
    api.routes.set('GET /v1/recon_runs/run_1/payout_waterfall', () => ({ body }))

    const { exitCode, stdout } = await run('runs', 'waterfall', 'run_1')

    expect(stdout.split('\n')).toEqual([
      'opening\t\t50.00',
      'charge\t3\t125.00',
      'fees_withheld\t3\t-4.00',
      'settled\t\t121.00',
      'paid out\t\t-50.00',
      'closing\t\t121.00',
      '',
      'payout po_1  50.00 EUR  49.00 EUR at house-bank on 2026-03-04, open: brk_1',
      'payout of line 10  0.01 EUR  not at a bank',
      '',
    ])
    expect(exitCode).toBe(0)
  })
})
