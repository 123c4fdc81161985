import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { createDb, type Db } from './db.ts'

let database: TestDatabase
let db: Db
beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.url, schema: database.schema, max: 1 })
})
afterAll(async () => {
  await db.end()
  await database.drop()
})

const copied = (query: string): Promise<string> =>
  db.transaction(async (tx) => {
    const pieces: Buffer[] = []
    for await (const piece of tx.copyOut(query)) pieces.push(piece as Buffer)
    return Buffer.concat(pieces).toString()
  })

describe('the rows of a query', () => {
  it('come as they are, of any size', async () => {
    const text = await copied(`select n, repeat('ü', n * 37 % 5000) from generate_series(1, 3000) as n`)

    const lines = Array.from({ length: 3_000 }, (_, index) => `${index + 1},${'ü'.repeat(((index + 1) * 37) % 5_000)}`)
    expect(text).toBe(`${lines.join('\n').replaceAll(/,$/gm, ',""')}\n`)
  })

  it('come in full when a row is longer than what a connection gives at once', async () => {
    const text = await copied(`select repeat('x', 3000000)`)

    expect(text).toHaveLength(3_000_001)
  })

  it('may be none', async () => {
    expect(await copied('select 1 where false')).toBe('')
  })

  it('wait for a reader that is slow', async () => {
    let bytes = 0
    const slow = new Writable({
      highWaterMark: 1,
      write(piece: Buffer, _encoding, done) {
        bytes += piece.length
        setImmediate(done)
      },
    })

    await db.transaction((tx) => pipeline(tx.copyOut(`select repeat('x', 99) from generate_series(1, 20000)`), slow))

    expect(bytes).toBe(2_000_000)
  })

  it('let the next statements follow on the same connection', async () => {
    const found = await db.transaction(async (tx) => {
      const first = await tx.copyOut('select * from generate_series(1, 3)').toArray()
      const second = await tx.query<{ n: number }>('select 4 as n')
      const third = await tx.copyOut('select 5').toArray()
      return [Buffer.concat(first).toString(), second, Buffer.concat(third).toString()]
    })

    expect(found).toEqual(['1\n2\n3\n', [{ n: 4 }], '5\n'])
  })

  it('do not keep what the server says in between from the driver', async () => {
    const text = await db.transaction(async (tx) => {
      await tx.query(`create function pg_temp.loud(n integer) returns integer language plpgsql as
        $$ begin raise notice 'row %', n; return n; end $$`)
      return Buffer.concat(
        await tx.copyOut('select pg_temp.loud(n) from generate_series(1, 3) as n').toArray(),
      ).toString()
    })

    expect(text).toBe('1\n2\n3\n')
  })

  it('end with the error of the server, and the connection can be used', async () => {
    await expect(copied('select 1 / (n - 5000) from generate_series(1, 9000) as n')).rejects.toThrow('division by zero')
    await expect(copied('select nothing')).rejects.toThrow('does not exist')

    expect(await copied('select 1')).toBe('1\n')
  })

  it('leave the connection to others when their reader fails half way', async () => {
    const full = new Writable({
      write(_piece, _encoding, done) {
        done(Object.assign(new Error('no space'), { code: 'ENOSPC' }))
      },
    })
    const query = `select repeat('x', 99) from generate_series(1, 100000)`

    await expect(db.transaction((tx) => pipeline(tx.copyOut(query), full))).rejects.toThrow('no space')

    expect(await copied('select 1')).toBe('1\n')
  })

  it('end with an error when the connection is lost', async () => {
    await expect(copied('select pg_terminate_backend(pg_backend_pid())')).rejects.toThrow()

    expect(await copied('select 1')).toBe('1\n')
  })
})
