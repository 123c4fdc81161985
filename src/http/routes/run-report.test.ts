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
