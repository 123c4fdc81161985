import assert from 'node:assert/strict'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { anOrder, aPayment, type MoneyPath, startMoneyPath } from '../../test/support/money-path.ts'
import {
  createLatch,
  createScriptedPsp,
  DECLINE,
  factOf,
  LOST,
  REFUSED,
  type ScriptedPsp,
} from '../../test/support/scripted-psp.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import type { NewPayment, Payment } from '../payments/index.ts'
import { losesAnswer, openBooks } from '../payments/testing/books.ts'
import { Refusal } from '../platform/errors.ts'
import { newId } from '../platform/ids.ts'
import type { Psp, PspTraits } from '../psp/index.ts'
import { pspKey } from './call.ts'

/** Attempts on their way through one node or several, with a PSP whose every answer is scripted. */

let database: TestDatabase
const started: MoneyPath[] = []

beforeAll(async () => {
  database = await createTestDatabase()
})

afterEach(async () => {
  for (const path of started.splice(0)) await path.stop()
})

afterAll(async () => {
  await database.drop()
})

/** A PSP account of its own for each test: nodes of other tests leave its attempts alone. */
const aPsp = (traits: Partial<PspTraits> = {}): ScriptedPsp =>
  createScriptedPsp({ name: `psp-${newId()}`, traits: { requestTimeoutMs: 2_000, lookUpTimeoutMs: 2_000, ...traits } })

async function start(...psps: readonly Psp[]): Promise<MoneyPath> {
  const path = await startMoneyPath({ url: database.url, psps })
  started.push(path)
  return path
}

async function accept(path: MoneyPath, psp: Psp, overrides: Partial<NewPayment> = {}): Promise<Payment> {
  const orders = [anOrder('seller-a', 1_000n, 100n)]
  const [accepted] = await path.payments.accept([aPayment({ psp: psp.name, orders, ...overrides })])
  assert(accepted !== undefined)
  if (accepted instanceof Refusal) throw accepted
  return accepted.payment
}

const orders = (length: number) => Array.from({ length }, () => anOrder('seller-a', 1_000n, 100n))

const end = async (path: MoneyPath, payment: Payment): Promise<string> =>
  (await path.payments.waitForFinal(payment.id, 10_000)).status

type Row = {
  id: string
  status: string
  ambiguous: boolean
  sends: number
  look_ups: number
  node_id: number | null
  due_in_ms: number | null
}

const attempts = (path: MoneyPath, payment: Payment): Promise<Row[]> =>
  path.db.query<Row>(
    `select id, status, ambiguous, sends, look_ups, node_id, (extract(epoch from due_at - now()) * 1000)::float8 as due_in_ms
       from attempt where payment_event_id = $1 order by id`,
    [payment.id],
  )

const kinds = async (path: MoneyPath, payment: Payment): Promise<readonly string[]> =>
  ((await path.payments.timeline(payment.id)) ?? []).map((item) => item.kind)

/** The same PSP seen by one node, with the keys that this node sent. */
function seenBy(psp: Psp): { readonly psp: Psp; readonly keys: string[] } {
  const keys: string[] = []
  return {
    keys,
    psp: {
      ...psp,
      charge: (request) => {
        keys.push(request.key)
        return psp.charge(request)
      },
    },
  }
}

