import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'
import { type FakeApi, startFakeApi } from '../../test/support/fake-api.ts'

let api: FakeApi

beforeEach(async () => {
  api = await startFakeApi()
})

afterEach(() => api.close())

const MATCH = {
  payment: 'pay_1',
  attempt: 'att_1',
  rule: 'exact',
  ours: { amount: 1250, currency: 'EUR', carried: false },
  theirs: { amount: 1250, currency: 'EUR', carried: false, file: 'sf_1', line: 4 },
  explanation: 'Matched by our reference att_1.',
}

describe('runs matches', () => {
  it('prints one line for each pair, and why it is one', async () => {
    api.routes.set('GET /v1/recon_runs/run_1/matches', () => ({ body: { data: [MATCH], has_more: false } }))

    const { exitCode, stdout } = await runTestCli(['runs', 'matches', 'run_1', '--rule', 'exact'], { api })

    expect(stdout).toBe('pay_1\texact\t\t12.50 EUR\t12.50 EUR\t4\tMatched by our reference att_1.\n')
    expect(api.requests[0]?.query.toString()).toBe('rule=exact&limit=25')
    expect(exitCode).toBe(0)
  })

  it('writes the CSV as the server sends it', async () => {
    api.routes.set('GET /v1/recon_runs/run_1/matches.csv', () => ({ body: ['rule,code'] }))

    const { exitCode, stdout } = await runTestCli(['runs', 'matches', 'run_1', '--payment', 'pay_1', '--csv'], { api })

    expect(stdout).toBe('["rule,code"]')
    expect(api.requests[0]?.query.toString()).toBe('payment=pay_1')
    expect(exitCode).toBe(0)
  })

  it('exits 1 for the CSV of a run that does not exist, and prints nothing', async () => {
    expect(await runTestCli(['runs', 'matches', 'run_2', '--csv'], { api })).toMatchObject({ exitCode: 1, stdout: '' })
  })
})

describe('runs unmatch', () => {
  it('shows what taking a pair apart would book', async () => {
    api.routes.set('POST /v1/recon_runs/run_1/unmatches', () => ({
      body: {
        object: 'resolution_preview',
        verb: 'unmatch',
        breaks: [],
        entry: {
          postings: [{ account: 'suspense:simulator', direction: 'credit', amount: 941, currency: 'EUR' }],
          releases: [],
        },
        needs_approval: false,
      },
    }))
    const argv = ['runs', 'unmatch', 'run_1', '--file', 'sf_1', '--line', '4', '--reason', 'wrong_pair', '--dry-run']

    const { exitCode, stdout } = await runTestCli(argv, { api })

    expect([exitCode, stdout]).toEqual([0, 'suspense:simulator\t\t9.41 EUR\n'])
    expect(api.requests[0]?.body).toEqual({
      file: 'sf_1',
      line: 4,
      reason: 'wrong_pair',
      dry_run: true,
    })
  })
})
