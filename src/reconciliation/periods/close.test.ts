import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { behindLock } from '../../../test/support/behind-lock.ts'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { createTestClock } from '../../platform/clock.ts'
import { createDb, type Db } from '../../platform/db.ts'
import { newId } from '../../platform/ids.ts'
import { createPeriods } from './service.ts'

let database: TestDatabase
let db: Db

beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb(database)
})
afterAll(async () => {
  await db.end()
  await database.drop()
})

const DAY = '2026-01-05'

/** Sources whose run of the day is completed, and somebody who closes it. */
async function openPeriods(sources: readonly string[]) {
  const actor = { keyId: newId(), name: 'ann' }
  await db.query(
    `insert into api_key (id, name, prefix, hash, scopes, mode, created_at)
     values ($1, 'ann', $2, sha256(''), '{write}', 'test', '2026-01-01')`,
    [actor.keyId, `sk_test_${actor.keyId.slice(-12)}`],
  )
  for (const source of sources)
    await db.query(
      `insert into recon_run (id, source, business_date, status, settings, requested_at, completed_at)
       values ($1, $2, $3, 'completed', '{}', now(), now())`,
      [newId(), source, DAY],
    )
  const periods = createPeriods({ db, clock: createTestClock() }, sources)
  return (source: string) => periods.close({ source, through: DAY, reason: 'all is well' }, actor)
}

const closedInLedger = () => db.query<{ day: string }>('select closed_through as day from ledger_close')

describe('the days of the ledger', () => {
  it('stay open while one of the sources is, whichever of them is closed', async () => {
    const close = await openPeriods(['east', 'middle', 'west'])

    await close('west')
    expect(await closedInLedger()).toEqual([])
    await close('east')
    expect(await closedInLedger()).toEqual([])
  })

  it('are closed when their last two sources are closed at the same time', async () => {
    const close = await openPeriods(['north', 'south'])

    // Both have closed their own days when the end of the audit log is let go.
    await behindLock(
      database,
      { sql: 'select from audit_head for update', values: [] },
      ['north', 'south'].map((source) => () => close(source)),
    )

    expect(await closedInLedger()).toEqual([{ day: DAY }])
  })
})
