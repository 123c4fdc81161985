import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { newId, publicId } from '../../platform/ids.ts'
import { createFakeServices } from '../testing/fake-services.ts'
import { caller, createTestServer } from '../testing/test-server.ts'

const services = createFakeServices()
const { app } = await createTestServer({ services })
const call = caller(app)
afterAll(() => app.close())
beforeEach(() => {
  services.entries.clear()
  services.accounts.clear()
})

const NEW = {
  kind: 'manual',
  reference: 'opening',
  currency: 'EUR',
  postings: [
    { account: 'bank:main', direction: 'debit', amount: 100 },
    { account: 'capital', direction: 'credit', amount: 100, currency: 'USD' },
  ],
}
const key = { 'idempotency-key': 'entry' }

describe('a manual entry', () => {
  it('is posted with the common currency where a posting names none', async () => {
    const answer = await call('POST', '/v1/ledger/entries', NEW, key)

    expect(answer.status).toBe(201)
    expect(answer.json()).toEqual({
      id: expect.stringMatching(/^je_[\da-f]{32}$/),
      object: 'journal_entry',
      kind: 'manual',
      reference: 'opening',
      occurred_at: '2026-03-03T00:00:00.000Z',
      booked_at: '2026-03-03T00:00:00.000Z',
      accounting_date: '2026-03-03',
      postings: [
        { account: 'bank:main', direction: 'debit', amount: 100, currency: 'EUR' },
        { account: 'capital', direction: 'credit', amount: 100, currency: 'USD' },
      ],
    })
  })

  it('says what it reverses and when its fact happened', async () => {
    const reverses = publicId('je', newId())
    const body = { ...NEW, reverses, occurred_at: '2026-03-01T12:00:00+02:00' }

    const answer = await call('POST', '/v1/ledger/entries', body, key)

    expect(answer.json()).toMatchObject({ reverses, occurred_at: '2026-03-01T10:00:00.000Z' })
  })

  it('is read by its id and listed', async () => {
    const { id } = (await call('POST', '/v1/ledger/entries', NEW, key)).json()

    expect((await call('GET', `/v1/ledger/entries/${id}`)).json().id).toBe(id)
    expect(
      (await call('GET', `/v1/ledger/entries?account=bank:main&payment=${publicId('pay', newId())}`)).json(),
    ).toMatchObject({
      data: [{ id }],
      has_more: false,
      next_cursor: null,
    })
  })
})

describe('a batch of entries', () => {
  it('posts the good ones and says of each other why not, in order', async () => {
    const entries = [
      NEW,
      { ...NEW, postings: [] },
      { ...NEW, kind: 'capture' },
      { ...NEW, reference: '4242 4242 4242 4242' },
      NEW,
    ]

    const { data } = (await call('POST', '/v1/ledger/entries/batch', { entries }, key)).json()

    expect(data.map((each: { object?: string; code?: string }) => each.object ?? each.code)).toEqual([
      'journal_entry',
      'invalid_request',
      'invalid_request',
      'pan_detected',
      'journal_entry',
    ])
    expect(services.entries.size).toBe(2)
  })
})

describe('ledger accounts', () => {
  it('are created once and listed in order of name, page by page', async () => {
    for (const account of ['b', 'a:x', 'c']) {
      expect((await call('POST', '/v1/ledger/accounts', { account, type: 'asset' })).status).toBe(201)
    }
    const again = await call('POST', '/v1/ledger/accounts', { account: 'b', type: 'asset' })

    const first = (await call('GET', '/v1/ledger/accounts?limit=2')).json()
    const second = (await call('GET', `/v1/ledger/accounts?limit=2&cursor=${first.next_cursor}`)).json()

    expect(again.status).toBe(200)
    expect(first.data.map(({ account }: { account: string }) => account)).toEqual(['a:x', 'b'])
    expect(second).toEqual({
      data: [{ account: 'c', type: 'asset', balances: [{ currency: 'EUR', debits: 10, credits: 3, balance: 7 }] }],
      has_more: false,
      next_cursor: null,
    })
  })
})

describe('the reports of the ledger', () => {
  it('are the trial balance at an instant, the invariants and the verification', async () => {
    const balance = await call('GET', '/v1/ledger/trial_balance?as_of=2026-03-03T00:00:00%2B01:00')
    const day = await call('GET', '/v1/ledger/trial_balance?as_of=2026-03-03')
    const invariants = await call('GET', '/v1/ledger/invariants')
    const verification = await call('GET', `/v1/ledger/verification?anchor=${'0'.repeat(64)}`)
    const unfit = await call('GET', '/v1/ledger/verification?anchor=newest')

    expect(balance.json()).toEqual({ as_of: '2026-03-02T23:00:00.000Z', currencies: [] })
    expect(day.json().as_of).toBe('2026-03-03T00:00:00.000Z')
    expect(invariants.json()).toEqual({ ok: true, checks: [{ name: 'balanced', ok: true, detail: 'all entries' }] })
    expect(verification.json()).toMatchObject({
      ok: false,
      checked: { batches: 1, entries: 2, postings: 4 },
      newest_anchor: { day: '2026-03-03', hash: 'ab'.repeat(32) },
      findings: [{ kind: 'posting_changed', entry: expect.stringMatching(/^je_/), posting: 2 }],
    })
    expect(unfit).toMatchObject({ status: 400 })
    expect(unfit.json()).toMatchObject({ errors: [{ pointer: '?anchor' }] })
  })
})
