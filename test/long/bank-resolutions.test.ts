import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Refusal } from '../../src/platform/errors.ts'
import { VERBS } from '../../src/reconciliation/resolutions/index.ts'
import { settlementOf } from '../../src/reconciliation/settlement-of.ts'
import { type BankEntry, type BankNights, nameOfPayout, openBankNights } from '../support/bank-nights.ts'
import { charges, NOTHING, right, take, useCharges } from '../support/corrections.ts'
import type { TestDatabase } from '../support/database.ts'
import { openNights } from '../support/nights.ts'
import { openResolving, type Resolving } from '../support/resolving.ts'

/** What people decide about payouts and lines of a bank. */

const { clone } = useCharges()
let database: TestDatabase
let nights: BankNights
let people: Resolving
const current = new Map<number, string>()

beforeEach(async () => {
  current.clear()
  database = await clone()
  nights = await openBankNights(database)
  people = await openResolving(nights, { approveAbove: new Map(), tolerance: new Map([['EUR', 5n]]) })
})
afterEach(async () => {
  await nights.close()
  await database.drop()
})

/** A day with its file, after it the statement of the bank, and the runs of both. */
async function day(
  n: number,
  entries: (...payouts: readonly bigint[]) => readonly BankEntry[] = () => [],
): Promise<void> {
  nights.endDay(n)
  await take(nights, { day: n, lines: right(n) }, current, NOTHING)
  await nights.night()
  const payouts = await nights.payouts()
  await nights.statement(n, entries(...payouts.map(({ amount }) => amount)))
  await nights.reconciliation.catchUpBanks()
  expect(await nights.findings(), `after day ${n}`).toEqual([])
}

const open = async (code: string): Promise<string> =>
  (await nights.bankBreaks()).find((each) => each.code === code)?.id ?? expect.fail(`there is no open ${code}`)

const IN_TRANSIT = 'psp:simulator:in_transit'
const SUSPENSE = 'suspense:house-bank'

describe('a payout and a line of a bank', () => {
  it('are matched by hand within the tolerance, stay so in later runs, and are as before when that is undone', async () => {
    await day(0)
    await day(1, (payout = 0n) => [[payout, nameOfPayout(0)]])
    await day(2, (_, payout = 0n) => [[payout - 3n, 'ACMEPSP WITHOUT']])
    const [payout, line] = [await open('missing_external'), await open('missing_internal')]
    const request = { breakId: payout, with: [line], verb: 'match' } as const
    const { amount = 0n } = (await nights.payouts())[1] ?? {}

    const { entry, needsApproval } = await people.look(request)

    expect(needsApproval).toBe(false)
    expect(new Map(entry.postings.map((each) => [each.account, BigInt(each.amount)]))).toEqual(
      new Map([
        [SUSPENSE, amount - 3n],
        [IN_TRANSIT, -amount],
        ['rounding', 3n],
      ]),
    )
    const { id } = await people.resolve(request)
    const [charge] = [...charges.values()]
    expect((await settlementOf(nights.db, charge?.charge.paymentId ?? '')).arrived).toMatchObject({
      bank: 'house-bank',
    })
    await day(3)
    expect((await nights.bankBreaks()).filter((each) => each.id === payout || each.id === line)).toEqual([])
    expect((await nights.bankBreaks('resolved')).map((each) => each.id).toSorted()).toEqual([payout, line].toSorted())
    await people.undo(id)
    expect((await nights.bankBreaks()).map((each) => each.id)).toEqual(expect.arrayContaining([payout, line]))
    const again = await people.resolve(request)
    await people.undo(again.id)
    await day(4)
    expect((await nights.bankBreaks()).map((each) => each.id)).toEqual(expect.arrayContaining([payout, line]))
  })

  it('are suggested to each other when their amounts agree, and matched by what is suggested', async () => {
    await day(0)
    await day(1, (payout = 0n) => [[payout, 'ACMEPSP WITHOUT']])
    const [payout, line] = [await open('missing_external'), await open('missing_internal')]

    const [first, ...others] = await nights.reconciliation.suggest(payout)

    expect(first).toMatchObject({
      candidates: [{ id: line }],
      resolution: { verb: 'match', with: [line] },
      difference: 0n,
    })
    expect(others).toEqual([])
    expect(first?.reasons.map(({ name }) => name)).toEqual(['same_amount', 'near_day', 'only_one'])
    expect((await nights.reconciliation.suggest(line))[0]?.candidates.map(({ id }) => id)).toEqual([payout])
    await people.resolve({ breakId: payout, ...(first?.resolution ?? expect.fail('nothing is suggested')) })
    expect(await nights.reconciliation.suggest(line)).toEqual([])
  })

  it('are not matched beyond the tolerance, and the difference between them is booked instead', async () => {
    await day(0)
    await day(1, (payout = 0n) => [[payout - 60n, 'ACMEPSP WITHOUT']])
    const [breakId, line] = [await open('missing_external'), await open('missing_internal')]

    await expect(people.look({ breakId, with: [line], verb: 'match' })).rejects.toThrow(/and 5 may be/)
    await people.resolve({ breakId, with: [line], verb: 'book_difference', as: 'fee', reason: 'psp_fee' })

    expect([await nights.balanceOf(SUSPENSE), await nights.balanceOf('expense:settlement_difference')]).toEqual([
      0n,
      0n,
    ])
    await day(2)
  })

  it('that differ have the difference booked, or put right by a second line', async () => {
    await day(0)
    await day(1, (payout = 0n) => [[payout - 100n, nameOfPayout(0)]])
    const short = await open('payout_mismatch')
    const { id } = await people.resolve({ breakId: short, verb: 'book_difference', as: 'other', reason: 'psp_fee' })
    expect(await nights.balanceOf('expense:settlement_difference')).toBe(100n)
    await people.undo(id)
    await day(2, () => [[100n, 'ACMEPSP THE REST']])
    const rest = await open('missing_internal')

    await people.resolve({ breakId: short, with: [rest], verb: 'psp_corrected' })

    expect([await nights.balanceOf(SUSPENSE), await nights.balanceOf('rounding')]).toEqual([0n, 0n])
    await day(3)
  })
})

