import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInbox } from '../../src/executor/index.ts'
import type { Attempt } from '../../src/payments/index.ts'
import { type Books, openBooks, reportOf } from '../../src/payments/testing/books.ts'
import { createDb, type Db } from '../../src/platform/db.ts'
import { checkInvariants } from '../../src/platform/invariant.ts'
import { createStream } from '../../src/reconciliation/engines/stream/stream.ts'
import { createFollower } from '../../src/reconciliation/live/follow.ts'
import { LIVE_INVARIANTS } from '../../src/reconciliation/live/invariants.ts'
import { COLUMNS, type LiveItem, liveItemOf, type Row } from '../../src/reconciliation/live/item.ts'
import { PART, standingsOf } from '../../src/reconciliation/live/standing.ts'
import {
  capturedOf,
  cutOff,
  DAY,
  fileAbout,
  type Said,
  SOURCE,
  shuffled,
  telling,
  toldAbout,
} from '../../src/reconciliation/live/testing/arrivals.ts'
import { compute } from '../../src/reconciliation/runs/compute.ts'
import { fileOfDay, receiveFile, simulatorCsv, withdrawFile } from '../../src/settlement/index.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { aPayment } from '../support/money-path.ts'
import { createSeeded, type Seeded } from '../support/seeded.ts'

/**
 * Charges are captured, told and stand in files in a random order, while two nodes follow whose transactions are cut off at
 * random. In the end every record is there once, and stands as one stream of all records in memory says, and as the night says
 * that compares the same records in bulk. A seed repeats a run: `TALLYSTICK_HISTORIES` says how many there are,
 * `TALLYSTICK_TEST_SEED` where they begin.
 */
const COUNT = Number(process.env['TALLYSTICK_HISTORIES'] ?? 3)
const FIRST = Number(process.env['TALLYSTICK_TEST_SEED'] ?? 1)
const SEEDS = Array.from({ length: COUNT }, (_, n) => FIRST + n)

let database: TestDatabase
let scratch: string
beforeAll(async () => {
  database = await createTestDatabase()
  scratch = mkdtempSync(join(tmpdir(), 'tallystick-follow-'))
})
afterAll(async () => {
  await database.drop()
  rmSync(scratch, { recursive: true, force: true })
})

async function charges(books: Books, count: number): Promise<readonly Attempt[]> {
  for (let n = 0; n < count; n += 1) await books.accept(aPayment())
  return books.dispatched.splice(0)
}

type World = {
  readonly db: Db
  /** The same, for what runs do: not where payments are. */
  readonly plain: Db
  readonly books: Books
  readonly random: Seeded
  /** Of the versions of the file, in their order. */
  readonly texts: string[]
}
type Event = () => Promise<unknown>

/** Everything happens, at random before, between and after looks of two nodes; then one looks until nothing is left. */
async function followed(
  seed: number,
  eventsOf: (world: World) => Promise<readonly Event[]>,
  check: (world: World) => Promise<void>,
) {
  const random = createSeeded(seed)
  const copy = await database.clone()
  const books = openBooks(copy.url)
  const db = createDb({ url: copy.url, schema: copy.schema, hotPath: true })
  const plain = createDb({ url: copy.url, schema: copy.schema })
  const world: World = { db, plain, books, random, texts: [] }
  const deps = { busyness: () => 0, scratch }
  await db.query('insert into settlement_source (name, first_business_date) values ($1, $2)', [SOURCE.name, DAY])
  const nodes = [1, 2].map((n) => createFollower({ ...deps, db: cutOff(db, createSeeded(seed * 100 + n)) }, SOURCE))
  const last = createFollower({ ...deps, db }, SOURCE)
  for (const event of await eventsOf(world)) {
    await event()
    if (random.chance(0.3)) await Promise.allSettled(nodes.map((node) => node.look()))
  }
  await last.catchUp()

  await check(world)

  for (const node of [...nodes, last]) await node.stop()
  await books.close()
  await plain.end()
  await db.end()
  await copy.drop()
}

const captures = ({ books, random }: World, made: readonly Attempt[], share = 1): readonly Event[] =>
  made
    .filter(() => random.chance(share))
    .map((charge) => {
      const outcome = capturedOf(charge, random.chance(0.1))
      return () => books.payments.record({ ...reportOf(charge, 'captured'), outcome })
    })

/** Each version takes the place of the one before; the one between may be withdrawn. */
function files({ db, books, random, texts }: World, made: readonly Attempt[]): readonly Event[] {
  const receive =
    (text: string): Event =>
    async () => {
      const bytes = (async function* () {
        yield Buffer.from(text)
      })()
      const delivery = {
        source: SOURCE.name,
        name: undefined,
        via: 'uploaded',
        formats: [simulatorCsv],
        bytes,
      } as const
      const { file } = await receiveFile({ db, clock: books.clock, scratch }, delivery)
      expect(file.status).toBe('accepted')
      texts.push(text)
    }
  const withdraw: Event = async () => {
    const file = await fileOfDay(db, SOURCE.name, DAY)
    const request = { reason: 'Wrong.', by: 'Ann', at: books.clock.now() }
    if (file !== undefined) await withdrawFile({ db, scratch }, { id: file.id, ...request })
  }
  const versions = Array.from({ length: random.integer(1, 3) }, () => receive(fileAbout(random, made)))
  return versions.flatMap((version, n) =>
    n < versions.length - 1 && random.chance(0.3) ? [version, withdraw] : [version],
  )
}

