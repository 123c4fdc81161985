import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { createDb, type Db, type Tx } from '../platform/db.ts'
import { SOURCE } from './live/testing/arrivals.ts'
import { exportOurs, type OursWindow, sumOfLater } from './ours.ts'

/** What a night reads of a ledger that has had many nights. */

const ENTRIES = 50_000
const BATCH = 20
const CHAINS = [1, 2]
const FILL = `
  set session_replication_role = replica;
  insert into journal_entry (id, kind, fact, payment_event_id, payment_order_id, occurred_at, booked_at, accounting_date, chain_id, batch_seq, posting_count)
    select lpad(to_hex(n), 32, '0')::uuid, 'capture', n::text, lpad(to_hex(n), 32, '0')::uuid, lpad(to_hex(n), 32, '0')::uuid,
           timestamptz '2026-01-01' + n * interval '1 minute', now(), current_date, 1 + n % 2, n / ${BATCH}, 2
      from generate_series(1, ${ENTRIES}) n;
  insert into posting (entry_id, position, account_id, amount, currency, leaf)
    select lpad(to_hex(n), 32, '0')::uuid, p, p, case p when 1 then 100 else -100 end, 'EUR', sha256('x')
      from generate_series(1, ${ENTRIES}) n, generate_series(1, 2) p;
  insert into ledger_account (id, name, type) overriding system value values (1, 'psp:simulator:receivable', 'asset')`

let database: TestDatabase
let db: Db
let folder: string
beforeAll(async () => {
  database = await createTestDatabase()
  const owner = new pg.Client({ connectionString: database.ownerUrl, options: `-c search_path=${database.schema}` })
  await owner.connect()
  await owner.query(FILL)
  await owner.query('vacuum analyze journal_entry, posting')
  await owner.end()
  db = createDb({ url: database.url, schema: database.schema })
  folder = mkdtempSync(join(tmpdir(), 'tallystick-ours-'))
})
afterAll(async () => {
  await db.end()
  await database.drop()
  rmSync(folder, { recursive: true, force: true })
})

const heads = (seq: number): ReadonlyMap<number, bigint> => new Map(CHAINS.map((chain) => [chain, BigInt(seq)]))

/** How PostgreSQL goes about each statement over the ledger. */
async function plansOf(work: (tx: Tx) => Promise<unknown>): Promise<readonly string[]> {
  const texts: string[] = []
  await db.transaction((tx) =>
    work({
      ...tx,
      query: (text, values) => {
        texts.push(text)
        return tx.query(text, values)
      },
      copyOut: (text) => {
        texts.push(text)
        return tx.copyOut(text)
      },
    }),
  )
  const plans: string[] = []
  for (const text of texts.filter((each) => each.includes('journal_entry')))
    plans.push((await db.query<{ 'QUERY PLAN': string }>(`explain ${text}`)).map((row) => row['QUERY PLAN']).join('\n'))
  return plans
}

/** What it takes for a part of the whole, it reads the whole for once the ledger is large. */
function expectFew(plan: string): void {
  const expected = plan.split('\n').find((line) => line.includes('on journal_entry e'))
  expect(plan).toContain('journal_entry_batch')
  expect(Number(expected?.match(/rows=(\d+)/)?.[1])).toBeLessThan(2_000)
}

describe('our side', () => {
  const last = ENTRIES / BATCH
  const window = { from: heads(last - 50), to: heads(last) }
  // Of the window the run before saw the first half, and of that it compared what was before five in the morning.
  const cut = { zone: 'Europe/Berlin', cutOff: '06:00', dayNamedBy: 'end' } as const
  const compared = { day: '2026-02-04', cut, seen: heads(last - 25) }

  it.each<[string, OursWindow, bigint]>([
    ['a day', window, 981n],
    ['a day behind another cut', { ...window, compared }, 741n],
  ])('of %s is read by an index, and PostgreSQL knows how little is new', async (_, given, count) => {
    let entries = 0n

    const plans = await plansOf(async (tx) => {
      const written = await exportOurs(tx, SOURCE, given, folder, (read) => {
        entries = read
      })
      await Promise.all(Object.values(written))
    })

    expect(entries).toBe(count)
    expect(plans.length).toBe(2)
    for (const plan of plans) expectFew(plan)
  })

  it('that belongs to no run yet is summed by the same index', async () => {
    let sums: readonly unknown[] = []

    const plans = await plansOf(async (tx) => {
      sums = await sumOfLater(tx, SOURCE, { day: '2026-02-03', from: heads(last - 50), seen: heads(last - 25) })
    })

    // All that was not seen, and what was and is of a later day.
    expect(sums).toEqual([{ currency: 'EUR', amount: 98_100n }])
    expect(plans.length).toBe(1)
    for (const plan of plans) {
      expectFew(plan)
      expect(plan).not.toContain('Seq Scan on posting')
    }
  })
})
