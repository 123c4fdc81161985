import { afterAll, describe, expect, it } from 'vitest'
import { createFakeServices } from '../testing/fake-services.ts'
import { bearer, caller, createTestServer, TEST_KEYS } from '../testing/test-server.ts'

const { app } = await createTestServer({ services: createFakeServices() })
const call = caller(app)
afterAll(() => app.close())

const settings = {
  lag_days: 2,
  fee_schedule: { rate_ppm: 15_000, fixed: 25 },
  tolerance: { amount: { minor_units: { EUR: 2, JPY: 0 }, basis_points: 5 }, fee: { basis_points: 100 } },
}

describe('a version of rules', () => {
  it('is drafted, tested and activated, and says by whom', async () => {
    const draft = await call('POST', '/v1/recon_rules', { source: 'simulator', settings, reason: 'They are slow.' })
    const path = `/v1/recon_rules/${draft.json().id}`
    const early = await call('POST', `${path}/activate`, { effective_on: '2026-03-05' })
    const tested = await call('POST', `${path}/test`, { days: 3 })
    const active = await call(
      'POST',
      `${path}/activate`,
      { effective_on: '2026-03-05' },
      {
        authorization: bearer(TEST_KEYS.write),
      },
    )

    expect({ status: draft.status, body: draft.json() }).toMatchObject({
      status: 201,
      body: { object: 'recon_rule', version: 1, status: 'draft', settings, reason: 'They are slow.' },
    })
    expect({ status: early.status, body: early.json() }).toMatchObject({ status: 409, body: { code: 'rule_state' } })
    expect(tested.json()).toMatchObject({
      status: 'tested',
      test: {
        runs: 3,
        closed: { breaks: 1, by_code: { missing_external: 1 }, examples: [{ subject: 'att_1' }] },
        opened: { breaks: 0, by_code: {} },
        matches_broken: 2,
      },
    })
    expect(active.json()).toMatchObject({ status: 'active', effective_on: '2026-03-05' })
    expect(active.json().activated_by).not.toBe(active.json().drafted_by)
    expect((await call('GET', path)).json()).toEqual(active.json())
    expect((await call('GET', '/v1/recon_rules?source=simulator')).json().data).toEqual([active.json()])
  })
})
