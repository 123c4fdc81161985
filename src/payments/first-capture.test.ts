import assert from 'node:assert/strict'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { anOrder, aPayment } from '../../test/support/money-path.ts'
import type { Db } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import type { Attempt, NewPayment, Payment, Report } from './index.ts'
import { type Books, losesAnswer, openBooks, reportOf } from './testing/books.ts'

/** First answers of charges that this process stored and sent itself. */

let database: TestDatabase
let books: Books
let statements: string[] = []

/** Notes the name of every statement inside transactions. */
const noted = (db: Db): Db => ({
  ...db,
  transaction: (work, options) =>
    db.transaction((tx) => {
      const run: typeof tx.run = (statement, values) => {
        statements.push(statement.name)
        return tx.run(statement, values)
      }
      return work({ ...tx, run })
    }, options),
})

beforeAll(async () => {
  database = await createTestDatabase()
  books = openBooks(database.url, 1, noted)
})

beforeEach(() => {
  statements = []
})

afterAll(async () => {
  await books.close()
  await database.drop()
})

type Stored = { readonly payment: Payment; readonly sent: readonly Attempt[] }

async function stored(overrides: Partial<NewPayment> = {}, by: Books = books): Promise<Stored> {
  const payment = await by.accept(aPayment({ orders: [anOrder(`seller-${newId()}`, 1_000n, 100n)], ...overrides }))
  return { payment, sent: by.dispatched.filter(({ paymentId }) => paymentId === payment.id) }
}

const answer = (attempt: Attempt | undefined, outcome: Parameters<typeof reportOf>[1]): Report => {
  assert(attempt !== undefined)
  return { ...reportOf(attempt, outcome), sent: attempt }
}

const record = (reports: readonly Report[], by: Books = books): Promise<readonly string[]> =>
  Promise.all(reports.map((report) => by.payments.record(report)))

const entriesOf = async ({ payment }: Stored): Promise<readonly string[]> =>
  (await books.ledger.listEntries({ paymentId: payment.id, limit: 50 })).data.map((entry) => entry.kind)

const statusOf = async ({ payment }: Stored): Promise<string> => (await books.payment(payment.id)).status

const pendingOf = async ({ payment }: Stored): Promise<readonly bigint[]> => {
  const sellers = payment.orders.map(({ seller }) => seller)
  const rows = await books.db.query<{ pending: bigint }>('select pending from wallet where seller = any($1)', [sellers])
  return rows.map(({ pending }) => pending)
}

describe('first capture', () => {
  it('whose stamp is later than the clock is captured now', async () => {
    const each = await stored()
    const report = answer(each.sent[0], 'captured')
    assert(report.outcome.outcome === 'captured')

    await record([{ ...report, outcome: { ...report.outcome, occurredAt: new Date('2999-01-01T00:00:00Z') } }])

    const capturedAt = (await books.payment(each.payment.id)).orders[0]?.capturedAt
    assert(capturedAt !== undefined)
    expect(statements.filter((name) => name.startsWith('payments.read'))).toEqual([])
    expect(capturedAt.getTime()).toBeLessThanOrEqual(books.clock.now().getTime())
  })

  it('is booked without reading what was stored', async () => {
    const many = await Promise.all(Array.from({ length: 5 }, () => stored()))

    await record(many.flatMap(({ sent }) => sent.map((attempt) => answer(attempt, 'captured'))))

    expect(statements.filter((name) => name.startsWith('payments.read'))).toEqual([])
    for (const each of many) {
      expect(await statusOf(each)).toBe('succeeded')
      expect(await entriesOf(each)).toEqual(['capture'])
      expect(await pendingOf(each)).toEqual([900n])
    }
  })

  it('of a charge that stands for all orders captures them together', async () => {
    const orders = [anOrder(`a-${newId()}`, 500n, 50n), anOrder(`b-${newId()}`, 700n)]
    const one = await stored({ chargeMode: 'single', orders })

    await record([answer(one.sent[0], 'captured')])

    expect((await books.payment(one.payment.id)).orders.map(({ status }) => status)).toEqual(['captured', 'captured'])
    expect(await entriesOf(one)).toEqual(['capture', 'capture'])
    expect(statements).not.toContain('payments.read_attempts')
  })

  it('is told beside a decline of the same payment', async () => {
    const two = await stored({ orders: [anOrder(`a-${newId()}`, 500n), anOrder(`b-${newId()}`, 700n)] })

    await record([answer(two.sent[0], 'captured'), answer(two.sent[1], 'declined')])

    expect(await statusOf(two)).toBe('partially_succeeded')
    expect(await entriesOf(two)).toEqual(['capture'])
  })

  it('of another amount than was asked for is no capture', async () => {
    const one = await stored()
    const report = answer(one.sent[0], 'captured')
    assert(report.outcome.outcome === 'captured')

    await record([{ ...report, outcome: { ...report.outcome, amount: 999n } }])

    expect((await books.payment(one.payment.id)).orders.map(({ status }) => status)).toEqual(['unknown'])
    expect(await entriesOf(one)).toEqual([])
  })
})

describe('first capture of which somebody else has heard', () => {
  it.each(['captured', 'pending', 'declined'] as const)('is read again after a webhook that said %s', async (said) => {
    const [one, other] = [await stored(), await stored()]
    await record(one.sent.map((attempt) => reportOf(attempt, said, 'webhook')))
    statements = []

    await record([...one.sent, ...other.sent].map((attempt) => answer(attempt, 'captured')))

    expect(statements).toContain('payments.read_attempts')
    expect(await entriesOf(one)).toEqual([said === 'declined' ? 'late_success' : 'capture'])
    expect(await statusOf(one)).toBe(said === 'declined' ? 'failed' : 'succeeded')
    expect(await entriesOf(other)).toEqual(['capture'])
    expect(await pendingOf(other)).toEqual([900n])
  })

  it('is read again when another node has sent it, too', async () => {
    const one = await stored()
    await books.db.query('update attempt set sends = 2, ambiguous = true, node_id = 99 where payment_event_id = $1', [
      one.payment.id,
    ])

    await record(one.sent.map((attempt) => answer(attempt, 'captured')))

    expect(statements).toContain('payments.read_attempts')
    expect(await statusOf(one)).toBe('succeeded')
    expect(await entriesOf(one)).toEqual(['capture'])
  })

  it('is booked once when the webhook is told in the same batch', async () => {
    const one = await stored()

    await record(one.sent.flatMap((attempt) => [answer(attempt, 'captured'), reportOf(attempt, 'captured', 'webhook')]))

    expect(await entriesOf(one)).toEqual(['capture'])
    expect(await pendingOf(one)).toEqual([900n])
  })

  it('is booked once when the answer to its commit was lost', async () => {
    const node = openBooks(database.url, 2, losesAnswer('transaction'))
    const one = await stored({}, node)

    expect(await record([answer(one.sent[0], 'captured')], node)).toEqual(['recorded'])

    await node.close()
    expect(await entriesOf(one)).toEqual(['capture'])
    expect(await pendingOf(one)).toEqual([900n])
  })

  it('leaves the books without contradictions', async () => {
    expect(await books.findings()).toEqual([])
  })
})
