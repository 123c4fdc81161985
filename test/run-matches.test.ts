import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { dayAt, FIRST_DAY, feeOf, lineOf, type Nights, openNights, sell } from './support/nights.ts'
import { settlementText } from './support/settlement-text.ts'

/** What a run put together is read back out of its outcome, by rule, by payment and page by page. */

const AT = new Date(`${FIRST_DAY}T10:00:00Z`)

let database: TestDatabase
let nights: Nights
let runId = ''
const charges: Awaited<ReturnType<typeof sell>>[] = []

beforeAll(async () => {
  database = await createTestDatabase()
  nights = openNights(database)
  for (let n = 0; n < 5; n += 1) charges.push(await sell(nights, AT, {}))
  const lines = charges.map((charge, n) => ({
    ...lineOf(charge, AT),
    ...(n === 1 && { reference: 'mangled' }),
    ...(n === 2 && { amount: charge.amount - 100n }),
    ...(n === 3 && { fee: feeOf(charge.amount) + 7n }),
  }))
  nights.endDay(0)
  await nights.upload(settlementText(FIRST_DAY, lines.slice(0, 4)))
  await nights.night()
  nights.endDay(1)
  await nights.upload(settlementText(dayAt(1), lines.slice(4)))
  const { data } = await nights.reconciliation.listRuns({ limit: 10 })
  runId = data.at(-1)?.id ?? ''
  await nights.night()
})
afterAll(async () => {
  await nights.close()
  await database.drop()
})

describe('the matches of a run', () => {
  it('say by which rule and why, and what differs', async () => {
    const { data, hasMore } = await nights.reconciliation.matches.list(runId, { limit: 10 })

    expect(hasMore).toBe(false)
    expect(data.map(({ rule, code }) => [rule, code])).toEqual([
      ['exact', null],
      ['psp_reference', null],
      ['reference', 'amount_mismatch'],
      ['exact', 'fee_mismatch'],
    ])
    expect(data.map(({ charge }) => charge?.attemptId)).toEqual(charges.slice(0, 4).map(({ id }) => id))
    expect(data[1]?.explanation).toBe(
      `Matched by PSP id: psp_${charges[1]?.id}, because the line has no reference of ours.`,
    )
    expect(data[2]?.explanation).toMatch(/^Matched by our reference att_[\da-f]{32}; the amounts differ: ours /)
    expect(data[3]?.explanation).toContain('; the fee is ')
  })

  it('are found by rule and by payment', async () => {
    const { matches } = nights.reconciliation
    const byRule = await matches.list(runId, { rule: 'psp_reference', limit: 10 })
    const byPayment = await matches.list(runId, { paymentId: charges[3]?.paymentId, limit: 10 })

    expect(byRule.data.map(({ charge }) => charge?.attemptId)).toEqual([charges[1]?.id])
    expect(byPayment.data.map(({ charge }) => charge?.attemptId)).toEqual([charges[3]?.id])
  })

  it('come page by page, each once, many readers at a time', async () => {
    const { matches } = nights.reconciliation
    const walk = async (): Promise<readonly bigint[]> => {
      const positions: bigint[] = []
      for (let after: bigint | undefined; ; after = positions.at(-1)) {
        const page = await matches.list(runId, { limit: 1, after })
        positions.push(...page.data.map(({ position }) => position))
        if (!page.hasMore) return positions
      }
    }

    const walks = await Promise.all(Array.from({ length: 8 }, walk))

    expect(walks).toEqual(walks.map(() => [0n, 1n, 2n, 3n]))
  })

  it('of the next day tell what was open before', async () => {
    const { data } = await nights.reconciliation.listRuns({ limit: 1 })
    const pages: unknown[] = []
    for await (const page of nights.reconciliation.matches.all(data[0]?.id ?? '', {})) pages.push(...page)

    expect(pages).toMatchObject([
      { charge: { attemptId: charges[4]?.id }, ours: { carried: true }, theirs: { carried: false } },
    ])
    expect(pages[0]).toMatchObject({
      explanation: expect.stringContaining('. Our record was open from an earlier day.'),
    })
  })

  it('of a run that has not compared anything are refused', async () => {
    nights.endDay(2)
    const { id } = await nights.reconciliation.startRun({ source: 'simulator', businessDate: dayAt(2) })

    await expect(nights.reconciliation.matches.list(id, { limit: 1 })).rejects.toMatchObject({
      code: 'run_state',
      facts: { status: 'queued' },
    })
  })
})
