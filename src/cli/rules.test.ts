import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'
import { type FakeApi, startFakeApi } from '../../test/support/fake-api.ts'

let api: FakeApi

beforeEach(async () => {
  api = await startFakeApi()
})

afterEach(() => api.close())

const run = (...argv: string[]) => runTestCli(['rules', ...argv], { api })

const DRAFT = {
  id: 'rul_1',
  source: 'simulator',
  version: 3,
  status: 'draft',
  settings: { lag_days: 2 },
  reason: 'slow',
  drafted_by: 'Ana',
  drafted_at: 'T',
}
const TESTED = {
  ...DRAFT,
  status: 'tested',
  test: {
    ...{ runs: 7, from: '2026-03-01', to: '2026-03-07', matches_broken: 0, matches_gained: 1 },
    closed: { breaks: 3, by_code: { missing_external: 3 } },
    opened: { breaks: 0, by_code: {} },
  },
}

describe('rules', () => {
  it('are drafted with what is to be different', async () => {
    api.routes.set('POST /v1/recon_rules', () => ({ status: 201, body: DRAFT }))

    const { exitCode, stdout } = await run(
      ...[
        'draft',
        '--source',
        'simulator',
        '--lag',
        '2',
        '--fee-rate',
        '15000',
        '--fee-fixed',
        '25',
        '--reason',
        'slow',
      ],
    )

    expect(api.requests[0]?.body).toEqual({
      source: 'simulator',
      settings: { lag_days: 2, fee_schedule: { rate_ppm: 15_000, fixed: 25 } },
      reason: 'slow',
    })
    expect(stdout).toContain('status\tdraft\nsettings\tlag 2 d\n')
    expect(exitCode).toBe(0)
  })

  it('need both parts of a fee', async () => {
    expect(await run('draft', '--source', 's', '--reason', 'r', '--fee-rate', '1')).toMatchObject({ exitCode: 2 })
    expect(api.requests).toEqual([])
  })

  it('take what may differ, in minor units, as a share, or both', async () => {
    const settings = {
      tolerance: { amount: { minor_units: { EUR: 2, JPY: 1 }, basis_points: 5 }, fee: { basis_points: 100 } },
    }
    api.routes.set('POST /v1/recon_rules', () => ({ status: 201, body: { ...DRAFT, settings } }))

    const { stdout } = await run(
      ...['draft', '--source', 's', '--reason', 'r', '--tolerance', 'EUR=2,JPY=1,5bp', '--fee-tolerance', '100bp'],
    )

    expect(api.requests[0]?.body).toEqual({ source: 's', settings, reason: 'r' })
    expect(stdout).toContain('settings\ttolerance EUR=2 JPY=1 5bp, fee tolerance 100bp\n')
  })

  it.each(['EUR', 'EUR=1,EUR=2', '5bp,5bp', '0.5', 'EUR=-1', ''])('take no tolerance of %j', async (list) => {
    expect(await run('draft', '--source', 's', '--reason', 'r', '--tolerance', list)).toMatchObject({ exitCode: 2 })
    expect(api.requests).toEqual([])
  })

  it('say what their test on history came to', async () => {
    api.routes.set('POST /v1/recon_rules/rul_1/test', () => ({ body: TESTED }))

    const { stdout } = await run('test', 'rul_1', '--days', '7')

    expect(api.requests[0]?.body).toEqual({ days: 7 })
    expect(stdout).toContain('tested\ton 7 days, 2026-03-01 to 2026-03-07\nbreaks closed\t3 (missing_external 3)\n')
    expect(stdout).toContain('breaks opened\t0\nmatches broken\t0\nmatches gained\t1\n')
  })

  it('are activated from a day on, listed and read', async () => {
    const active = { ...TESTED, status: 'active', effective_on: '2026-03-09', activated_at: 'T2', activated_by: 'Ben' }
    api.routes.set('POST /v1/recon_rules/rul_1/activate', () => ({ body: active }))
    api.routes.set('GET /v1/recon_rules', () => ({ body: { data: [active], has_more: false } }))
    api.routes.set('GET /v1/recon_rules/rul_1', () => ({ body: active }))

    const activated = await run('activate', 'rul_1', '--from', '2026-03-09')

    expect(api.requests[0]?.body).toEqual({ effective_on: '2026-03-09' })
    expect(activated.stdout).toContain('activated\tT2, by Ben\nfrom\t2026-03-09\n')
    expect((await run('get', 'rul_1')).stdout).toBe(activated.stdout)
    expect((await run('list')).stdout).toBe('rul_1\tsimulator\t3\tactive\t2026-03-09\tlag 2 d\tslow\n')
  })
})
