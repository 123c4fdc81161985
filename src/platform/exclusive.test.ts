import pg from 'pg'
import pino from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { createLatch } from '../../test/support/scripted-psp.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import { isConnectionError } from './db.ts'
import { createExclusive, type Exclusive, lockNumber } from './exclusive.ts'

/** Goal: of everybody who wants a key, one has it, and whoever loses it is told. */

let database: TestDatabase
let observer: pg.Client

beforeAll(async () => {
  database = await createTestDatabase()
  observer = new pg.Client({ connectionString: database.ownerUrl })
  await observer.connect()
})

afterAll(async () => {
  await observer.end()
  await database.drop()
})

const aNode = (schema = database.schema): Exclusive =>
  createExclusive({ databaseUrl: database.url, schema, log: pino({ level: 'silent' }) })

/** Work that has begun, and ends when it is told. */
function longWork(node: Exclusive, key: string) {
  const latch = createLatch()
  const begun = Promise.withResolvers<AbortSignal>()
  const ended = node.run(
    key,
    async (hold) => {
      begun.resolve(hold.signal)
      await latch.opened
      return hold.holds()
    },
    { waitMs: 0 },
  )
  return { begun: begun.promise, end: latch.open, ended }
}

const waiting = (): Promise<boolean> =>
  observer
    .query("select 1 from pg_locks where locktype = 'advisory' and not granted")
    .then(({ rows }) => rows.length === 1)

describe('an exclusive key', () => {
  it('is held by one node at a time, and free when the work ends', async () => {
    const [one, other] = [aNode(), aNode()]
    const work = longWork(one, 'nights')
    await work.begun

    expect(await other.run('nights', async () => 'done', { waitMs: 0 })).toBeUndefined()
    expect(await other.run('nights', async () => 'done', { waitMs: 1 })).toBeUndefined()
    expect(await other.run('days', async () => 'done', { waitMs: 0 })).toEqual({ result: 'done' })
    expect(await aNode('elsewhere').run('nights', async () => 'done', { waitMs: 0 })).toEqual({ result: 'done' })

    work.end()
    expect(await work.ended).toEqual({ result: true })
    expect(await other.run('nights', async () => 'done', { waitMs: 0 })).toEqual({ result: 'done' })
  })

  it('comes to whoever waits as soon as it is free', async () => {
    const work = longWork(aNode(), 'nights')
    await work.begun
    const next = aNode().run('nights', async () => 'next', { waitMs: 20_000 })
    await waitFor(waiting, { what: 'the second node to wait' })

    work.end()

    expect(await next).toEqual({ result: 'next' })
  })

  it('is free after work that failed', async () => {
    const node = aNode()
    const failing = async () => Promise.reject(new Error('it failed'))

    await expect(node.run('nights', failing, { waitMs: 0 })).rejects.toThrow('it failed')

    expect(await node.run('nights', async () => 'done', { waitMs: 0 })).toEqual({ result: 'done' })
  })

  it('is taken from work whose session is lost, and the work hears of it', async () => {
    const work = longWork(aNode(), 'nights')
    const signal = await work.begun

    await observer.query(
      `select pg_terminate_backend(pid) from pg_locks
        where locktype = 'advisory' and objid::bigint = ($1::bigint & 4294967295)`,
      [lockNumber(database.schema, 'nights')],
    )

    await waitFor(() => signal.aborted, { what: 'the work to be told' })
    expect(await aNode().run('nights', async () => 'done', { waitMs: 5_000 })).toEqual({ result: 'done' })
    work.end()
    expect(await work.ended).toEqual({ result: false })
  })

  it('leaves no session behind', async () => {
    await aNode().run('nights', async () => undefined, { waitMs: 0 })

    await waitFor(
      async () => {
        const { rows } = await observer.query(
          "select 1 from pg_stat_activity where application_name = 'tallystick exclusive' and datname = current_database()",
        )
        return rows.length === 0
      },
      { what: 'the sessions to end' },
    )
  })

  it('says that the database is away', async () => {
    const away = createExclusive({
      databaseUrl: 'postgresql://nobody@127.0.0.1:1/none',
      schema: 'tallystick',
      log: pino({ level: 'silent' }),
    })

    const error = await away.run('nights', async () => undefined, { waitMs: 0 }).catch((cause: unknown) => cause)

    expect(isConnectionError(error)).toBe(true)
  })
})