/** Two orders of events into one, each in its own. */
function merged(random: Seeded, a: readonly Event[], b: readonly Event[]): readonly Event[] {
  const places = shuffled(random, [...a.map(() => a), ...b.map(() => b)])
  const next = new Map([a, b].map((events) => [events, events.values()]))
  return places.flatMap((events) => next.get(events)?.next().value ?? [])
}

const itemsOf = async (db: Db): Promise<readonly LiveItem[]> =>
  (await db.query<Row>(`select ${COLUMNS} from live_item`)).map(liveItemOf)

const invariants = async (db: Db) => (await checkInvariants(db, LIVE_INVARIANTS)).checks.filter(({ ok }) => !ok)

// A machine that is busy may take its time.
describe('following', { timeout: 300_000 }, () => {
  it.each(SEEDS)('ends where one stream of all records ends, whatever is cut off (seed %i)', async (seed) => {
    const words: Said[] = []
    await followed(
      seed,
      async (world) => {
        const { db, books, random } = world
        const inbox = createInbox({
          db,
          clock: books.clock,
          log: pino({ level: 'silent' }),
          psps: new Map([[SOURCE.name, telling(words)]]),
          followed: [SOURCE.name],
          record: async () => 'recorded',
        })
        const made = await charges(books, 20)
        const said = made.flatMap((charge) => toldAbout(random, charge))
        const told = said.map((each) => () => inbox.receive(SOURCE.name, {}, Buffer.from(String(words.push(each) - 1))))
        const all = merged(random, shuffled(random, [...captures(world, made, 0.9), ...told]), files(world, made))
        return [...all, () => inbox.idle()]
      },
      async ({ db, random, texts }) => {
        const items = await itemsOf(db)
        const stream = createStream(SOURCE)
        stream.arrive(shuffled(random, items).map(({ item }) => item))
        const around = { source: SOURCE, settledThrough: undefined, settled: new Set<string>() }
        const standings = new Map(stream.changes().flatMap((pairing) => [...standingsOf(pairing, around)]))
        expect(items.map(({ item, standing }) => [item.record.name, standing])).toEqual(
          items.map(({ item }) => [item.record.name, standings.get(item.record.name) ?? PART]),
        )
        const [counts] = await db.query<Record<string, bigint>>(
          `select (select count(*) from live_item where side = 'ours') as ours, (select sum(amount)::bigint from live_item where side = 'ours') as sum,
                  (select count(distinct payment_order_id) from journal_entry where kind = 'capture') as booked,
                  (select sum(amount)::bigint from payment_order where status = 'captured') as money,
                  (select count(*) from live_item where side = 'told') as told, (select count(*) from live_told) as waiting,
                  (select count(*) from live_item where side = 'line') as lines,
                  (select count(distinct (file_id, line)) from live_item where side = 'line') as once`,
        )
        const captured = words.filter(({ outcome }) => outcome.outcome === 'captured').length
        const lines = BigInt(texts.at(-1)?.match(/^line,,...,charge/gm)?.length ?? 0)
        expect([counts?.['ours'], counts?.['sum']]).toEqual([counts?.['booked'], counts?.['money']])
        expect([counts?.['told'], counts?.['waiting']]).toEqual([BigInt(captured), 0n])
        expect([counts?.['lines'], counts?.['once']]).toEqual([lines, lines])
        expect(await invariants(db)).toEqual([])
      },
    )
  })

  // All are captured: of those that are not, the night learns from the file that they were, before it compares.
  it.each(SEEDS)('ends where the night ends that compares the same records in bulk (seed %i)', async (seed) => {
    await followed(
      seed,
      async (world) => {
        const made = await charges(world.books, 20)
        return merged(world.random, shuffled(world.random, captures(world, made)), files(world, made))
      },
      async ({ db, plain }) => {
        const file = await fileOfDay(db, SOURCE.name, DAY)
        const night = { source: SOURCE, day: DAY, previous: undefined, fileId: file?.id ?? '' }
        const byNight = await compute({ db: plain, scratch }, night, async ({ verdict, counts }) => ({
          breaks: verdict.found.map(({ code, dueOn, ours, theirs }) =>
            [code, dueOn ?? '', ours?.attemptId ?? '', theirs?.line ?? 0].join(' '),
          ),
          matched: counts.matched,
        }))
        const items = await itemsOf(db)
        const byName = new Map(items.map(({ item }) => [item.record.name, item]))
        const standing = items.filter(({ standing: { state } }) => state !== 'part')
        const shown = standing.flatMap(({ item, standing: { code, dueOn, twin } }) => {
          const sides = [item, byName.get(twin ?? '')]
          const ours = sides.find((each) => each?.side === 'ours')
          const line = sides.find((each) => each?.side === 'line')
          const [attempt, n] = [
            ours?.side === 'ours' ? ours.record.attempt_id : '',
            line?.side === 'line' ? line.record.line : 0,
          ]
          return code === undefined ? [] : [[code, dueOn ?? '', attempt, n].join(' ')]
        })

        expect(shown.toSorted()).toEqual(byNight.breaks.toSorted())
        expect(BigInt(standing.filter(({ standing: { state } }) => state === 'matched').length)).toBe(byNight.matched)
        expect(await invariants(db)).toEqual([])
      },
    )
  })
})