describe('charge whose answer is lost', () => {
  it('is looked up first, and sent again under its key when it did not arrive', async () => {
    const psp = aPsp()
    psp.scripts.charge = (_, nth) => (nth === 1 ? { does: 'nothing', says: LOST } : undefined)
    const path = await start(psp)

    const payment = await accept(path, psp)

    expect(await end(path, payment)).toBe('succeeded')
    expect(psp.calls.map((call) => call.operation)).toEqual(['charge', 'lookUp', 'charge'])
    expect(new Set(psp.callsOf('charge').map((call) => call.key)).size).toBe(1)
    expect(psp.book()).toHaveLength(1)
  })

  it('is captured by look-up when it arrived, and not sent again', async () => {
    const psp = aPsp()
    psp.scripts.charge = () => ({ says: LOST })
    const path = await start(psp)

    const payment = await accept(path, psp)

    expect(await end(path, payment)).toBe('succeeded')
    expect(psp.calls.map((call) => call.operation)).toEqual(['charge', 'lookUp'])
  })

  it('fails when the PSP does not know it after its consistency window, and is not sent late', async () => {
    const psp = aPsp()
    psp.scripts.charge = () => ({ does: 'nothing', says: LOST })
    const path = await start(psp)
    const payment = await accept(path, psp)
    await waitFor(() => psp.callsOf('lookUp').length > 0, { what: 'the first look-up' })

    await path.clockControl.advance(60_000)
    const sent = psp.callsOf('charge').length
    expect(await end(path, payment)).toBe('failed')

    const [order] = (await path.payments.get(payment.id))?.orders ?? []
    expect(order?.decline?.code).toBe('never_reached_psp')
    expect(psp.callsOf('charge')).toHaveLength(sent)
    expect(psp.book()).toEqual([])
  })

  it('stays unknown, with nothing booked, as long as nobody can tell', async () => {
    const psp = aPsp()
    psp.scripts.charge = () => ({ says: LOST })
    psp.scripts.lookUp = () => ({ says: LOST })
    const path = await start(psp)
    const payment = await accept(path, psp)
    await waitFor(() => psp.callsOf('lookUp').length >= 4, { what: 'several look-ups' })
    await path.clockControl.advance(48 * 3_600_000)

    const after = await path.payments.get(payment.id)
    expect([after?.status, after?.orders[0]?.status]).toEqual(['processing', 'unknown'])
    expect((await path.ledger.listEntries({ paymentId: payment.id, limit: 10 })).data).toEqual([])
    expect(psp.callsOf('charge')).toHaveLength(1)
    expect((await path.invariants()).checks.filter((check) => !check.ok)).toEqual([])
  })

  it.each([
    ['throws', { throws: new Error('a bug') }],
    ['answers nothing', { says: undefined }],
    ['answers a word that is none', { says: { outcome: 'paid' } }],
    [
      'answers a number for an amount',
      { says: { outcome: 'captured', amount: 1_000, currency: 'EUR', pspReference: 'x', occurredAt: new Date() } },
    ],
    [
      'answers a date that is none',
      { says: { outcome: 'captured', amount: 1_000n, currency: 'EUR', pspReference: 'x', occurredAt: new Date('?') } },
    ],
    ['answers a wait that is none', { says: { outcome: 'not_executed', reason: 'busy', retryAfterMs: Number.NaN } }],
    ['answers with text that cannot be stored', { says: { outcome: 'unknown', cause: 'a\0b' } }],
    ['answers with a reference that cannot be stored', { says: { outcome: 'pending', pspReference: 'a\0b' } }],
  ])('because its adapter %s, is looked up', async (_, script) => {
    const psp = aPsp()
    psp.scripts.charge = () => ({ does: 'captured', ...script })
    const path = await start(psp)

    const payment = await accept(path, psp)

    expect(await end(path, payment)).toBe('succeeded')
    expect(psp.callsOf('charge')).toHaveLength(1)
    expect(await kinds(path, payment)).toContain('charge.unknown')
  })
})

describe('charge that the PSP decides later', () => {
  it('is found by look-up when its webhook is lost', async () => {
    const psp = aPsp()
    psp.scripts.charge = () => ({ does: 'pending' })
    const path = await start(psp)
    const payment = await accept(path, psp)
    await waitFor(async () => (await kinds(path, payment)).includes('charge.pending'), { what: 'the pending answer' })

    const [charge] = psp.book()
    assert(charge !== undefined)
    psp.move(charge.reference, 'captured')

    expect(await end(path, payment)).toBe('succeeded')
    expect(psp.callsOf('lookUp').length).toBeGreaterThan(0)
  })
})

describe('capture whose answer was lost', () => {
  it('is captured although the PSP declines it when it is sent again: the charge is asked after', async () => {
    const psp = aPsp()
    psp.scripts.capture = (_, nth) =>
      nth === 1 ? { says: LOST } : { does: 'nothing', says: { outcome: 'declined', decline: DECLINE } }
    // The first question is answered by what stood before the capture arrived, so that it is sent again.
    psp.scripts.lookUp = (reference, nth) =>
      nth === 1 ? { says: factOf({ ...psp.chargeOf(reference), state: 'authorised' }) } : undefined
    const path = await start(psp)
    const payment = await accept(path, psp, { capture: 'manual' })
    await waitFor(async () => (await path.payments.get(payment.id))?.status === 'authorised', {
      what: 'the authorisation',
    })

    await path.payments.request({
      endpoint: 'capture',
      paymentId: payment.id,
      idempotencyKey: newId(),
      fingerprint: Buffer.alloc(32),
    })

    expect(await end(path, payment)).toBe('succeeded')
    expect(psp.callsOf('capture')).toHaveLength(2)
  })
})

