import assert from 'node:assert/strict'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { anOrder, aPayment, type MoneyPath, startMoneyPath } from '../../test/support/money-path.ts'
import {
  type BookedCharge,
  createLatch,
  createScriptedPsp,
  LOST,
  type ScriptedPsp,
  type SignedWebhook,
  signed,
} from '../../test/support/scripted-psp.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import type { Payment } from '../payments/index.ts'
import { Refusal } from '../platform/errors.ts'
import { newId } from '../platform/ids.ts'

let database: TestDatabase
let psp: ScriptedPsp
let path: MoneyPath

beforeAll(async () => {
  database = await createTestDatabase()
})

beforeEach(async () => {
  psp = createScriptedPsp({ name: `psp-${newId()}` })
  path = await startMoneyPath({ url: database.url, psps: [psp] })
})

afterEach(() => path.stop())
afterAll(() => database.drop())

async function pay(): Promise<Payment> {
  const [accepted] = await path.payments.accept([aPayment({ psp: psp.name, orders: [anOrder('seller-a', 1_000n)] })])
  assert(accepted !== undefined)
  if (accepted instanceof Refusal) throw accepted
  return accepted.payment
}

async function charged(): Promise<{ payment: Payment; charge: BookedCharge }> {
  const payment = await pay()
  const charge = await waitFor(() => psp.book()[0], { what: 'the charge at the PSP' })
  return { payment, charge }
}

const receive = ({ headers, body }: SignedWebhook): Promise<string> => path.inbox.receive(psp.name, headers, body)

const status = async (payment: Payment): Promise<string | undefined> => (await path.payments.get(payment.id))?.status

const entries = async (payment: Payment): Promise<number> =>
  (await path.ledger.listEntries({ paymentId: payment.id, limit: 10 })).data.length

const results = async (): Promise<readonly (string | null)[]> =>
  (
    await path.db.query<{ result: string | null }>('select result from psp_webhook where psp = $1 order by id', [
      psp.name,
    ])
  ).map((row) => row.result)

