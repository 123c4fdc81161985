import pino from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { aPayment } from '../../../test/support/money-path.ts'
import { createSeeded, type Seeded } from '../../../test/support/seeded.ts'
import { createInbox } from '../../executor/index.ts'
import type { Attempt } from '../../payments/index.ts'
import { type Books, openBooks, reportOf } from '../../payments/testing/books.ts'
import { createDb, type Db, type Tx } from '../../platform/db.ts'
import { publicId } from '../../platform/ids.ts'
import { checkInvariants } from '../../platform/invariant.ts'
import type { Outcome, Psp } from '../../psp/psp.ts'
import { createStream } from '../engines/stream/stream.ts'
import type { Source } from '../source.ts'
import { createFollower } from './follow.ts'
import { LIVE_INVARIANTS } from './invariants.ts'
import { COLUMNS, liveItemOf, type Row } from './item.ts'
import { PART, standingsOf } from './standing.ts'

/**
 * Charges are captured and told in a random order, while two nodes follow whose transactions are cut off at random. In the end
 * every record is there once, and stands as one stream of all records in memory says. A seed repeats a run.
 */
const SEEDS = [1, 2, 3, 4, 5, 6]

const SOURCE: Source = {
  name: 'simulator',
  zone: 'UTC',
  cutOff: '00:00',
  dayNamedBy: 'start',
  graceMinutes: 15,
  lagDays: 1,
  feeSchedule: undefined,
}

type Said = { readonly reference: string | undefined; readonly outcome: Outcome }

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

/** A database on which some transactions end in the middle, with nothing done. */
const cutOff = (db: Db, random: Seeded): Db => ({
  ...db,
  transaction: (work, options) => {
    let left = random.chance(0.3) ? random.integer(0, 8) : Number.POSITIVE_INFINITY
    return db.transaction((tx) => {
      const run: Tx['run'] = (statement, values) => {
        left -= 1
        if (left < 0) return Promise.reject(new Error('cut off'))
        return tx.run(statement, values)
      }
      return work({ ...tx, run })
    }, options)
  },
})

async function charges(books: Books, count: number): Promise<readonly Attempt[]> {
  for (let n = 0; n < count; n += 1) await books.accept(aPayment())
  return books.dispatched.splice(0)
}

/** Most is told as it was, some of it again; some over another amount, without our reference, or of a charge that nobody knows. */
function toldAbout(random: Seeded, charge: Attempt): readonly Said[] {
  const kind = random.weighted({ nothing: 3, right: 6, again: 1, amount: 1, mangled: 1, foreign: 1, authorised: 1 })
  const { outcome } = reportOf(charge, kind === 'authorised' ? 'authorised' : 'captured')
  const said = outcome as Outcome & { amount: bigint }
  const reference = publicId('att', charge.id)
  switch (kind) {
    case 'nothing':
      return []
    case 'again':
      return [
        { reference, outcome: said },
        { reference, outcome: said },
      ]
    case 'amount':
      return [{ reference, outcome: { ...said, amount: said.amount + 1n } as Outcome }]
    case 'mangled':
      return [{ reference: 'mangled', outcome: said }]
    case 'foreign':
      return [{ reference: 'foreign', outcome: { ...said, pspReference: `foreign_${charge.id}` } as Outcome }]
    default:
      return [{ reference, outcome: said }]
  }
}

const shuffled = <T>(random: Seeded, items: readonly T[]): readonly T[] =>
  items
    .map((item) => [random.next(), item] as const)
    .toSorted(([a], [b]) => a - b)
    .map(([, item]) => item)

describe('following', () => {
  it.each(SEEDS)('ends where one stream of all records ends, whatever is cut off (seed %i)', async (seed) => {
    const random = createSeeded(seed)
    const copy = await database.clone()
    const books = openBooks(copy.url)
    const db = createDb({ url: copy.url, schema: copy.schema, hotPath: true })
    const words: Said[] = []
    const inbox = createInbox({
      db,
      clock: books.clock,
      log: pino({ level: 'silent' }),
      psps: new Map([[SOURCE.name, telling(words)]]),
      followed: [SOURCE.name],
      record: async () => 'recorded',
    })
    const nodes = [1, 2].map((n) =>
      createFollower({ db: cutOff(db, createSeeded(seed * 100 + n)), busyness: () => 0 }, SOURCE),
    )
    const look = (): Promise<unknown> => Promise.allSettled(nodes.map((node) => node.look()))

    const made = await charges(books, 20)
    const said = made.flatMap((charge) => toldAbout(random, charge))
    const events = shuffled(random, [
      ...made
        .filter(() => random.chance(0.9))
        .map((charge) => () => books.payments.record(reportOf(charge, 'captured'))),
      ...said.map((each) => () => inbox.receive(SOURCE.name, {}, Buffer.from(String(words.push(each) - 1)))),
    ])
    for (const event of events) {
      await event()
      if (random.chance(0.3)) await look()
    }
    await inbox.idle()
    await createFollower({ db, busyness: () => 0 }, SOURCE).catchUp()

    const rows = (await db.query<Row>(`select ${COLUMNS} from live_item`)).map(liveItemOf)
    const stream = createStream(SOURCE)
    stream.arrive(shuffled(random, rows).map(({ item }) => item))
    const standings = new Map(
      stream.changes().flatMap((pairing) => [...standingsOf(pairing, { source: SOURCE, settledThrough: undefined })]),
    )
    const nameOf = (name: string): unknown => standings.get(name) ?? PART
    expect(rows.map(({ item, standing }) => [item.record.name, standing])).toEqual(
      rows.map(({ item }) => [item.record.name, nameOf(item.record.name)]),
    )
    const [counts] = await db.query<{
      ours: bigint
      sum: bigint
      booked: bigint
      money: bigint
      told: bigint
      waiting: bigint
    }>(
      `select (select count(*) from live_item where side = 'ours') as ours, (select sum(amount)::bigint from live_item where side = 'ours') as sum,
              (select count(distinct payment_order_id) from journal_entry where kind = 'capture') as booked,
              (select sum(amount)::bigint from payment_order where status = 'captured') as money,
              (select count(*) from live_item where side = 'told') as told, (select count(*) from live_told) as waiting`,
    )
    const captured = said.filter(({ outcome }) => outcome.outcome === 'captured').length
    expect([counts?.ours, counts?.sum]).toEqual([counts?.booked, counts?.money])
    expect([counts?.told, counts?.waiting]).toEqual([BigInt(captured), 0n])
    expect((await checkInvariants(db, LIVE_INVARIANTS)).checks.filter(({ ok }) => !ok)).toEqual([])
    await books.close()
    await db.end()
    await copy.drop()
  })
})

/** The part of a PSP that an inbox asks: the body is the number of what is said. */
const telling = (words: readonly Said[]): Psp =>
  ({
    name: SOURCE.name,
    verifyWebhook: (_headers: unknown, body: Buffer) => ({ id: `evt_${body}`, ...words[Number(body.toString())] }),
  }) as unknown as Psp
