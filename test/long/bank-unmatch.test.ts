import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { verifyAudit } from '../../src/platform/audit/index.ts'
import type { BankSource } from '../../src/reconciliation/index.ts'
import { previewUnmatch } from '../../src/reconciliation/resolutions/propose.ts'
import { type BankEntry, type BankNights, nameOfPayout, openBankNights, standingPairs } from '../support/bank-nights.ts'
import { NOTHING, other, runsThatDiffer, take, useCharges } from '../support/corrections.ts'
import type { TestDatabase } from '../support/database.ts'
import { booksOf, dayAt } from '../support/nights.ts'
import { openResolving, type Resolving } from '../support/resolving.ts'

/** People take payouts out of the lines of a bank in which runs had found them. */

const { clone } = useCharges()
let database: TestDatabase
let nights: BankNights
let people: Resolving
const current = new Map<number, string>()

/** Of a bank whose lines name nothing: amount and day decide. */
const NAMELESS: Partial<BankSource> = { references: 'none', recognisedBy: [] }
const NAMED: Partial<BankSource> = {}

async function open(over: Partial<BankSource>): Promise<void> {
  nights = await openBankNights(database, undefined, over)
  people = await openResolving(nights, { approveAbove: new Map([['EUR', 1_000n]]), tolerance: new Map() })
}

beforeEach(async () => {
  current.clear()
  database = await clone()
})
afterEach(async () => {
  await nights.close()
  await database.drop()
})

const PAID = 500n

/** A day on which the PSP pays some cents out, after it the statement of the bank, and the runs of both. */
async function day(n: number, entries: readonly BankEntry[] = [], cents = PAID): Promise<string> {
  nights.endDay(n)
  await pay(n, cents)
  await nights.night()
  const { id } = await nights.statement(n, entries)
  await catchUp(n)
  return id
}

const pay = (n: number, cents = PAID): Promise<void> =>
  take(nights, { day: n, lines: [other('adjustment', n, cents)] }, current, NOTHING)

async function catchUp(n: number): Promise<void> {
  await nights.reconciliation.catchUpBanks()
  expect(await nights.findings(), `after day ${n}`).toEqual([])
}

const openBreaks = async (): Promise<readonly string[]> =>
  (await nights.bankBreaks()).map(({ code, difference }) => `${code} ${difference}`).toSorted()
const breakIds = async (code: string): Promise<readonly string[]> =>
  (await nights.bankBreaks()).filter((each) => each.code === code).map(({ id }) => id)
const pairs = async (): Promise<readonly string[]> =>
  (await standingPairs(nights)).map(({ line, paidOn }) => `${paidOn.slice(-2)} in ${line}`)

/** Takes the newest pair apart. */
async function takeApart(actor = people.ann) {
  const pair = (await standingPairs(nights)).at(-1) ?? expect.fail('nothing is together')
  return people.unmatch(pair, actor)
}

const IN_TRANSIT = 'psp:simulator:in_transit'
const SUSPENSE = 'suspense:house-bank'
const BANK = 'bank:house-bank'
const balances = (): Promise<readonly bigint[]> => Promise.all([IN_TRANSIT, SUSPENSE, BANK].map(nights.balanceOf))