describe('webhook', () => {
  it('is stored once, however often it comes', async () => {
    psp.scripts.charge = () => ({ does: 'pending' })
    const { payment, charge } = await charged()
    const webhook = psp.move(charge.reference, 'captured')

    const together = await Promise.all(Array.from({ length: 10 }, () => receive(webhook)))
    const later = await receive(webhook)
    await path.inbox.idle()

    expect(together.toSorted()).toEqual([...Array(9).fill('duplicate'), 'stored'])
    expect(later).toBe('duplicate')
    expect(await results()).toEqual(['recorded'])
    expect([await status(payment), await entries(payment)]).toEqual(['succeeded', 1])
  })

  it('that comes before the answer settles the payment, and the answer changes nothing', async () => {
    const latch = createLatch()
    psp.scripts.charge = () => ({ after: latch.opened })
    const { payment, charge } = await charged()
    await receive(psp.webhook(charge.reference))
    await path.inbox.idle()
    expect(await status(payment)).toBe('succeeded')

    latch.open()
    await waitFor(() => path.executor.backlog() === 0, { what: 'the answer' })

    expect([await status(payment), await entries(payment)]).toEqual(['succeeded', 1])
  })

  it('that comes after the answer, repeated or stale, changes nothing', async () => {
    const { payment, charge } = await charged()
    await path.payments.waitForFinal(payment.id, 5_000)

    for (const state of ['captured', 'captured', 'authorised', 'pending', 'declined'] as const) {
      expect(await receive(psp.webhook(charge.reference, state))).toBe('stored')
    }
    await path.inbox.idle()

    expect([await status(payment), await entries(payment)]).toEqual(['succeeded', 1])
    expect((await path.payments.timeline(payment.id))?.map((item) => item.kind)).toContain('charge.webhook.authorised')
  })

  it('ends what only a webhook can tell', async () => {
    psp.scripts.charge = () => ({ says: LOST })
    psp.scripts.lookUp = () => ({ says: LOST })
    const { payment, charge } = await charged()

    await receive(psp.webhook(charge.reference))

    expect((await path.payments.waitForFinal(payment.id, 5_000)).status).toBe('succeeded')
  })

  it.each([
    ['of a charge that is not ours', signed(newId(), 'order-17', LOST), 'unmatched'],
    ['of an attempt that does not exist', signed(newId(), `att_${'0'.repeat(32)}`, LOST), 'unmatched'],
    ['without a reference', signed(newId(), undefined, LOST), 'unmatched'],
    ['with a reference that cannot be stored', signed(newId(), 'a\0b', LOST), 'unmatched'],
    ['that is no outcome', signed(newId(), undefined, { outcome: 'paid' }), 'unmatched'],
  ])('%s is kept and harms nothing', async (_, webhook, result) => {
    expect(await receive(webhook)).toBe('stored')
    await path.inbox.idle()
    expect(await results()).toEqual([result])
  })

  it('of another PSP account is not taken for ours', async () => {
    psp.scripts.charge = () => ({ does: 'pending' })
    const { payment, charge } = await charged()
    const other = createScriptedPsp({ name: `psp-${newId()}` })
    const another = await startMoneyPath({ url: database.url, psps: [other] })
    const { headers, body } = psp.webhook(charge.reference, 'captured')

    await another.inbox.receive(other.name, headers, body)
    await another.stop()

    expect(await status(payment)).toBe('processing')
  })

  it('is refused without its signature, and for a PSP that is not there', async () => {
    const { body } = signed(newId(), 'r', LOST)
    expect(await path.inbox.receive(psp.name, {}, body)).toBe('bad_signature')
    expect(await path.inbox.receive('nobody', {}, body)).toBe('unknown_psp')
    expect(await results()).toEqual([])
  })

  it('that a crash left between storing and handling is handled by another node', async () => {
    psp.scripts.charge = () => ({ does: 'pending' })
    const { payment, charge } = await charged()
    await waitFor(() => path.executor.backlog() === 0, { what: 'the pending answer' })
    // As it is stored: amounts as text, instants in ISO 8601.
    const { pspReference, amount, currency } = charge
    const outcome = {
      outcome: 'captured',
      pspReference,
      amount: `${amount}`,
      currency,
      occurredAt: '2026-03-01T12:00:00.123Z',
    }
    const store = (receivedAt: Date) =>
      path.db.query(
        'insert into psp_webhook (id, psp, psp_event_id, reference, outcome, received_at) values ($1, $2, $3, $4, $5, $6)',
        [newId(), psp.name, newId(), charge.reference, JSON.stringify(outcome), receivedAt],
      )

    await store(path.clock.now())
    await path.inbox.sweep()
    expect(await results()).toEqual([null])
    await store(new Date(path.clock.now().getTime() - 10_000))
    await path.inbox.sweep()

    expect((await results()).filter((result) => result !== null)).toEqual(['recorded'])
    const after = await path.payments.get(payment.id)
    expect([after?.status, after?.orders[0]?.capturedAt]).toEqual(['succeeded', new Date('2026-03-01T12:00:00.123Z')])
  })

  it('that cannot be recorded is kept with that result, and stops nothing behind it', async () => {
    psp.scripts.charge = () => ({ does: 'pending' })
    const { payment, charge } = await charged()
    await waitFor(() => path.executor.backlog() === 0, { what: 'the pending answer' })
    // The ledger refuses a fact that is booked already.
    const [order] = payment.orders
    await path.db.query(
      `with entry as (
         insert into journal_entry (id, kind, fact, occurred_at, booked_at, accounting_date, chain_id, batch_seq, posting_count)
         values ($1, 'capture', $2, now(), now(), current_date, 1, 0, 2))
       insert into posting (entry_id, position, account_id, amount, currency, leaf)
       select $1, p, (select min(id) from ledger_account), case p when 1 then 1 else -1 end, 'EUR', sha256('x') from generate_series(1, 2) p`,
      [newId(), order?.id],
    )

    await receive(psp.webhook(charge.reference, 'captured'))
    await path.inbox.idle()

    expect(await results()).toEqual(['refused'])
    expect(await status(payment)).toBe('processing')
    psp.scripts.charge = () => undefined
    const next = await pay()
    expect((await path.payments.waitForFinal(next.id, 5_000)).status).toBe('succeeded')
  })
})
