import assert from 'node:assert/strict'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { anOrder, aPayment } from '../../test/support/money-path.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import { newId } from '../platform/ids.ts'
import type { Attempt, NewPayment, Payment, Report } from './index.ts'
import { DERIVE_STATUS } from './sql.ts'
import { type Books, losesAnswer, openBooks, reportOf } from './testing/books.ts'

/** What is learned about charges, committed by two nodes on one database. */

let database: TestDatabase
let node: Books
let other: Books

beforeAll(async () => {
  database = await createTestDatabase()
  node = openBooks(database.url, 1)
  other = openBooks(database.url, 2)
})

afterAll(async () => {
  await node.close()
  await other.close()
  await database.drop()
})

async function accepted(
  overrides: Partial<NewPayment> = {},
): Promise<{ payment: Payment; charges: readonly Attempt[] }> {
  const payment = await node.accept(aPayment(overrides))
  return { payment, charges: await node.attempts(payment.id, 'charge') }
}

const record = (books: Books, reports: readonly Report[]): Promise<unknown> =>
  Promise.all(reports.map((report) => books.payments.record(report)))

const entriesOf = async (payment: Payment): Promise<readonly string[]> =>
  (await node.ledger.listEntries({ paymentId: payment.id, limit: 50 })).data.map((entry) => entry.kind)

/** A seller of its own, so that its wallet is this test's alone. */
const aSeller = (): string => `seller-${newId()}`

const pendingOf = async (seller: string): Promise<bigint> =>
  (await node.db.query<{ pending: bigint }>('select pending from wallet where seller = $1', [seller]))[0]?.pending ?? 0n

const some = <T>(items: readonly T[]): T => {
  const [first] = items
  assert(first !== undefined)
  return first
}

describe('an outage of the database', () => {
  it('is logged once, however many reports wait for its end and however often they try', async () => {
    const logged: { readonly level: number; readonly msg: string }[] = []
    const log = pino({ level: 'info' }, { write: (line) => void logged.push(JSON.parse(line)) })
    let [isAway, tries] = [true, 0]
    const cut = openBooks(
      database.url,
      1,
      (db) => ({
        ...db,
        transaction: async (work, options) => {
          tries += 1
          if (isAway) throw new Error('Connection terminated unexpectedly')
          return db.transaction(work, options)
        },
      }),
      log,
    )
    const many = await Promise.all(Array.from({ length: 10 }, () => accepted()))

    const recorded = record(
      cut,
      many.map(({ charges }) => reportOf(some(charges), 'captured')),
    )
    await waitFor(() => tries > 3, { what: 'a few tries' })
    isAway = false
    await recorded

    expect(logged.map(({ level, msg }) => [level, msg])).toEqual([
      [40, 'recording waits for the database'],
      [30, 'recording goes on'],
    ])
    await cut.close()
  })
})

describe('report', () => {
  it('whose stamp is later than the clock is booked as of now, so that a run reaches it', async () => {
    const ahead = new Date('2999-01-01T00:00:00Z')
    const { payment, charges } = await accepted()
    const report = reportOf(some(charges), 'captured', 'webhook')
    assert(report.outcome.outcome === 'captured')
    const before = node.clock.now()

    await record(node, [{ ...report, outcome: { ...report.outcome, occurredAt: ahead } }])

    const [entry] = (await node.ledger.listEntries({ paymentId: payment.id, limit: 50 })).data
    const [order] = (await node.payment(payment.id)).orders
    assert(entry !== undefined)
    expect(entry.occurredAt.getTime()).toBeGreaterThanOrEqual(before.getTime())
    expect(entry.occurredAt.getTime()).toBeLessThanOrEqual(node.clock.now().getTime())
    expect(order?.capturedAt).toEqual(entry.occurredAt)
  })

  it('that is repeated, together or later, books its capture once', async () => {
    const seller = aSeller()
    const { payment, charges } = await accepted({ orders: [anOrder(seller, 1_000n, 100n)] })
    const report = reportOf(some(charges), 'captured')

    await record(node, [report, report, { ...report, via: 'webhook' }])
    await record(node, [report])

    expect(await entriesOf(payment)).toEqual(['capture'])
    expect(await pendingOf(seller)).toBe(900n)
  })

  it('that two nodes record at the same moment books its capture once', async () => {
    const seller = aSeller()
    const many = await Promise.all(Array.from({ length: 20 }, () => accepted({ orders: [anOrder(seller, 1_000n)] })))
    const reports = many.map(({ charges }) => reportOf(some(charges), 'captured'))

    await Promise.all([record(node, reports), record(other, reports.toReversed())])

    expect(await pendingOf(seller)).toBe(20_000n)
    for (const { payment } of many) expect(await entriesOf(payment)).toEqual(['capture'])
  })

  it('of a charge that stands for all orders settles them together', async () => {
    const sellers = [aSeller(), aSeller()]
    const orders = sellers.map((seller) => anOrder(seller, 500n, 50n))
    const { payment, charges } = await accepted({ chargeMode: 'single', orders })

    await record(
      node,
      charges.map((charge) => reportOf(charge, 'captured')),
    )

    expect((await node.payment(payment.id)).orders.map((order) => order.status)).toEqual(['captured', 'captured'])
    expect(await Promise.all(sellers.map(pendingOf))).toEqual([450n, 450n])
    expect(charges).toHaveLength(1)
  })

  it('that cannot be recorded leaves the others of its batch unharmed', async () => {
    const good = await Promise.all(Array.from({ length: 7 }, () => accepted()))
    const { charges } = await accepted()
    const ghost: Report = { ...reportOf(some(charges), 'captured'), chargeId: newId(), attemptId: newId() }

    const results = await Promise.all([
      ...good.map(({ charges: of }) => node.payments.record(reportOf(some(of), 'captured'))),
      node.payments.record(ghost),
    ])

    expect(results).toEqual([...good.map(() => 'recorded'), 'refused'])
    for (const { payment } of good) expect(await entriesOf(payment)).toEqual(['capture'])
  })

  it('does not undo the stamp of a send that was made while it was being recorded', async () => {
    const { charges } = await accepted()
    const charge = some(charges)
    const sentAt = new Date(charge.lastSentAt.getTime() + 60_000)
    const stamped = Promise.withResolvers<void>()
    const sent = Promise.withResolvers<void>()
    const claim = other.db.transaction(async (tx) => {
      await tx.query('update attempt set last_sent_at = $2, ambiguous = true where id = $1', [charge.id, sentAt])
      stamped.resolve()
      await sent.promise
    })
    await stamped.promise
    const recorded = node.payments.record(reportOf(charge, 'not_executed'))
    await waitUntilBlocked()
    sent.resolve()
    await Promise.all([claim, recorded])

    const [after] = await node.attempts(charge.paymentId)
    expect([after?.lastSentAt, after?.ambiguous]).toEqual([sentAt, true])
  })
})