describe('a payout and a line whose amounts agree', () => {
  beforeEach(() => open(NAMELESS))

  it('are taken apart: both are open and visible, their money goes back, and no run pairs them again', async () => {
    await day(0, [[PAID, 'TRANSFER']])
    expect([await pairs(), await balances()]).toEqual([['01 in 5'], [0n, 0n, PAID]])
    const [pair] = await standingPairs(nights)
    const request = {
      runId: pair?.runId ?? '',
      fileId: pair?.fileId ?? '',
      line: pair?.line ?? 0,
      reason: 'wrong_pair' as const,
    }
    const run = await nights.reconciliation.getRun(request.runId)
    const preview = await nights.db.transaction((tx) => previewUnmatch(tx, people.deps, request, people.ann))
    expect([await pairs(), await balances()]).toEqual([['01 in 5'], [0n, 0n, PAID]])

    const { resolution } = await takeApart()

    expect(resolution).toMatchObject({ verb: 'unmatch', state: 'applied', entry: preview.entry })
    expect(new Map(preview.entry.postings.map(({ account, amount }) => [account, BigInt(amount)]))).toEqual(
      new Map([
        [IN_TRANSIT, PAID],
        [SUSPENSE, -PAID],
      ]),
    )
    expect([await pairs(), await balances()]).toEqual([[], [PAID, -PAID, PAID]])
    expect(await openBreaks()).toEqual([`missing_internal -${PAID}`, `payout_in_transit ${PAID}`])
    expect(await nights.findings()).toEqual([])
    expect(await nights.reconciliation.getRun(request.runId)).toEqual(run)

    nights.endDay(1)
    await pay(1, 300n)
    await nights.night()
    await nights.statement(1, [])
    const tried = await nights.reconciliation.dryRun({ source: 'house-bank', businessDate: dayAt(1) })
    await catchUp(1)
    expect(await openBreaks()).toEqual([
      `missing_external ${PAID}`,
      `missing_internal -${PAID}`,
      'payout_in_transit 300',
    ])
    const { data } = await nights.reconciliation.listRuns({ source: 'house-bank', limit: 1 })
    expect(data[0]).toMatchObject({ ours: 2n, theirs: 1n, breaks: 3n })
    expect(tried).toMatchObject({ ours: 2n, theirs: 1n, breaks: 3n, proof: data[0]?.proof, correctionsDue: false })
    expect(await runsThatDiffer(nights)).toEqual([])
    expect((await verifyAudit(nights.db)).findings).toEqual([])
  })

  it('are together again when that is undone, with the books as they were, and can be taken apart anew', async () => {
    await day(0, [[PAID, 'TRANSFER']])
    const before = await booksOf(nights)
    const { resolution } = await takeApart()
    expect((await people.unmatch(resolution.request)).replayed).toBe(true)

    await people.undo(resolution.id)

    expect([await pairs(), await booksOf(nights)]).toEqual([['01 in 5'], before])
    const again = await takeApart()
    expect([again.replayed, again.resolution.id === resolution.id]).toEqual([false, false])
    await people.undo(again.resolution.id)
    expect([await pairs(), await booksOf(nights)]).toEqual([['01 in 5'], before])
    await day(1)
    expect(await openBreaks()).toEqual([`payout_in_transit ${PAID}`])
    expect(await runsThatDiffer(nights)).toEqual([])
  })

  it('leave the accounting days before as they were, taken apart and together again', async () => {
    await day(0, [[PAID, 'TRANSFER']])
    await day(1, [], 300n)
    const ofFirstDay = () =>
      nights.db.query(
        `select a.name, sum(p.amount)::bigint as amount
           from journal_entry e join posting p on p.entry_id = e.id join ledger_account a on a.id = p.account_id
          where e.accounting_date <= $1 and a.name in ($2, $3, $4) group by a.name order by a.name`,
        [dayAt(0), IN_TRANSIT, SUSPENSE, BANK],
      )
    const before = await ofFirstDay()
    expect(before).toContainEqual({ name: BANK, amount: PAID })

    const { resolution } = await takeApart()
    expect(await ofFirstDay()).toEqual(before)
    await people.undo(resolution.id)

    expect(await ofFirstDay()).toEqual(before)
  })

  it('are each found with another, and are then not put together again', async () => {
    await day(0)
    await day(1, [[PAID, 'TRANSFER']])
    expect(await pairs()).toEqual(['01 in 5'])
    const { resolution } = await takeApart()

    await day(2, [], 300n)

    expect([await pairs(), await openBreaks()]).toEqual([
      ['02 in 5'],
      [`missing_external ${PAID}`, 'payout_in_transit 300'],
    ])
    await expect(people.undo(resolution.id)).rejects.toThrow(/which it opened, is cleared by now/)
    const second = await takeApart()
    expect([await openBreaks(), await nights.findings()]).toEqual([
      [`missing_external ${PAID}`, `missing_external ${PAID}`, `missing_internal -${PAID}`, 'payout_in_transit 300'],
      [],
    ])
    await day(3, [[PAID, 'TRANSFER']], 300n)
    expect([await pairs(), await balances()]).toEqual([['01 in 5'], [PAID + 600n, -PAID, 2n * PAID]])
    await people.undo(second.resolution.id)
    expect([await pairs(), await balances()]).toEqual([
      ['01 in 5', '02 in 5'],
      [600n, 0n, 2n * PAID],
    ])
    await day(4)
    expect(await runsThatDiffer(nights)).toEqual([])
  })

  it('are not suggested for each other either when the payout was taken out of another line since', async () => {
    await day(0, [[PAID, 'TRANSFER']])
    await takeApart()
    await day(1, [[PAID, 'TRANSFER']], 300n)
    await takeApart()

    const payout = (await nights.bankBreaks()).find(({ difference }) => difference === PAID)
    const [first = ''] = await breakIds('missing_internal')
    expect(await nights.reconciliation.suggest(payout?.id ?? '')).toEqual([])
    expect(await nights.reconciliation.suggest(first)).toEqual([])
  })

  it('are matched by hand again, which is then what is undone', async () => {
    await day(0, [[PAID, 'TRANSFER']])
    const { resolution } = await takeApart()
    await day(1, [], 300n)
    const [breakId = ''] = await breakIds('missing_external')
    expect(await nights.reconciliation.suggest(breakId)).toEqual([])
    const match = await people.resolve({ breakId, with: await breakIds('missing_internal'), verb: 'match' })

    expect(await balances()).toEqual([300n, 0n, PAID])
    await expect(people.unmatch(resolution.request, people.ben)).rejects.toThrow(
      /People decided about line 5 of .*res_/,
    )
    await day(2, [], 300n)
    await people.undo(match.id)
    await people.undo(resolution.id)
    expect([await pairs(), await balances()]).toEqual([['01 in 5'], [600n, 0n, PAID]])
    await day(3)
  })

  it('that are a line which is none of ours leave the books, and the payout is awaited', async () => {
    await day(0, [[PAID, 'RENT']])
    await takeApart()
    const [breakId = ''] = await breakIds('missing_internal')

    await people.resolve({ breakId, verb: 'not_a_break' })

    expect(await balances()).toEqual([PAID, 0n, 0n])
    await day(1, [], 300n)
    expect(await openBreaks()).toEqual([`missing_external ${PAID}`, 'payout_in_transit 300'])
  })

  it('take a second person above the threshold, and nothing is booked before', async () => {
    await day(0, [[2_000n, 'TRANSFER']], 2_000n)
    const { resolution } = await takeApart()
    expect([resolution.state, await pairs()]).toEqual(['proposed', ['01 in 5']])
    await expect(takeApart(people.ben)).rejects.toThrow(/waits for a second person/)
    await expect(
      nights.db.query(`update break_resolution set state = 'applied', applied_at = now() where id = $1`, [
        resolution.id,
      ]),
    ).rejects.toThrow(/is not approved/)

    await people.decide({ id: resolution.approvalId ?? '', decision: 'approved' })

    expect(await openBreaks()).toEqual(['missing_internal -2000', 'payout_in_transit 2000'])
    await day(1, [], 300n)
  })

  it('lose what was decided when the statement is withdrawn, and the line of another is free', async () => {
    await day(0)
    const file = await day(1, [[PAID, 'TRANSFER']])
    const { resolution } = await takeApart()
    await nights.withdraw(file)
    await nights.statement(1, [[PAID, 'TRANSFER']], 50)

    await day(2, [], 300n)

    expect((await people.get(resolution.id))?.state).toBe('undone')
    expect([await pairs(), await balances()]).toEqual([['01 in 5'], [PAID + 300n, 0n, PAID]])
    expect(await runsThatDiffer(nights)).toEqual([])
  })

  it('lose what was decided when the payout is gone, and the line is none of ours any more', async () => {
    await day(0, [[PAID, 'TRANSFER']])
    const { resolution } = await takeApart()
    nights.endDay(1)
    await pay(0, 400n)
    await day(1, [], 300n)

    expect((await people.get(resolution.id))?.state).toBe('undone')
    expect([await pairs(), await openBreaks()]).toEqual([[], ['missing_external 400', 'payout_in_transit 300']])
    expect(await balances()).toEqual([700n, 0n, 0n])
  })

  it('keep what was decided about them with others when one of the two is gone', async () => {
    await day(0, [[PAID, 'TRANSFER']])
    const { resolution } = await takeApart()
    await day(1, [], 300n)
    await day(2, [], 200n)
    const ours = (await nights.bankBreaks()).find(({ difference }) => difference === 300n)
    const theirs = await breakIds('missing_internal')
    const both = { breakId: ours?.id ?? '', with: theirs, verb: 'book_difference', as: 'other' } as const
    const booked = await people.resolve(both)
    nights.endDay(3)
    await pay(0, 400n)
    await day(3, [], 100n)

    expect((await people.get(resolution.id))?.state).toBe('undone')
    expect([(await people.get(booked.id))?.state, await balances()]).toEqual(['applied', [700n, 0n, PAID]])
    await people.undo(booked.id)
    expect(await balances()).toEqual([1_000n, -PAID, PAID])
    await people.resolve(both)
    expect(await balances()).toEqual([700n, 0n, PAID])
    await day(4, [], 50n)
    expect(await runsThatDiffer(nights)).toEqual([])
  })
})

