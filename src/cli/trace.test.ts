import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runTestCli } from '../../test/support/cli.ts'
import { type FakeApi, startFakeApi } from '../../test/support/fake-api.ts'

const PAYMENT = {
  id: 'pay_1',
  object: 'payment',
  status: 'succeeded',
  amount: 1_250,
  currency: 'EUR',
  created_at: '2026-11-22T10:00:00Z',
  orders: [
    {
      id: 'po_1',
      seller: 'acme',
      amount: 1_250,
      platform_fee: 0,
      status: 'captured',
      psp: 'simulator',
      psp_reference: 'ch_1',
    },
  ],
}
const WHEREABOUTS = {
  sentence: '12.50 EUR is in the wallet of acme.',
  steps: [{ step: 'charge', state: 'captured', at: '2026-11-22T10:00:01Z', detail: 'ch_1' }],
}
const ENTRY = {
  id: 'je_1',
  kind: 'capture',
  booked_at: '2026-11-22T10:00:02Z',
  accounting_date: '2026-11-22',
  postings: [
    { account: 'psp:simulator:receivable', direction: 'debit', amount: 1_250, currency: 'EUR' },
    { account: 'seller:acme:pending', direction: 'credit', amount: 1_250, currency: 'EUR' },
  ],
}

let api: FakeApi

beforeEach(async () => {
  api = await startFakeApi()
  const answer = (path: string, body: unknown) => api.routes.set(`GET ${path}`, () => ({ body }))
  answer('/v1/payments/pay_1', PAYMENT)
  answer('/v1/payments/pay_1/whereabouts', WHEREABOUTS)
  answer('/v1/payments/pay_1/timeline', {
    data: [{ at: 'T', kind: 'captured', order: 'po_1', detail: { psp: 'ch_1' } }],
  })
  answer('/v1/ledger/entries', { data: [ENTRY], has_more: false, next_cursor: null })
  answer('/v1/ledger/entries/je_9', { ...ENTRY, id: 'je_9' })
  api.routes.set('GET /v1/search', ({ query }) => {
    const hits: Record<string, object[]> = {
      po_1: [{ object: 'payment_order', id: 'po_1', payment: 'pay_1' }],
      ch_1: [
        { object: 'payment_order', id: 'po_1', payment: 'pay_1' },
        { object: 'attempt', id: 'att_1', payment: 'pay_1' },
      ],
      je_9: [{ object: 'journal_entry', id: 'je_9' }],
    }
    return { body: { data: hits[query.get('q') ?? ''] ?? [] } }
  })
})

afterEach(() => api.close())

const run = (...argv: string[]) => runTestCli(argv, { api })

describe('where', () => {
  it('answers with the sentence first', async () => {
    const { exitCode, stdout } = await run('where', 'pay_1')

    expect(stdout.split('\n')[0]).toBe(WHEREABOUTS.sentence)
    expect(stdout).toContain('charge\tcaptured\t2026-11-22T10:00:01Z\tch_1\n')
    expect(exitCode).toBe(0)
  })

  it('takes the id of a payment order', async () => {
    const { stdout } = await run('where', 'po_1', '--json')

    expect(JSON.parse(stdout)).toEqual({ payment: 'pay_1', ...WHEREABOUTS })
  })

  it('exits 1 for an entry that belongs to no payment', async () => {
    const { exitCode, stderr } = await run('where', 'je_9')

    expect(stderr).toBe('je_9 belongs to no payment; run: npx tallystick trace je_9\n')
    expect(exitCode).toBe(1)
  })
})

describe('trace', () => {
  it('shows a PSP reference with everything behind it, once', async () => {
    const { exitCode, stdout } = await run('trace', 'ch_1', '--json')

    const found = JSON.parse(stdout) as { payments: unknown[] }
    expect(found.payments).toHaveLength(1)
    expect(found.payments[0]).toMatchObject({ payment: PAYMENT, whereabouts: WHEREABOUTS, entries: [ENTRY] })
    expect(exitCode).toBe(0)
  })

  it('prints payment, whereabouts, timeline and postings', async () => {
    const { stdout } = await run('trace', 'pay_1')

    expect(stdout).toContain(WHEREABOUTS.sentence)
    expect(stdout).toContain('T\tcaptured\tpo_1\tpsp=ch_1\n')
    expect(stdout).toContain('je_1\tcapture\t2026-11-22\tpsp:simulator:receivable\t12.50\t\tEUR\n')
  })

  it('shows a manual journal entry by itself', async () => {
    const { stdout } = await run('trace', 'je_9')

    expect(stdout).toContain('je_9\tcapture\t2026-11-22\tseller:acme:pending\t\t12.50\tEUR\n')
  })

  it('exits 1 when nothing is known by the id', async () => {
    const { exitCode, stderr } = await run('trace', 'att_0')

    expect(stderr).toBe('Nothing is known by the id att_0; run: npx tallystick payments list\n')
    expect(exitCode).toBe(1)
  })
})