describe('charge that is provably not executed', () => {
  it('is sent again, ever more calmly, under the same key', async () => {
    const psp = aPsp()
    const sentAt: number[] = []
    psp.scripts.charge = (_, nth) => {
      sentAt.push(performance.now())
      return nth <= 3 ? { does: 'nothing', says: REFUSED } : undefined
    }
    const path = await start(psp)

    const payment = await accept(path, psp)

    expect(await end(path, payment)).toBe('succeeded')
    expect(new Set(psp.callsOf('charge').map((call) => call.key)).size).toBe(1)
    expect(psp.callsOf('lookUp')).toEqual([])
    expect((await attempts(path, payment)).map(({ sends, ambiguous }) => [sends, ambiguous])).toEqual([[4, false]])
    const [first = 0, second = 0, third = 0, fourth = 0] = sentAt
    expect(second - first).toBeGreaterThanOrEqual(200)
    expect(third - second).toBeGreaterThanOrEqual(500)
    expect(fourth - third).toBeGreaterThanOrEqual(1_000)
  })

  it('is not sent before the PSP wants it', async () => {
    const psp = aPsp()
    const sentAt: number[] = []
    psp.scripts.charge = (_, nth) => {
      sentAt.push(performance.now())
      return nth === 1
        ? { does: 'nothing', says: { outcome: 'not_executed', reason: '429', retryAfterMs: 900 } }
        : undefined
    }
    const path = await start(psp)

    expect(await end(path, await accept(path, psp))).toBe('succeeded')
    expect((sentAt[1] ?? 0) - (sentAt[0] ?? 0)).toBeGreaterThanOrEqual(900)
  })

  it('is given up when its buyer has long left', async () => {
    const psp = aPsp()
    psp.scripts.charge = () => ({ does: 'nothing', says: REFUSED })
    const path = await start(psp)
    const payment = await accept(path, psp)
    await waitFor(async () => (await attempts(path, payment))[0]?.status === 'retry_wait', { what: 'a refused charge' })

    await path.clockControl.advance(2 * 3_600_000)

    expect(await end(path, payment)).toBe('failed')
  })
})

describe('attempts of a node that died', () => {
  it('are carried out by another under the same keys', async () => {
    const psp = aPsp({ concurrency: 4, requestTimeoutMs: 60_000 })
    const latch = createLatch()
    const [first, second] = [seenBy(psp), seenBy(psp)]
    const dying = await start(first.psp)
    const other = await start(second.psp)
    psp.scripts.charge = (_, nth) => (nth === 1 && second.keys.length === 0 ? { after: latch.opened } : undefined)
    const payment = await accept(dying, psp, { orders: orders(10) })
    await waitFor(() => psp.book().length === 4, { what: 'four charges that are executed and not answered' })

    await dying.kill()

    expect(await end(other, payment)).toBe('succeeded')
    expect([first.keys.length, second.keys.length]).toEqual([4, 10])
    expect(new Set([...first.keys, ...second.keys]).size).toBe(10)
    expect(psp.book()).toHaveLength(10)
    expect((await attempts(other, payment)).every((attempt) => attempt.ambiguous)).toBe(true)
  })

  it('are not proven absent when the PSP refuses the other node', async () => {
    const psp = aPsp({ requestTimeoutMs: 60_000 })
    const latch = createLatch()
    psp.scripts.charge = (_, nth) => (nth === 1 ? { after: latch.opened } : { does: 'nothing', says: REFUSED })
    const dying = await start(psp)
    const other = await start(psp)
    const payment = await accept(dying, psp)
    await waitFor(() => psp.book().length === 1, { what: 'a charge that is executed and not answered' })

    await dying.kill()

    expect(await end(other, payment)).toBe('succeeded')
    expect(psp.callsOf('lookUp').length).toBeGreaterThan(0)
  })

  it('that were never handed over although they were stored are sent when their lease ends', async () => {
    const psp = aPsp()
    const path = await start(psp)
    const books = openBooks(database.url, path.node.id())
    books.clock.setOffset(path.clock.offsetMs())
    const payment = await books.accept(aPayment({ psp: psp.name, orders: orders(1) }))
    await books.close()

    await path.db.query('update attempt set due_at = now() where payment_event_id = $1', [payment.id])
    await path.db.query('update handover set due_at = now() where node_id = $1', [path.node.id()])

    expect(await end(path, payment)).toBe('succeeded')
    expect(psp.calls.map((call) => call.operation)).toEqual(['charge'])
  })
})

describe('claim', () => {
  it('whose answer is lost with the connection loses no attempt', async () => {
    const psp = aPsp()
    const api = await startMoneyPath({ url: database.url, psps: [psp], role: 'api' })
    const payment = await accept(api, psp)
    await api.stop()
    const begun = performance.now()
    const path = await startMoneyPath({ url: database.url, psps: [psp], over: losesAnswer('executor.claim') })
    started.push(path)

    expect(await end(path, payment)).toBe('succeeded')
    expect(performance.now() - begun).toBeLessThan(5_000)
    expect(psp.book()).toHaveLength(1)
  })
})

