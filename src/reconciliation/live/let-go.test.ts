import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { createDb, type Db } from '../../platform/db.ts'
import type { NewBreak } from '../break.ts'
import { insertBreaks, insertUnparsedLines, promoteBreaks } from '../break-rows.ts'
import type { Source } from '../source.ts'
import { runWithFile } from '../testing/run-with-file.ts'
import { someOpen } from './let-go.ts'
import { move } from './store.ts'

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

it('a line that says nothing of whose it is comes back under another code when its time is over', async () => {
  const [day, at] = ['2026-01-05', new Date('2026-01-06T00:00:00Z')]
  const source: Source = {
    name: 'nameless',
    zone: 'UTC',
    cutOff: '00:00',
    dayNamedBy: 'start',
    graceMinutes: 15,
    lagDays: 1,
    feeSchedule: undefined,
  }
  const { runId, fileId } = await runWithFile(db, { source: source.name, day, at })
  const theirs = {
    ...{ fileId, line: 4, kind: 'charge', status: null, reference: null, pspReference: null, amount: 500n, fee: 0n },
    ...{ currency: 'JPY', occurredAt: null },
  }
  const awaiting: NewBreak = {
    ...{ code: 'awaiting_internal', class: 'temporary', dueOn: '2026-01-06', ours: undefined, theirs },
    ...{ difference: -500n, currency: 'JPY' },
  }
  const bringBack = (): Promise<void> =>
    db.transaction(async (tx) =>
      move(tx, { source, settledThrough: day }, { arriving: await someOpen(tx, source.name), leaving: [] }),
    )
  await db.transaction((tx) => insertBreaks(tx, source.name, { runId, day, at }, [awaiting]))
  await bringBack()
  const [stored] = await db.query<{ id: string }>('select id from recon_break where source = $1', [source.name])
  await db.transaction((tx) =>
    promoteBreaks(tx, { runId, day, at }, [{ id: stored?.id ?? '', code: 'missing_internal' }]),
  )

  await bringBack()

  const totals = await db.query(
    'select code, items, amount::bigint as amount from live_total where source = $1 and items <> 0',
    [source.name],
  )
  expect(totals).toEqual([{ code: 'missing_internal', items: 1n, amount: 500n }])
})
