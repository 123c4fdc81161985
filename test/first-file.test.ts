import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { dayAt, type Nights, openNights } from './support/nights.ts'
import { openResolving } from './support/resolving.ts'
import { settlementText } from './support/settlement-text.ts'

/** A deployment begins with a PSP that owes money of the time before it. */

let database: TestDatabase
let nights: Nights
beforeAll(async () => {
  database = await createTestDatabase()
  nights = openNights(database)
})
afterAll(async () => {
  await nights.close()
  await database.drop()
})

const mismatches = (): Promise<{ id: string; state: string; difference: bigint; found: string }[]> =>
  nights.db.query(
    `select id, state, difference, business_date as found from recon_break where code = 'ledger_mismatch' order by id`,
  )

const night = async (n: number, opening: bigint, closing: bigint): Promise<void> => {
  nights.endDay(n)
  await nights.upload(settlementText(dayAt(n), [], new Map([['EUR', { opening, closing }]])))
  await nights.night()
}

describe('a first file that opens with a balance', () => {
  it('is accepted, and what the ledger does not have stands as one break until it is written off', async () => {
    const { ask, decide } = await openResolving(nights)

    await night(0, 5_000n, 5_000n)
    await night(1, 5_000n, 0n)
    const standing = await mismatches()
    const [found] = standing
    if (found === undefined) throw new Error('there is no break')
    const { resolution } = await ask({ breakId: found.id, verb: 'write_off' })
    await decide({ id: resolution.approvalId ?? '', decision: 'approved' })
    await night(2, 0n, 0n)

    expect(standing).toEqual([{ id: found.id, state: 'open', difference: -5_000n, found: dayAt(0) }])
    expect(await mismatches()).toMatchObject([{ id: found.id, state: 'resolved' }])
    expect(await nights.findings()).toEqual([])
  })
})
