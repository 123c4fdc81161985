import { afterAll, describe, expect, it } from 'vitest'
import { createFakeServices } from '../testing/fake-services.ts'
import { caller, createTestServer } from '../testing/test-server.ts'

const services = createFakeServices()
const { app } = await createTestServer({ services })
const call = caller(app)
afterAll(() => app.close())

const HEX = '019a4c2f7b3c7d1e8f20a1b2c3d4e5f6'
const AT = '2026-03-04T00:00:00.000Z'

describe('a reconciliation run', () => {
  it('is asked for, begins soon, and is the same when asked for again', async () => {
    const body = { source: 'simulator', business_date: '2026-02-28' }

    const first = await call('POST', '/v1/recon_runs', body)
    const second = await call('POST', '/v1/recon_runs', body)

    expect(first.status).toBe(202)
    expect(first.json()).toEqual({
      id: expect.stringMatching(/^run_[\da-f]{32}$/),
      object: 'recon_run',
      source: 'simulator',
      business_date: '2026-02-28',
      status: 'queued',
      ours: null,
      theirs: null,
      matched: null,
      breaks: null,
      proof: [],
      requested_at: AT,
    })
    expect(second.json().id).toBe(first.json().id)
    expect(services.nights.hurries()).toBe(2)
  })

  it('is read with its proof', async () => {
    const answer = await call('GET', `/v1/recon_runs/run_${HEX}`)

    expect(answer.json()).toMatchObject({
      status: 'completed',
      file: `sf_${HEX}`,
      ours: 2,
      theirs: 1,
      matched: 1,
      breaks: 1,
      proof: [{ currency: 'EUR', ours: 3250, theirs: 2000, difference: 1250, explained: 1250, unexplained: 0 }],
      completed_at: AT,
    })
  })

  it('is listed, page by page', async () => {
    const first = (await call('GET', '/v1/recon_runs?source=simulator&status=completed&limit=1')).json()
    const second = (await call('GET', `/v1/recon_runs?cursor=${first.next_cursor}`)).json()

    expect(first.data.map(({ id }: { id: string }) => id)).toEqual([`run_${HEX}`])
    expect(second).toEqual({ data: [], has_more: false, next_cursor: null })
  })

  it('of a day that does not exist is refused by its pointer', async () => {
    const answer = await call('POST', '/v1/recon_runs', { source: 'simulator', business_date: '2026-02-30' })

    expect(answer.json()).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/business_date' }] })
  })
})

describe('a break', () => {
  it('is read with both sides and its history', async () => {
    const answer = await call('GET', `/v1/breaks/brk_${HEX}`)

    expect(answer.json()).toEqual({
      id: `brk_${HEX}`,
      object: 'break',
      tags: [],
      version: 'abcdef012345',
      source: 'simulator',
      code: 'amount_mismatch',
      class: 'real',
      state: 'open',
      business_date: '2026-03-03',
      ours: {
        payment: `pay_${HEX}`,
        attempt: `att_${HEX}`,
        psp_reference: 'ch_1',
        reference: `att_${HEX}`,
        amount: 1250,
        currency: 'EUR',
        occurred_at: AT,
        business_date: '2026-03-03',
      },
      theirs: {
        file: `sf_${HEX}`,
        file_name: 'settlement_2026-03-03.csv',
        line: 4,
        kind: 'charge',
        status: 'captured',
        psp_reference: 'ch_1',
        amount: 1150,
        fee: 66,
        currency: 'EUR',
      },
      file: `sf_${HEX}`,
      difference: 100,
      currency: 'EUR',
      opened_in_run: `run_${HEX}`,
      opened_at: AT,
      explanation: 'We have 12.50 EUR and simulator settles 11.50 EUR.',
      events: [{ kind: 'opened', run: `run_${HEX}`, business_date: '2026-03-03', at: AT }],
    })
  })

  it('is listed by state, class, code, source and run', async () => {
    const filters = `state=open&class=real&code=amount_mismatch&source=simulator&run=run_${HEX}&limit=200`

    const { data } = (await call('GET', `/v1/breaks?${filters}`)).json()
    const cleared = (await call('GET', '/v1/breaks?state=cleared')).json()

    expect(data).toHaveLength(2)
    expect(data[1]).not.toHaveProperty('ours')
    expect(data[1]).toMatchObject({ cleared_in_run: `run_${HEX}`, cleared_at: AT, file: `sf_${HEX}` })
    expect(cleared.data).toEqual([])
  })
})
