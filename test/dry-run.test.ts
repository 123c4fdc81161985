import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from './support/database.ts'
import { dayAt, FIRST_DAY, feeOf, lineOf, type Nights, openNights, sell } from './support/nights.ts'
import { settlementText } from './support/settlement-text.ts'

/** A dry run says what the run then says, and leaves every table as it was. */

const AT = new Date(`${FIRST_DAY}T10:00:00Z`)

let template: TestDatabase
let database: TestDatabase
let nights: Nights

beforeAll(async () => {
  template = await createTestDatabase()
})
afterAll(() => template.drop())
beforeEach(async () => {
  database = await template.clone()
  nights = openNights(database)
})
afterEach(async () => {
  await nights.close()
  await database.drop()
})

/** A hash of every row of every table. */
async function contents(): Promise<Record<string, string>> {
  const tables = await nights.db.query<{ name: string }>(
    `select quote_ident(table_name) as name from information_schema.tables
      where table_schema = current_schema() and table_type = 'BASE TABLE' order by 1`,
  )
  const hashes: Record<string, string> = {}
  for (const { name } of tables) {
    const rows = await nights.db.query<{ t: string }>(`select t::text as t from ${name} t order by 1`)
    hashes[name] = createHash('sha256')
      .update(rows.map(({ t }) => t).join('\n'))
      .digest('hex')
  }
  return hashes
}

const dryRun = (n: number, more: object = {}) =>
  nights.reconciliation.dryRun({ source: 'simulator', businessDate: dayAt(n), ...more })

/** A good charge, one that settles short, one whose outcome is unknown and of which the file tells, one in no file. */
async function oneOfEach() {
  const good = await sell(nights, AT, {})
  const short = await sell(nights, AT, {})
  const told = await sell(nights, AT, {}, 'unknown')
  const asked = await sell(nights, AT, {}, 'unknown')
  const missing = await sell(nights, AT, {})
  // Of an unknown outcome there is no stamp but that of the attempt, which is the machine's.
  await nights.db.query('update attempt set created_at = $1', [AT])
  nights.endDay(0)
  const lines = [lineOf(good, AT), { ...lineOf(short, AT), amount: short.amount - 100n }, lineOf(told, AT)]
  await nights.upload(settlementText(FIRST_DAY, lines))
  return { good, short, told, asked, missing }
}

