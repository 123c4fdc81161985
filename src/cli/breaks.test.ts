import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'
import { type FakeApi, startFakeApi } from '../../test/support/fake-api.ts'

let api: FakeApi

beforeEach(async () => {
  api = await startFakeApi()
})

afterEach(() => api.close())

const run = (...argv: string[]) => runTestCli(argv, { api })

const BREAK = {
  id: 'brk_1',
  object: 'break',
  source: 'simulator',
  code: 'amount_mismatch',
  class: 'real',
  state: 'open',
  business_date: '2026-03-03',
  ours: {
    payment: 'pay_1',
    attempt: 'att_1',
    psp_reference: 'ch_1',
    reference: 'att_1',
    amount: 1250,
    currency: 'EUR',
    occurred_at: 'T',
    business_date: '2026-03-03',
  },
  theirs: {
    file: 'sf_1',
    file_name: 'day.csv',
    line: 4,
    kind: 'charge',
    status: 'captured',
    psp_reference: 'ch_1',
    amount: 1150,
    fee: 66,
    currency: 'EUR',
  },
  file: 'sf_1',
  difference: 100,
  currency: 'EUR',
  tags: [],
  version: 'v1',
  opened_in_run: 'run_1',
  opened_at: 'T1',
  explanation: 'We have 12.50 EUR and simulator settles 11.50 EUR.',
  events: [{ kind: 'opened', run: 'run_1', business_date: '2026-03-03', at: 'T1', detail: 'amount_mismatch' }],
}
const LONE = {
  ...BREAK,
  id: 'brk_2',
  code: 'awaiting_settlement',
  class: 'temporary',
  due_on: '2026-03-04',
  theirs: undefined,
  file: undefined,
}

describe('breaks list', () => {
  it('prints both amounts and the difference, and passes every filter on', async () => {
    api.routes.set('GET /v1/breaks', () => ({ body: { data: [BREAK, LONE], has_more: false } }))

    const filters = ['--state', 'open', '--class', 'real', '--code', 'amount_mismatch', '--run', 'run_1']
    const { stdout } = await run('breaks', 'list', ...filters, '--source', 'simulator', '--limit', '7')

    expect(stdout.split('\n')).toEqual([
      'brk_1\t2026-03-03\tsimulator\treal\tamount_mismatch\topen\t\t12.50 EUR\t11.50 EUR\t1.00 EUR\tatt_1',
      'brk_2\t2026-03-03\tsimulator\ttemporary\tawaiting_settlement\topen\t2026-03-04\t12.50 EUR\t\t1.00 EUR\tatt_1',
      '',
    ])
    expect(Object.fromEntries(api.requests[0]?.query ?? [])).toEqual({
      state: 'open',
      class: 'real',
      code: 'amount_mismatch',
      run: 'run_1',
      source: 'simulator',
      limit: '7',
    })
  })
})

describe('breaks get', () => {
  it('prints one field a line', async () => {
    api.routes.set('GET /v1/breaks/brk_1', () => ({ body: BREAK }))

    const { stdout } = await run('breaks', 'get', 'brk_1')

    expect(stdout).toContain(
      'difference\t1.00 EUR\nours\t12.50 EUR, att_1 of pay_1\ntheirs\t11.50 EUR, line 4 of day.csv\n',
    )
  })

  it('exits 1 for a break that does not exist', async () => {
    expect((await run('breaks', 'get', 'brk_9')).exitCode).toBe(1)
  })
})

describe('breaks explain', () => {
  it('prints the sentence, both records side by side, and the history', async () => {
    api.routes.set('GET /v1/breaks/brk_1', () => ({ body: BREAK }))

    const { exitCode, stdout } = await run('breaks', 'explain', 'brk_1')
    const json = await run('breaks', 'explain', 'brk_1', '--json')

    expect(stdout.startsWith('We have 12.50 EUR and simulator settles 11.50 EUR.\n\n')).toBe(true)
    expect(stdout).toContain('amount\t12.50 EUR\t11.50 EUR\nfee\t—\t0.66 EUR\n')
    expect(stdout).toContain('PSP reference\tch_1\tch_1\n')
    expect(stdout).toContain('record\tpay_1\tline 4 of day.csv (sf_1)\n')
    expect(stdout).toContain('T1\topened\t2026-03-03\trun_1\tamount_mismatch\n')
    expect(exitCode).toBe(0)
    expect(JSON.parse(json.stdout)).toEqual(BREAK)
  })
})

describe('breaks suggest', () => {
  const FOUND = {
    break: 'brk_1',
    data: [
      {
        score: 0.7,
        reasons: [
          { name: 'same_amount', sentence: 'the amount is the same' },
          { name: 'same_day', sentence: 'the day is the same' },
        ],
        records: [
          { break: 'brk_2', references: ['ORD 7', 'ch_7'], amount: 1250, currency: 'EUR', business_date: '2026-03-03' },
        ],
        difference: 0,
        resolution: { verb: 'match', with: ['brk_2'] },
      },
    ],
  }

  it('says why, and how it would be resolved', async () => {
    api.routes.set('GET /v1/breaks/brk_1/suggestions', () => ({ body: FOUND }))

    const { exitCode, stdout } = await run('breaks', 'suggest', 'brk_1')

    expect(stdout.split('\n')).toEqual([
      '0.70  the amount is the same; the day is the same',
      '  brk_2  12.50 EUR  2026-03-03  ORD 7, ch_7',
      '  npx tallystick breaks resolve brk_1 --verb match --with brk_2 --reason same_sale --dry-run',
      '',
    ])
    expect(exitCode).toBe(0)
  })

  it('exits 1 when nothing is like it', async () => {
    api.routes.set('GET /v1/breaks/brk_1/suggestions', () => ({ body: { break: 'brk_1', data: [] } }))

    expect(await run('breaks', 'suggest', 'brk_1')).toMatchObject({ exitCode: 1, stdout: '' })
  })
})
