import { afterAll, describe, expect, it } from 'vitest'
import { createFakeServices } from '../testing/fake-services.ts'
import { caller, createTestServer } from '../testing/test-server.ts'

const services = createFakeServices()
const test = await createTestServer({ services })
const live = await createTestServer({ services: services.override({ testClock: undefined }), config: { mode: 'live' } })
afterAll(() => Promise.all([test.app.close(), live.app.close()]))

describe('the test clock', () => {
  it('goes forward by days and hours, and says what it is then', async () => {
    const answer = await caller(test.app)('POST', '/v1/test/clock/advance', { days: 1, hours: 12 })

    expect(answer.json()).toEqual({ now: '2026-03-04T12:00:00.000Z' })
    expect(services.advances).toEqual([36 * 3_600_000])
  })

  it('is read with how far it is ahead', async () => {
    expect((await caller(test.app)('GET', '/v1/test/clock')).json()).toEqual({ now: expect.any(String), offset_ms: 0 })
  })

  it('does not exist in live mode', async () => {
    const call = caller(live.app)

    expect((await call('GET', '/v1/test/clock')).json()).toMatchObject({ status: 403, code: 'test_mode_only' })
    expect((await call('POST', '/v1/test/clock/advance', { days: 1 })).json().code).toBe('test_mode_only')
  })
})