describe('node that was taken for dead', () => {
  it('hears what it has sent, and goes on as another', async () => {
    const psp = aPsp({ concurrency: 2, requestTimeoutMs: 60_000 })
    const latch = createLatch()
    psp.scripts.charge = () => ({ after: latch.opened })
    const fenced = await start(psp)
    const other = await start(psp)
    const id = fenced.node.id()
    const payment = await accept(fenced, psp, { orders: orders(8) })
    await waitFor(() => psp.book().length === 2, { what: 'two charges that are executed and not answered' })

    await fenced.cutSession()
    await waitFor(() => fenced.node.leaseHolds() && fenced.node.id() !== id, { what: 'the node to be back' })
    latch.open()

    expect(await end(other, payment)).toBe('succeeded')
    expect(psp.book()).toHaveLength(8)
    expect(psp.callsOf('charge').length).toBeLessThanOrEqual(8 + 2)
    expect((await fenced.ledger.listEntries({ paymentId: payment.id, limit: 50 })).data).toHaveLength(8)
    expect(await end(fenced, await accept(fenced, psp))).toBe('succeeded')
  })
})

describe('stop', () => {
  it('lets calls in flight end, and leaves the rest to the next start at once', async () => {
    const psp = aPsp({ concurrency: 2 })
    const latch = createLatch()
    psp.scripts.charge = () => ({ after: latch.opened })
    const path = await start(psp)
    const payment = await accept(path, psp, { orders: orders(6) })
    await waitFor(() => psp.book().length === 2, { what: 'two charges at the PSP' })

    started.splice(0)
    const stopped = path.stop()
    latch.open()
    await stopped
    const next = await start(psp)
    const begun = performance.now()

    expect(await end(next, payment)).toBe('succeeded')
    expect(performance.now() - begun).toBeLessThan(5_000)
    expect(psp.callsOf('charge')).toHaveLength(6)
    expect(psp.book()).toHaveLength(6)
  })

  it('does not wait for an adapter that never answers', async () => {
    const psp = aPsp({ requestTimeoutMs: 100 })
    psp.scripts.charge = () => ({ after: new Promise(() => undefined) })
    const path = await start(psp)
    const payment = await accept(path, psp)
    await waitFor(() => psp.callsOf('charge').length === 1, { what: 'a charge at the PSP' })

    started.splice(0)
    await path.stop()

    const next = await start(psp)
    expect(await end(next, payment)).toBe('succeeded')
  })
})

describe('API node', () => {
  it('leaves what it stored to a worker, as never sent', async () => {
    const psp = aPsp()
    const api = await startMoneyPath({ url: database.url, psps: [psp], role: 'api' })
    started.push(api)
    const payment = await accept(api, psp)
    expect((await attempts(api, payment)).map(({ sends, node_id }) => [sends, node_id])).toEqual([[0, null]])

    const worker = await start(psp)

    expect(await end(worker, payment)).toBe('succeeded')
    expect((await attempts(worker, payment)).map(({ sends, ambiguous }) => [sends, ambiguous])).toEqual([[1, false]])
  })
})

describe('look-ups that hang', () => {
  it('hold up no charge, no retry and no other PSP, however many there are', async () => {
    const silent = aPsp({ lookUpTimeoutMs: 60_000 })
    const healthy = aPsp()
    const latch = createLatch()
    silent.scripts.lookUp = () => ({ after: latch.opened })
    silent.scripts.charge = (_, nth) => (nth === 1 ? { does: 'nothing', says: REFUSED } : undefined)
    healthy.scripts.charge = () => ({ says: LOST })
    const books = openBooks(database.url)
    const unknown = await Promise.all(
      Array.from({ length: 60 }, () => books.accept(aPayment({ psp: silent.name, orders: orders(10) }))),
    )
    await books.db.query(
      `update attempt set status = 'unknown', ambiguous = true, node_id = null, due_at = now() where payment_event_id = any($1::uuid[])`,
      [unknown.map((payment) => payment.id)],
    )
    await books.close()
    const path = await start(silent, healthy)
    await waitFor(() => silent.callsOf('lookUp').length === 16, { what: 'every place for look-ups to be taken' })

    const [refused, lost] = await Promise.all([accept(path, silent), accept(path, healthy)])

    expect(await Promise.all([end(path, refused), end(path, lost)])).toEqual(['succeeded', 'succeeded'])
    expect(silent.callsOf('lookUp')).toHaveLength(16)
    expect(silent.callsOf('charge', pspKey((await attempts(path, refused))[0]?.id ?? ''))).toHaveLength(2)
    latch.open()
  })
})
