import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { dayAt, type Nights, openNights, sell } from '../../test/support/nights.ts'
import { settlementText } from '../../test/support/settlement-text.ts'
import { addDays } from './calendar.ts'

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

it('a break of a day that is named by its end, and is over before that day begins in UTC, is not left out', async () => {
  await sell(nights, new Date(`${dayAt(0)}T10:00:00Z`), {})
  nights.endDay(0)
  await nights.upload(settlementText(dayAt(0), []))
  await nights.night()
  const { data } = await nights.reconciliation.listBreaks({ state: 'open', limit: 10 })

  const lines = await nights.reconciliation.ageing({ today: addDays(dayAt(0), -1) })

  expect(data).toHaveLength(1)
  expect(lines).toMatchObject([{ minDays: 0, maxDays: 1, count: 1n, oldestOn: dayAt(0) }])
})
