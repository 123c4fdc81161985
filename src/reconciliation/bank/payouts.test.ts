import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { createDb, type Db } from '../../platform/db.ts'
import { newId } from '../../platform/ids.ts'
import { insertBreaks } from '../break-rows.ts'
import { runWithFile } from '../testing/run-with-file.ts'
import { insertArrivals } from './arrivals.ts'
import { breakOfArrival } from './decide.ts'
import { insertPayouts, standingPayouts } from './payouts.ts'

let database: TestDatabase
let db: Db
let runId: string
let fileId: string
const at = new Date('2026-01-06T00:00:00Z')

beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.url, schema: database.schema })
  ;({ runId, fileId } = await runWithFile(db, { source: 'house-bank', day: '2026-01-06', at }))
})
afterAll(async () => {
  await db.end()
  await database.drop()
})

/** Payouts that arrived in the first days of January, each in a line of its own. */
async function arrived(amount: bigint, inLine: bigint, line: number): Promise<string> {
  const place = { fileId, line, kind: 'payout', pspReference: `po_2026_${line}`, reference: null }
  return db.transaction(async (tx) => {
    await insertPayouts(tx, 'acme', '2026-01-05', [{ ...place, amount: -amount, currency: 'EUR', occurredAt: at }])
    const payout = (await standingPayouts(tx, ['acme'], '2026-01-05', 90)).find((each) => !each.arrived)
    if (payout === undefined) throw new Error('a payout waits')
    const of = { id: newId(), payoutId: payout.id, fileId, line, lineOn: '2026-01-06', amount: inLine }
    await insertArrivals(tx, { source: 'house-bank', runId, at }, [{ ...of, rule: 'reference' }])
    if (amount === inLine) return payout.id
    const theirs = { fileId, line, on: '2026-01-06', amount: inLine, currency: 'EUR', names: [payout.id] }
    const concerned = { ...theirs, reference: null, bankReference: null, recognised: false }
    const arrival = { rule: 'reference', payout, line: theirs, amount: inLine } as const
    await insertBreaks(tx, 'house-bank', { runId, day: '2026-01-06', at }, [breakOfArrival(arrival, payout, concerned)])
    return payout.id
  })
}

it('a payout that arrived is looked for over the last days, and one that came short as long as its break is open', async () => {
  const whole = await arrived(10_000n, 10_000n, 1)
  const short = await arrived(20_000n, 19_900n, 2)
  const standing = async (day: string) => (await standingPayouts(db, ['acme'], day, 90)).map(({ id }) => id)

  expect(await standing('2026-04-05')).toEqual([whole, short])
  expect(await standing('2026-04-06')).toEqual([short])
})
