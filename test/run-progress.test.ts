import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { FIRST_DAY, lineOf, type Nights, openNights, sell } from './support/nights.ts'
import { settlementText } from './support/settlement-text.ts'

const AT = new Date(`${FIRST_DAY}T10:00:00Z`)

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

it('a running run says what it is at, how much it has read and how much of all is booked', async () => {
  const charges = [await sell(nights, AT, {}), await sell(nights, AT, {})]
  nights.endDay(0)
  await nights.upload(
    settlementText(
      FIRST_DAY,
      charges.map((charge) => lineOf(charge, AT)),
    ),
  )
  const { id } = await nights.reconciliation.startRun({ source: 'simulator', businessDate: FIRST_DAY })
  const seen: object[] = []
  const look = async () => {
    const run = await nights.reconciliation.getRun(id)
    if (run?.status === 'running')
      seen.push({ step: run.step, read: run.recordsRead, posted: run.posted, total: run.bookable })
  }

  await nights.night(Array.from({ length: 12 }, (_, index) => ({ at: index + 1, what: look })))

  expect(seen).toContainEqual({ step: 'correcting', read: null, posted: 0n, total: null })
  expect(seen).toContainEqual({ step: 'reading', read: null, posted: 0n, total: null })
  // Two charges of ours, two lines and a payout of theirs.
  expect(seen).toContainEqual({ step: 'matching', read: 5n, posted: 0n, total: null })
  expect(seen).toContainEqual({ step: 'booking', read: 5n, posted: 0n, total: 3n })
  expect(seen).toContainEqual({ step: 'proving', read: 5n, posted: 3n, total: 3n })
  expect(await nights.reconciliation.getRun(id)).toMatchObject({ status: 'completed', step: null })
})
