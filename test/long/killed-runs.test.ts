import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Db } from '../../src/platform/db.ts'
import { runsThatDiffer } from '../support/corrections.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { FIRST_DAY, lineOf, openNights, sell } from '../support/nights.ts'
import { settlementText } from '../support/settlement-text.ts'

/**
 * A run is killed in each of its transactions, before it commits and behind it. Another node goes on, and in the end everything is
 * as if nothing had happened: the same verdict, the same report, every charge settled once.
 */

const AT = new Date(`${FIRST_DAY}T10:00:00Z`)

let template: TestDatabase

beforeAll(async () => {
  template = await createTestDatabase()
  const nights = openNights(template)
  const good = await sell(nights, AT, {})
  const short = await sell(nights, AT, {})
  await sell(nights, AT, {})
  nights.endDay(0)
  await nights.upload(
    settlementText(FIRST_DAY, [lineOf(good, AT), { ...lineOf(short, AT), amount: short.amount - 100n }]),
  )
  await nights.close()
})
afterAll(() => template.drop())

/** The database of a process that is killed in its transaction of that number. Counts how many there were. */
function mortal(
  db: Db,
  dies: { readonly at: number; readonly committed: boolean },
  seen: { transactions: number },
): Db {
  return {
    ...db,
    async transaction(work, options) {
      seen.transactions += 1
      const isLast = seen.transactions >= dies.at
      const killed = new Error('Connection terminated unexpectedly')
      const result = await db.transaction(async (tx) => {
        const result = await work(tx)
        if (isLast && !dies.committed) throw killed
        return result
      }, options)
      if (isLast) throw killed
      return result
    },
  }
}

/** What came of the night: whatever is the same whoever did it. */
async function afterKill(at: number, committed: boolean) {
  const database = await template.clone()
  const seen = { transactions: 0 }
  try {
    const first = openNights(database, (db) => mortal(db, { at, committed }, seen))
    first.endDay(0)
    const error = await first.night().catch((thrown: unknown) => thrown)
    await first.close()
    const second = openNights(database)
    second.endDay(0)
    await second.night()
    const { data } = await second.reconciliation.listRuns({ limit: 10 })
    const run = await second.reconciliation.getRun(data[0]?.id ?? '')
    const { changes } = await second.reconciliation.changes(data[0]?.id ?? '')
    const [settled] = await second.db.query<{ n: bigint }>('select count(*) as n from settled_charge')
    const [kept] = await second.db.query<{ verdict: Buffer; summary: object; reports: bigint }>(
      'select verdict_sha256 as verdict, summary, count(report_blob_id) over () as reports from recon_run',
    )
    const outcome = {
      runs: data.length,
      status: run?.status,
      verdict: kept?.verdict.toString('hex'),
      summary: kept?.summary,
      posted: run?.posted,
      changes,
      settled: settled?.n,
      reports: kept?.reports,
      differing: await runsThatDiffer(second),
      findings: await second.findings(),
    }
    await second.close()
    return { outcome, died: error instanceof Error, transactions: seen.transactions }
  } finally {
    await database.drop()
  }
}

describe('a run that is killed', () => {
  it('in any transaction, before or behind its commit, ends as if it had not been', { timeout: 180_000 }, async () => {
    const whole = await afterKill(Number.POSITIVE_INFINITY, true)
    expect(whole).toMatchObject({
      died: false,
      outcome: { status: 'completed', settled: 2n, reports: 1n, findings: [] },
    })
    expect(whole.transactions).toBeGreaterThan(4)

    for (let at = 1; at <= whole.transactions; at += 1)
      for (const committed of [false, true]) {
        const { died, outcome } = await afterKill(at, committed)
        expect({ at, committed, died, outcome }).toEqual({ at, committed, died: true, outcome: whole.outcome })
      }
  })
})
