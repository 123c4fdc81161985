import { createHash } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { createFakeServices } from '../testing/fake-services.ts'
import { caller, createTestServer } from '../testing/test-server.ts'

const { app } = await createTestServer({ services: createFakeServices() })
const call = caller(app)
afterAll(() => app.close())

const RUN = '/v1/recon_runs/run_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6'

describe('the report of a run', () => {
  it('is answered byte for byte under its hash', async () => {
    const answer = await call('GET', `${RUN}/report`)

    expect(answer.text).toBe('{"schema":"tallystick.report/1"}')
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      etag: `"${createHash('sha256').update(answer.text).digest('hex')}"`,
    })
  })
})

describe('the changes of a run', () => {
  it('are counted by what became of breaks, with their sums where there are any', async () => {
    const answer = await call('GET', `${RUN}/changes`)

    expect(answer.json()).toEqual({
      object: 'recon_run_changes',
      run: RUN.slice('/v1/recon_runs/'.length),
      previous_run: RUN.slice('/v1/recon_runs/'.length),
      changes: [
        { change: 'opened', code: 'missing_external', class: 'real', count: 2, currency: 'EUR', amount: -5 },
        { change: 'cleared', code: 'control_total_mismatch', class: 'real', count: 1 },
      ],
    })
  })
})

describe('the verification of a run', () => {
  it('says whether everything is the same, with the hashes of both', async () => {
    const hash = '07'.repeat(32)
    const answer = await call('POST', `${RUN}/verify`)

    expect(answer.json()).toEqual({
      object: 'recon_verification',
      run: RUN.slice('/v1/recon_runs/'.length),
      identical: true,
      outcome: { stored_sha256: hash, computed_sha256: hash, differing_rows: 0 },
      verdict: { stored_sha256: hash, computed_sha256: hash },
      report: { sha256: hash, intact: true },
    })
  })
})

describe('a dry run', () => {
  it('is answered at once, by the settings that were sent and those that stay', async () => {
    const answer = await call('POST', '/v1/recon_runs', {
      source: 'simulator',
      business_date: '2026-03-03',
      dry_run: true,
      settings: { lag_days: 3, fee_schedule: { rate_ppm: 15_000, fixed: 25 } },
    })

    expect(answer.status).toBe(200)
    expect(answer.json()).toMatchObject({
      object: 'recon_dry_run',
      file: `sf_${RUN.slice(-32)}`,
      settings: { lag_days: 3, grace_minutes: 15, cut_off: '00:00', fee_schedule: { rate_ppm: 15_000, fixed: 25 } },
      matched: 1,
      waterfall: [{ currency: 'EUR', code: 'missing_external', class: 'real', count: 1, amount: 1250 }],
      changes: [{ change: 'opened', count: 1, amount: 1250 }],
    })
  })
})