describe('payouts that share a line', () => {
  it('are taken out of it as a whole, and come back as a whole', async () => {
    await open(NAMELESS)
    await day(0)
    await day(1, [[800n, 'TRANSFER']], 300n)
    expect(await pairs()).toEqual(['01 in 5', '02 in 5'])
    const before = await booksOf(nights)

    const { resolution } = await takeApart()

    expect(resolution.breakIds).toHaveLength(3)
    expect([await openBreaks(), await balances()]).toEqual([
      [`missing_external ${PAID}`, 'missing_internal -800', 'payout_in_transit 300'],
      [800n, -800n, 800n],
    ])
    await people.undo(resolution.id)
    expect([await pairs(), await booksOf(nights)]).toEqual([['01 in 5', '02 in 5'], before])
    await takeApart()
    await day(2)
    expect([await pairs(), await openBreaks()]).toEqual([
      [],
      ['missing_external 300', `missing_external ${PAID}`, 'missing_internal -800', `payout_in_transit ${PAID}`],
    ])
  })

  it('are all awaited again when one of them is gone, and arrive together when it is back', async () => {
    await open(NAMELESS)
    await day(0)
    await day(1, [[800n, 'TRANSFER']], 300n)
    expect(await pairs()).toEqual(['01 in 5', '02 in 5'])
    nights.endDay(2)
    await pay(0, 400n)

    await day(2, [], 200n)

    expect([await pairs(), await balances()]).toEqual([[], [900n, 0n, 0n]])
    expect(await openBreaks()).toEqual(['missing_external 300', 'missing_external 400', 'payout_in_transit 200'])
    nights.endDay(3)
    await pay(0)
    await day(3, [], 100n)
    expect([await pairs(), await balances()]).toEqual([
      ['01 in 5', '02 in 5'],
      [300n, 0n, 800n],
    ])
    expect(await runsThatDiffer(nights)).toEqual([])
  })

  it('leave it to the one that is still there when the other is gone', async () => {
    await open(NAMELESS)
    await day(0)
    await day(1, [[800n, 'TRANSFER']], 300n)
    const { resolution } = await takeApart()
    nights.endDay(2)
    await pay(0, 400n)

    await day(2, [], 200n)

    expect((await people.get(resolution.id))?.state).toBe('applied')
    expect(await openBreaks()).toEqual([
      'missing_external 300',
      'missing_external 400',
      'missing_internal -800',
      'payout_in_transit 200',
    ])
    await expect(people.undo(resolution.id)).rejects.toThrow(/is cleared by now/)
  })
})

