import { afterAll, describe, expect, it } from 'vitest'
import { createTestDatabase } from '../../test/support/database.ts'
import { createDb } from './db.ts'
import { newId } from './ids.ts'
import { typedColumns } from './typed-columns.ts'

const database = await createTestDatabase()
const db = createDb({ url: database.url, schema: database.schema })
afterAll(async () => {
  await db.end()
  await database.drop()
})

const TYPES = ['uuid', 'bytea', 'timestamptz', 'text', 'text'] as const
const READ = `select a, b, c, d, e from unnest($1::uuid[], $2::bytea[], $3::timestamptz[], $4::bigint[], $5::text[]) as t (a, b, c, d, e)`

describe('typed columns', () => {
  it('arrive as the rows that they were made of', async () => {
    const rows = [
      [newId(), Buffer.from([0, 255, 92]), new Date('2026-03-03T14:01:58.120Z'), 9_007_199_254_740_993n, 'a "b"'],
      ['00000000-0000-0000-0000-000000000000', Buffer.alloc(0), new Date('1970-01-01T00:00:00.001Z'), 0n, ''],
      ['ffffffff-ffff-ffff-ffff-ffffffffffff', Buffer.alloc(32, 7), new Date('9999-12-31T23:59:59.999Z'), -1n, 'NULL'],
      [undefined, null, undefined, null, undefined],
      ['01234567-89ab-cdef-0123-456789abcdef', Buffer.from('x'), new Date(946_684_800_000), 1n, null],
    ]

    const stored = await db.query(READ, typedColumns(TYPES, rows))

    expect(stored.map((row) => Object.values(row as object))).toEqual(
      rows.map((row) => row.map((value) => value ?? null)),
    )
  })

  it('are no rows when there are none', async () => {
    expect(await db.query(READ, typedColumns(TYPES, []))).toEqual([])
  })

  it('take no element of another type', () => {
    for (const id of ['', 'x', '01234567-89AB-cdef-0123-456789abcdef', '0123456789abcdef0123456789abcdef', 7])
      expect(() => typedColumns(['uuid'], [[id]])).toThrow(TypeError)
    expect(() => typedColumns(['bytea'], [['x']])).toThrow(TypeError)
    expect(() => typedColumns(['timestamptz'], [['2026-03-03']])).toThrow(TypeError)
    expect(() => typedColumns(['timestamptz'], [[new Date(Number.NaN)]])).toThrow(TypeError)
  })
})