async function waitUntilBlocked(): Promise<void> {
  await waitFor(
    async () =>
      (
        await node.db.query(
          `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        )
      ).length > 0,
    { what: 'a transaction that waits for another' },
  )
}

describe('recording', () => {
  it('whose answer was lost with the connection still hands over what has to be sent next', async () => {
    const cut = openBooks(database.url, 1, losesAnswer('transaction'))
    const { payment, charges } = await accepted({ onPartial: 'void_all' })
    const [first, second] = charges
    assert(first !== undefined && second !== undefined)
    await record(node, [reportOf(first, 'authorised')])

    await record(cut, [reportOf(second, 'authorised')])

    expect(cut.dispatched.map((attempt) => attempt.operation)).toEqual(['capture', 'capture'])
    expect((await node.attempts(payment.id, 'capture')).map((attempt) => attempt.id).toSorted()).toEqual(
      cut.dispatched.map((attempt) => attempt.id).toSorted(),
    )
    await cut.close()
  })
})

describe('late success', () => {
  it('goes to suspense once and to no wallet', async () => {
    const seller = aSeller()
    const { payment, charges } = await accepted({ orders: [anOrder(seller, 700n)] })
    const before = (await node.balances())['suspense:simulator'] ?? 0n
    await record(node, [reportOf(some(charges), 'declined')])

    const late = reportOf(some(charges), 'captured', 'webhook')
    await Promise.all([record(node, [late, late]), record(other, [late])])
    await record(other, [late])

    expect(await entriesOf(payment)).toEqual(['late_success'])
    expect((await node.payment(payment.id)).status).toBe('failed')
    expect(await pendingOf(seller)).toBe(0n)
    expect((await node.balances())['suspense:simulator']).toBe(before - 700n)
    expect((await node.payments.whereabouts(payment.id))?.sentence).toContain(
      '7.00 EUR was captured at simulator after',
    )
  })

  it('of a charge that a retry replaced is not the sale of the retry', async () => {
    const seller = aSeller()
    const { payment, charges } = await accepted({ orders: [anOrder(seller, 700n)] })
    await record(node, [reportOf(some(charges), 'declined')])
    await node.payments.request({ ...aRequest(payment), endpoint: 'retry', paymentMethod: 'pm_test_visa' })
    const again = (await node.attempts(payment.id, 'charge')).at(-1)
    assert(again !== undefined)

    await record(node, [reportOf(some(charges), 'captured', 'webhook'), reportOf(again, 'captured')])

    expect((await entriesOf(payment)).toSorted()).toEqual(['capture', 'late_success'])
    expect(await pendingOf(seller)).toBe(700n)
  })

  it('is not charged a second time by a retry', async () => {
    const { payment, charges } = await accepted({ orders: [anOrder(aSeller(), 700n)] })
    await record(node, [reportOf(some(charges), 'declined'), reportOf(some(charges), 'captured', 'webhook')])

    const retry = node.payments.request({ ...aRequest(payment), endpoint: 'retry', paymentMethod: 'pm_test_visa' })

    await expect(retry).rejects.toMatchObject({ code: 'payment_state' })
  })

  it('that is only an authorisation is voided once', async () => {
    const { payment, charges } = await accepted({ orders: [anOrder(aSeller(), 700n)] })
    await record(node, [reportOf(some(charges), 'declined')])
    const late = reportOf(some(charges), 'authorised', 'webhook')

    await Promise.all([record(node, [late, late]), record(other, [late])])
    const [first] = await node.attempts(payment.id, 'void')
    assert(first !== undefined)
    await record(node, [reportOf(first, 'voided')])
    await record(other, [late])

    expect((await node.attempts(payment.id, 'void')).map((attempt) => attempt.status)).toEqual(['succeeded'])
    expect([...node.dispatched, ...other.dispatched].filter((attempt) => attempt.id === first.id)).toHaveLength(1)
    expect((await node.payment(payment.id)).status).toBe('failed')
  })
})

const aRequest = (payment: Payment) => ({
  paymentId: payment.id,
  idempotencyKey: newId(),
  fingerprint: Buffer.alloc(32),
})

describe('a capture', () => {
  it('that was declined, and turns out to be of a charge that was voided, says nothing of the first', async () => {
    const { payment, charges } = await accepted({ capture: 'manual', orders: [anOrder(aSeller(), 700n)] })
    await record(node, [reportOf(some(charges), 'authorised')])
    await node.payments.request({ ...aRequest(payment), endpoint: 'capture' })
    const capture = some(await node.attempts(payment.id, 'capture'))
    await record(node, [reportOf(capture, 'unknown')])
    const decline = { code: 'do_not_honor', networkCode: '51', advice: 'try_again_later', message: 'No.' } as const
    const answer = reportOf(capture, 'declined')
    await record(node, [{ ...answer, outcome: { outcome: 'declined', pspReference: 'psp_1', decline } }])
    expect((await node.attempts(payment.id, 'capture'))[0]?.decline).toEqual(decline)

    await record(node, [reportOf(capture, 'voided', 'look_up')])

    const [after] = await node.attempts(payment.id, 'capture')
    expect(after?.status).toBe('declined')
    expect(after?.decline).toEqual({
      code: 'canceled',
      advice: 'do_not_try_again',
      message: 'The charge was voided.',
    })
  })
})

describe('payment of 1,000 orders', () => {
  it('has the right status when two nodes report its orders in pieces', async () => {
    const sellers = Array.from({ length: 10 }, aSeller)
    const orders = Array.from({ length: 1_000 }, (_, index) => anOrder(sellers[index % 10] ?? '', 100n, 10n))
    const { payment, charges } = await accepted({ orders })
    const pieces = Array.from({ length: 20 }, (_, index) => charges.slice(index * 50, (index + 1) * 50))

    await Promise.all(
      pieces.map((piece, index) =>
        record(
          index % 2 === 0 ? node : other,
          piece.map((charge) => reportOf(charge, index === 7 ? 'declined' : 'captured')),
        ),
      ),
    )

    const { status, orders: after } = await node.payment(payment.id)
    expect(status).toBe('partially_succeeded')
    expect(after.filter((order) => order.status === 'captured')).toHaveLength(950)
    expect((await Promise.all(sellers.map(pendingOf))).reduce((sum, pending) => sum + pending, 0n)).toBe(950n * 90n)
    expect(await node.payments.timeline(payment.id)).toHaveLength(1 + 1_000 * 2 + 950)
  })
})

describe('payment', () => {
  it('whose captured orders were given back says so', async () => {
    const { payment, charges } = await accepted()
    await record(
      node,
      charges.map((charge) => reportOf(charge, 'captured')),
    )
    const giveBack = (amount: bigint): Promise<unknown> =>
      node.db.query(
        'update payment_order set refunded_amount = least(amount, $2::bigint) where payment_event_id = $1',
        [payment.id, amount],
      )
    const derive = async (): Promise<string> => {
      await node.db.run(DERIVE_STATUS, [[payment.id]])
      return (await node.payment(payment.id)).status
    }

    const statuses: string[] = []
    for (const amount of [0n, 1n, 1_000_000n]) {
      await giveBack(amount)
      statuses.push(await derive())
    }

    expect(statuses).toEqual(['succeeded', 'partially_refunded', 'refunded'])
    await giveBack(0n)
    await derive()
  })
})

describe('two nodes', () => {
  it('that record overlapping payments and sellers never wait for each other in a circle', async () => {
    const sellers = Array.from({ length: 12 }, aSeller)
    const orders = sellers.map((seller) => anOrder(seller, 100n))
    const many = await Promise.all(
      Array.from({ length: 40 }, () => accepted({ orders: orders.toSorted(() => Math.random() - 0.5) })),
    )
    const reports = many.flatMap(({ charges }) => charges.map((charge) => reportOf(charge, 'captured')))
    const shuffled = (): Report[] => reports.toSorted(() => Math.random() - 0.5)

    await Promise.all([
      record(node, shuffled()),
      record(other, shuffled()),
      record(node, shuffled()),
      record(other, shuffled()),
    ])

    const [row] = await node.db.query<{ deadlocks: bigint }>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    )
    expect(row?.deadlocks).toBe(0n)
    expect(await Promise.all(sellers.map(pendingOf))).toEqual(sellers.map(() => 4_000n))
  })

  it('leave every invariant whole and the chain verified', async () => {
    expect(await node.findings()).toEqual([])
  })
})