describe('a line that names its payout', () => {
  beforeEach(() => open(NAMED))

  it('is taken apart from it, and is a duplicate of nothing', async () => {
    await day(0, [[PAID, nameOfPayout(0)]])
    await takeApart()
    expect(await openBreaks()).toEqual([`missing_internal -${PAID}`, `payout_in_transit ${PAID}`])

    await day(1, [[PAID, nameOfPayout(0)]], 300n)

    expect([await pairs(), await openBreaks()]).toEqual([
      ['01 in 5'],
      [`missing_internal -${PAID}`, 'payout_in_transit 300'],
    ])
    expect(await runsThatDiffer(nights)).toEqual([])
  })

  it('over another amount is resolved through its break, and nothing is changed', async () => {
    await day(0, [[PAID - 40n, nameOfPayout(0)]])
    const before = await booksOf(nights)

    await expect(takeApart()).rejects.toThrow(/The pair differs: brk_/)
    const [pair] = await standingPairs(nights)
    await expect(people.unmatch({ ...(pair ?? expect.fail('nothing is together')), line: 99 })).rejects.toThrow(
      /holds no payout together with line 99/,
    )
    expect(await booksOf(nights)).toEqual(before)
  })
})

describe('a payout that was taken out of a line of a bank', () => {
  it('is awaited at another one, when its PSP pays out into that by now, and what is left of the line stays', async () => {
    await open(NAMELESS)
    await day(0, [[PAID, 'TRANSFER']])
    const { resolution } = await takeApart()
    const later = await openBankNights(database, 'other-bank', NAMELESS)
    later.endDay(1)
    await take(later, { day: 1, lines: [other('adjustment', 1, 300n)] }, current, NOTHING)
    await later.night()
    await later.statement(1, [[PAID, 'TRANSFER']])

    await later.reconciliation.catchUpBanks()

    expect(await later.findings()).toEqual([])
    expect(await openBreaks()).toEqual([`missing_internal -${PAID}`])
    expect((await later.bankBreaks()).map(({ code, difference }) => [code, difference])).toEqual([
      ['payout_in_transit', 300n],
    ])
    expect(await balances()).toEqual([300n, -PAID, PAID])
    await expect(people.undo(resolution.id)).rejects.toThrow(/is cleared by now/)
    await later.close()
  })
})
