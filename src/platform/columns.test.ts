import { afterAll, describe, expect, it } from 'vitest'
import { createTestDatabase } from '../../test/support/database.ts'
import { toColumns } from './columns.ts'
import { createDb } from './db.ts'

const database = await createTestDatabase()
const db = createDb({ url: database.url, schema: database.schema })
afterAll(async () => {
  await db.end()
  await database.drop()
})

describe('columns', () => {
  it('arrive as the rows that they were made of', async () => {
    const at = new Date('2026-03-03T14:01:58.120Z')
    const rows = [
      ['plain', 1n, 2, true, at, Buffer.from([0, 255, 92]), '{"a":"b\\"c"}'],
      ['', -9_007_199_254_740_993n, -1.5, false, null, Buffer.alloc(0), '{}'],
      ['NULL', 0n, 0, true, at, null, null],
      ['{a,"b"}\\,\n\t c', null, null, null, at, Buffer.from('x'), '[]'],
      ['ü € 🙂', 1n, 1, true, undefined, undefined, 'null'],
    ]

    const stored = await db.query(
      `select a, b, c, d, e, f, g::text from unnest($1::text[], $2::bigint[], $3::float8[], $4::boolean[], $5::timestamptz[], $6::bytea[], $7::jsonb[])
         as t (a, b, c, d, e, f, g)`,
      toColumns(7, rows),
    )

    const read = stored.map((row) => Object.values(row as object))
    expect(read.map((row) => row.slice(0, 6))).toEqual(rows.map((row) => row.slice(0, 6).map((value) => value ?? null)))
    expect(read.map((row) => row[6])).toEqual(['{"a": "b\\"c"}', '{}', null, '[]', 'null'])
  })

  it('are empty arrays when there are no rows', () => {
    expect(toColumns(2, [])).toEqual(['{}', '{}'])
  })

  it('take no element whose text form is not known', () => {
    expect(() => toColumns(1, [[{}]])).toThrow(TypeError)
  })
})