describe('a dry run', () => {
  it('of the next day says what its run then says, and changes nothing', async () => {
    await oneOfEach()
    const before = await contents()

    const dry = await dryRun(0)

    expect(await contents()).toEqual(before)
    expect(dry).toMatchObject({ ours: 4n, theirs: 3n, matched: 2n, breaks: 3n, resolved: 1n, correctionsDue: false })
    expect(dry.changes.map(({ change, code, count }) => [change, code, count])).toEqual([
      ['opened', 'amount_mismatch', 1n],
      ['opened', 'awaiting_settlement', 1n],
      ['opened', 'pending_outcome', 1n],
    ])
    await nights.night()
    const { data } = await nights.reconciliation.listRuns({ limit: 1 })
    const { ours, theirs, matched, breaks, proof, waterfall, changes } = dry
    const run = await nights.reconciliation.getRun(data[0]?.id ?? '')
    expect(run).toMatchObject({ status: 'completed', ours, theirs, matched, breaks, proof, summary: { waterfall } })
    expect(new Set((await nights.reconciliation.changes(data[0]?.id ?? '')).changes)).toEqual(new Set(changes))
  })

  it('tells what would be promoted and cleared', async () => {
    const { missing, asked } = await oneOfEach()
    await nights.night()
    nights.endDay(1)
    await nights.upload(settlementText(dayAt(1), [lineOf(asked, AT)]))

    const dry = await dryRun(1)

    expect(dry.changes.map(({ change, code, amount }) => [change, code, amount])).toEqual([
      ['promoted', 'missing_external', missing.amount],
      ['cleared', 'pending_outcome', null],
    ])
  })

  it('of a day that has its run is decided by other settings, over what that run read', async () => {
    const { missing } = await oneOfEach()
    await nights.night()
    nights.endDay(1)
    await nights.upload(settlementText(dayAt(1), [lineOf(missing, AT)]))
    await nights.night()
    const before = await contents()

    const same = await dryRun(0)
    const impatient = await dryRun(0, { settings: { lagDays: 0 } })
    const dear = await dryRun(0, { settings: { feeSchedule: { ratePpm: 0, fixed: 1n } } })

    expect(await contents()).toEqual(before)
    expect(same.changes.map(({ code }) => code)).toContain('awaiting_settlement')
    expect(impatient.changes.map(({ code }) => code)).toContain('missing_external')
    expect(dear.matched).toBe(0n)
    expect(dear.changes).toContainEqual(expect.objectContaining({ change: 'opened', code: 'fee_mismatch', count: 2n }))
  })

  it('reads another file of the day when it is named', async () => {
    const { good } = await oneOfEach()
    const { data } = await nights.reconciliation.listRuns({ limit: 1 })
    expect(data).toEqual([])
    const [first] = await nights.db.query<{ id: string }>('select id from settlement_file')
    await nights.upload(settlementText(FIRST_DAY, [{ ...lineOf(good, AT), fee: feeOf(good.amount) + 1n }]))

    expect((await dryRun(0)).changes.map(({ code }) => code)).toContain('fee_mismatch')
    expect((await dryRun(0, { fileId: first?.id })).changes.map(({ code }) => code)).not.toContain('fee_mismatch')
  })

  it.each([
    ['a day after the next', 1, {}, '/business_date', `The run of ${FIRST_DAY} comes first`],
    ['a day before the first', -1, {}, '/business_date', 'begin on'],
    ['a day without a file', 0, {}, '/business_date', 'no accepted file'],
    ['a file that there is not', 0, { fileId: '019a4c2f-7b3c-7d1e-8f20-a1b2c3d4e5f6' }, '/file', 'There is no'],
  ])('of %s is refused', async (_, day, more, pointer, says) => {
    nights.endDay(0)

    await expect(dryRun(day, more)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining(says),
      errors: [{ pointer }],
    })
  })

  it('of a day before the first is told which day the first is, however many have their run', async () => {
    await oneOfEach()
    await nights.night()

    await expect(dryRun(-1)).rejects.toThrow(`The files of simulator begin on ${FIRST_DAY}.`)
  })

  it('is computed alone: whoever asks meanwhile is told to come again', async () => {
    await oneOfEach()

    const [first, second] = await Promise.allSettled([dryRun(0), dryRun(0)])

    expect(first.status).toBe('fulfilled')
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'overloaded', retryAfterSeconds: 10 } })
    expect(await dryRun(0)).toMatchObject({ ours: 4n })
  })
})

describe('a run that is computed again', () => {
  it('is the same, byte for byte, and nothing is changed', async () => {
    const { missing } = await oneOfEach()
    await nights.night()
    nights.endDay(1)
    await nights.upload(settlementText(dayAt(1), [lineOf(missing, AT)]))
    await nights.night()
    const before = await contents()
    const { data } = await nights.reconciliation.listRuns({ limit: 2 })

    const verifications = []
    for (const { id } of data) verifications.push(await nights.reconciliation.verify(id))

    expect(verifications).toMatchObject([{ identical: true }, { identical: true }])
    expect(await contents()).toEqual(before)
  })

  it('is not, when somebody changed what it had read', async () => {
    const { good } = await oneOfEach()
    await nights.night()
    const { data } = await nights.reconciliation.listRuns({ limit: 1 })
    await nights.db.query(
      'update payment_order set amount = amount + 1, platform_fee = 0 where charge_attempt_id = $1',
      [good.id],
    )

    const verification = await nights.reconciliation.verify(data[0]?.id ?? '')

    expect(verification).toMatchObject({ identical: false, outcome: { differingRows: 2n }, report: { intact: true } })
    expect(verification.verdict.computed).not.toEqual(verification.verdict.stored)
  })
})