describe('a payout that never came', () => {
  it('is written off by two people, and what comes for it afterwards is no longer awaited', async () => {
    await day(0)
    await day(1)
    const breakId = await open('missing_external')
    const { amount = 0n } = (await nights.payouts())[0] ?? {}

    const { resolution } = await people.ask({ breakId, verb: 'write_off', reason: 'uncollectable' })
    expect(resolution.state).toBe('proposed')
    await people.decide({ id: resolution.approvalId ?? '', decision: 'approved' })

    expect(await nights.balanceOf('expense:write_off')).toBe(amount)
    await day(2, () => [[amount, nameOfPayout(0)]])
    expect((await nights.bankBreaks()).map(({ code, difference }) => [code, difference])).toContainEqual([
      'duplicate_external',
      -amount,
    ])
  })

  it('is on its way until its day, and until then is only matched by hand', async () => {
    await day(0)
    const breakId = await open('payout_in_transit')

    for (const verb of VERBS.filter((each) => !['match', 'psp_corrected'].includes(each)))
      await expect(
        people.look({
          breakId,
          verb,
          as: verb === 'book_difference' ? 'other' : undefined,
          seller: verb === 'create_missing_record' ? 'anna' : undefined,
        }),
      ).rejects.toThrow(Refusal)
  })
})

describe('a line that is none of the PSP', () => {
  it('is taken out of the books again, like every other line', async () => {
    await day(0, () => [[700n, 'ACMEPSP LOOKALIKE']])
    expect([await nights.balanceOf('bank:house-bank'), await nights.balanceOf(SUSPENSE)]).toEqual([700n, -700n])

    await people.resolve({ breakId: await open('missing_internal'), verb: 'not_a_break' })

    expect([await nights.balanceOf('bank:house-bank'), await nights.balanceOf(SUSPENSE)]).toEqual([0n, 0n])
    await day(1)
    expect((await nights.bankBreaks()).filter(({ code }) => code === 'missing_internal')).toEqual([])
  })

  it('or comes twice is marked as a duplicate, and money in the books is never just "not a break"', async () => {
    await day(0)
    await day(1, (payout = 0n) => [
      [payout, nameOfPayout(0)],
      [payout, nameOfPayout(0)],
    ])
    const breakId = await open('duplicate_external')
    const { amount = 0n } = (await nights.payouts())[0] ?? {}

    await people.resolve({ breakId, verb: 'mark_duplicate', reason: 'settled_twice' })

    expect(await nights.balanceOf('duplicates:house-bank')).toBe(-amount)
    const inTransit = (await nights.bankBreaks()).find((each) => each.payout_id !== null)?.id ?? ''
    await expect(people.look({ breakId: inTransit, verb: 'not_a_break' })).rejects.toThrow(Refusal)
    await day(2)
  })
})

describe('a run of a bank that is no longer declared', () => {
  it('is still none of a PSP: it does not tell what led to a payout', async () => {
    await day(0)
    const { data } = await nights.reconciliation.listRuns({ source: 'house-bank', limit: 1 })
    const later = openNights(database)

    await expect(later.reconciliation.payoutWaterfall(data[0]?.id ?? '')).rejects.toThrow(/is one of a bank/)
    await later.close()
  })
})

describe('a PSP that pays out into another bank by now', () => {
  it('has its payouts awaited there, those that came short before stay, and every control is exact', async () => {
    await day(0)
    await day(1, (payout = 0n) => [[payout - 100n, nameOfPayout(0)]])
    const [short, waiting] = [await open('payout_mismatch'), await open('payout_in_transit')]
    const later = await openBankNights(database, 'other-bank')
    later.endDay(2)
    await take(later, { day: 2, lines: right(2) }, current, NOTHING)
    await later.night()
    const [, { amount } = { amount: 0n }] = await later.payouts()
    await later.statement(2, [[amount, nameOfPayout(1)]])

    await later.reconciliation.catchUpBanks()

    expect(await later.findings()).toEqual([])
    expect((await later.bankBreaks()).map(({ code }) => code)).toEqual(['payout_in_transit'])
    expect((await nights.bankBreaks()).map(({ id }) => id)).toEqual([short])
    expect((await nights.bankBreaks('cleared')).map(({ id }) => id)).toContain(waiting)
    await people.resolve({ breakId: short, verb: 'book_difference', as: 'other', reason: 'psp_fee' })
    expect(await later.findings()).toEqual([])
    await later.close()
  })
})

describe('a statement that is withdrawn', () => {
  it('takes what people decided about its lines with it', async () => {
    await day(0)
    nights.endDay(1)
    await take(nights, { day: 1, lines: right(1) }, current, NOTHING)
    await nights.night()
    const { amount = 0n } = (await nights.payouts())[0] ?? {}
    const file = await nights.statement(1, [[amount, 'ACMEPSP WITHOUT']])
    await nights.reconciliation.catchUpBanks()
    await people.resolve({
      breakId: await open('missing_external'),
      with: [await open('missing_internal')],
      verb: 'match',
    })

    await nights.withdraw(file.id)
    await nights.statement(1, [], 50)
    await day(2)

    expect((await nights.bankBreaks('resolved')).length).toBe(0)
    expect((await nights.bankBreaks()).map(({ code }) => code)).toContain('missing_external')
    expect(await nights.balanceOf(SUSPENSE)).toBe(0n)
  })
})
