import assert from 'node:assert/strict'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { anOrder, aPayment } from '../../test/support/money-path.ts'
import { PAYMENT_INVARIANTS } from '../payments/index.ts'
import { openBooks } from '../payments/testing/books.ts'
import { createDb, type Db } from '../platform/db.ts'
import { checkInvariants } from '../platform/invariant.ts'
import { takeUp } from './take-up.ts'

/** Attempts that were stored by a node and join the line when nothing was heard of them. */

const OURS = 7
const THEIRS = 8
const TAKE_UP = takeUp('test.take_up', 'node_id = $1')

let database: TestDatabase
let db: Db

beforeAll(async () => {
  database = await createTestDatabase()
})

beforeEach(() => {
  db = createDb({ url: database.url, schema: database.schema })
})

afterEach(async () => {
  await db.run(TAKE_UP, [OURS])
  await db.run(TAKE_UP, [THEIRS])
  await db.end()
})

afterAll(async () => {
  await database.drop()
})

/** Stores payments of one order and gives the ids of their attempts. */
async function store(nodeId: number, count = 1): Promise<string[]> {
  const books = openBooks(database.url, nodeId)
  const payments = []
  for (let n = 0; n < count; n += 1)
    payments.push(await books.accept(aPayment({ orders: [anOrder('seller-a', 100n)] })))
  await books.close()
  const rows = await db.query<{ id: string }>(
    'select id from attempt where payment_event_id = any($1::uuid[]) order by id',
    [payments.map((payment) => payment.id)],
  )
  return rows.map((row) => row.id)
}

const inLine = async (ids: readonly string[]): Promise<string[]> => {
  const rows = await db.query<{ id: string }>(
    'select id from attempt where id = any($1::uuid[]) and line_due_at is not null order by id',
    [ids],
  )
  return rows.map((row) => row.id)
}

const handovers = async (nodeId: number): Promise<number> => {
  const [row] = await db.query<{ n: bigint }>('select count(*) as n from handover where node_id = $1', [nodeId])
  return Number(row?.n)
}

const lookedAfter = async (): Promise<boolean | undefined> => {
  const { checks } = await checkInvariants(db, PAYMENT_INVARIANTS)
  return checks.find((check) => check.name === 'open_orders_are_looked_after')?.ok
}

describe('taking up what a node had in hand', () => {
  it('puts all of it in line and keeps no hand-over', async () => {
    const ids = await store(OURS, 3)
    expect(await inLine(ids)).toEqual([])

    await db.run(TAKE_UP, [OURS])

    expect(await inLine(ids)).toEqual(ids)
    expect(await handovers(OURS)).toBe(0)
  })

  it('leaves alone what was answered', async () => {
    const ids = await store(OURS, 2)
    await db.query(`update attempt set status = 'succeeded', due_at = null, in_hand = false where id = $1`, [ids[0]])

    await db.run(TAKE_UP, [OURS])

    expect(await inLine(ids)).toEqual(ids.slice(1))
    expect(await handovers(OURS)).toBe(0)
    await db.query(`update attempt set status = 'dispatched', due_at = now() where id = $1`, [ids[0]])
  })

  it('leaves what is being written at this moment for the next time, with its hand-over', async () => {
    const [id] = await store(OURS)
    assert(id !== undefined)
    await db.transaction(async (tx) => {
      await tx.query('select from attempt where id = $1 for update', [id])
      await db.run(TAKE_UP, [OURS])
      expect(await inLine([id])).toEqual([])
      expect(await handovers(OURS)).toBe(1)
    })

    await db.run(TAKE_UP, [OURS])

    expect(await inLine([id])).toEqual([id])
    expect(await handovers(OURS)).toBe(0)
  })

  it('keeps the hand-over of another node whose attempts lie between', async () => {
    const [first] = await store(OURS)
    const theirs = await store(THEIRS)
    const [last] = await store(OURS)
    await db.query(
      `with gone as (delete from handover where node_id = $1)
       insert into handover (node_id, due_at, first_attempt_id, last_attempt_id) values ($1, now(), $2, $3)`,
      [OURS, first, last],
    )

    await db.run(TAKE_UP, [OURS])

    expect(await inLine([first ?? '', last ?? ''])).toEqual([first, last])
    expect(await handovers(THEIRS)).toBe(1)
    const [row] = await db.query<{ node_id: number }>('select node_id from attempt where id = any($1::uuid[])', [
      theirs,
    ])
    expect(row?.node_id).toBe(THEIRS)
    await db.run(TAKE_UP, [THEIRS])
    expect(await inLine(theirs)).toEqual(theirs)
  })

  it('is told to be missing by an invariant when a hand-over is gone and its attempts are not in line', async () => {
    const [id] = await store(OURS)
    expect(await lookedAfter()).toBe(true)

    await db.query('delete from handover where node_id = $1', [OURS])

    expect(await lookedAfter()).toBe(false)
    await db.query('update attempt set in_hand = false where id = $1', [id])
    expect(await lookedAfter()).toBe(true)
  })
})
