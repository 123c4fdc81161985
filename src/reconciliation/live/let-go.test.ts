import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { createDb, type Db } from '../../platform/db.ts'
import type { NewBreak } from '../break.ts'
import { insertBreaks, insertUnparsedLines } from '../break-rows.ts'
import { runWithFile } from '../testing/run-with-file.ts'
import { someOpen } from './let-go.ts'

let database: TestDatabase
let db: Db
beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.url, schema: database.schema })
})
afterAll(async () => {
  await db.end()
  await database.drop()
})

it('an open break comes back, however many rows before it could not be read', async () => {
  const [day, at] = ['2026-01-05', new Date('2026-01-06T00:00:00Z')]
  const { runId, fileId } = await runWithFile(db, { source: 'acme', day, at })
  const unread = Array.from({ length: 1_500 }, (_, n) => ({ fileId, line: 1 + n }))
  const theirs = {
    ...{
      fileId,
      line: 2_000,
      kind: 'charge',
      status: null,
      reference: null,
      pspReference: 'ch_1',
      amount: 500n,
      fee: 0n,
    },
    ...{ currency: 'KWD', occurredAt: null },
  }
  const missing: NewBreak = {
    ...{ code: 'missing_internal', class: 'real', dueOn: undefined, ours: undefined, theirs },
    ...{ difference: -500n, currency: 'KWD' },
  }
  await db.transaction((tx) => insertUnparsedLines(tx, 'acme', { runId, day, at }, unread))
  await db.transaction((tx) => insertBreaks(tx, 'acme', { runId, day, at }, [missing]))

  const open = await db.transaction((tx) => someOpen(tx, 'acme'))

  expect(open.map(({ item }) => item.record)).toMatchObject([{ line: 2_000, theirs_amount: 500n }])
})
