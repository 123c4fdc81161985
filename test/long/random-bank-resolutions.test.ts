import { describe, expect, it } from 'vitest'
import { verifyAudit } from '../../src/platform/audit/index.ts'
import { Refusal } from '../../src/platform/errors.ts'
import { ARRIVAL_STANDS } from '../../src/reconciliation/bank/payouts.ts'
import type { BankSource } from '../../src/reconciliation/index.ts'
import { DIFFERENCES, VERBS } from '../../src/reconciliation/resolutions/index.ts'
import { type BankEntry, type BankNights, nameOfPayout, openBankNights, standingPairs } from '../support/bank-nights.ts'
import { NOTHING, right, runsThatDiffer, take, useCharges, without } from '../support/corrections.ts'
import { booksOf } from '../support/nights.ts'
import { openResolving, type Resolving } from '../support/resolving.ts'
import { createSeeded, type Seeded } from '../support/seeded.ts'

/**
 * Random decisions of people about payouts and lines of a bank, about pairs that runs made of them, and about what they undo, between
 * nights in which payouts come short, twice, together, without a name or never, statements are withdrawn, and files of the PSP change:
 * at a bank whose lines name payouts, and at one where amount and day decide.
 * `TALLYSTICK_TEST_SEED` repeats a sequence, or several: 1,2,3.
 */

const { clone } = useCharges()
const seeds = process.env['TALLYSTICK_TEST_SEED']?.split(',').map(Number) ?? [1]
const NIGHTS = 5
const BANKS = {
  'lines name payouts': {},
  'amount and day decide': { references: 'none', recognisedBy: [] },
} as const satisfies Record<string, Partial<BankSource>>
const CASES = seeds.flatMap((seed) => Object.entries(BANKS).map(([how, bank]) => ({ seed, how, bank })))
const done = new Set<string>()

const GENEROUS = { approveAbove: new Map(), tolerance: new Map([['EUR', 100_000n]]) }

describe('random decisions about a bank', () => {
  it.each(CASES)(
    'keep every control exact, night after night, where $how (seed $seed)',
    { timeout: 180_000 },
    ({ seed, bank }) => playNights(createSeeded(seed), bank),
  )

  it.each(CASES)(
    'that are undone leave no trace in the books, where $how (seed $seed)',
    { timeout: 180_000 },
    ({ seed, bank }) => playNights(createSeeded(seed), bank, decideAndUndo),
  )

  it('were of every kind', { timeout: 600_000 }, async () => {
    for (let seed = MORE; missing().length > 0 && seed < MORE + 20; seed += 1)
      for (const bank of Object.values(BANKS)) await playNights(createSeeded(seed), bank)
    expect(missing()).toEqual([])
  })
})

const MORE = 1_000
const KINDS = ['book_difference', 'match', 'unmatch', 'unmatch undone', 'unmatch undone by a run', 'write_off']
const missing = (): readonly string[] => KINDS.filter((kind) => !done.has(kind))

type Decide = (random: Seeded, nights: BankNights, people: Resolving) => Promise<void>

async function decide(random: Seeded, nights: BankNights, people: Resolving): Promise<void> {
  for (let count = random.integer(1, 6); count > 0; count -= 1) await decideSomething(random, nights, people)
}

async function decideAndUndo(random: Seeded, nights: BankNights, people: Resolving): Promise<void> {
  const before = await stateOf(nights)
  await decide(random, nights, people)
  await people.undoAll()
  expect(await stateOf(nights)).toEqual(before)
}

async function stateOf(nights: BankNights) {
  const pairs = await standingPairs(nights)
  return {
    ...(await booksOf(nights)),
    pairs: pairs.map(({ paidOn, fileId, line }) => `${paidOn} ${fileId} ${line}`).toSorted(),
  }
}

async function playNights(random: Seeded, bank: Partial<BankSource>, deciding: Decide = decide): Promise<void> {
  const database = await clone()
  const nights = await openBankNights(database, undefined, bank)
  try {
    const people = await openResolving(nights, GENEROUS)
    const current = new Map<number, string>()
    const statements: string[] = []
    for (let night = 0; night < NIGHTS; night += 1) {
      nights.endDay(night)
      if (night > 0 && random.chance(0.3)) {
        const day = random.integer(0, Math.min(night, 3) - 1)
        await take(nights, { day, lines: random.chance(0.5) ? right(day) : without(day, 'b', 'h') }, current, NOTHING)
      }
      await take(nights, { day: night, lines: right(night) }, current, NOTHING)
      if (statements.length > 0 && random.chance(0.4)) {
        const [gone] = statements.splice(random.integer(0, statements.length - 1), 1)
        await nights.withdraw(gone ?? '')
      }
      await nights.night()
      statements.push((await nights.statement(night, await entriesOf(random, nights, night))).id)
      await nights.reconciliation.catchUpBanks()
      await expectExact(nights, `after night ${night}`)
      await deciding(random, nights, people)
      await expectExact(nights, `after the decisions of day ${night}`)
    }
    const { findings } = await nights.books.ledger.verify()
    expect(findings).toEqual([])
    expect(await runsThatDiffer(nights)).toEqual([])
    expect((await verifyAudit(nights.db)).findings).toEqual([])
    if (await isUndoneByRun(nights)) done.add('unmatch undone by a run')
  } finally {
    await nights.close()
    await database.drop()
  }
}

async function expectExact(nights: BankNights, when: string): Promise<void> {
  expect(await nights.findings(), when).toEqual([])
  expect(await pairsThatAreApart(nights), when).toEqual([])
  const lone = (await nights.bankBreaks()).filter(({ payout_id, line }) => payout_id === null && line !== null)
  const inSuspense = lone.reduce((sum, { difference }) => sum + (difference ?? 0n), 0n)
  expect(await nights.balanceOf('suspense:house-bank'), when).toBe(inSuspense)
}

/** Payouts that are in a line out of which people took them. */
const pairsThatAreApart = ({ db }: BankNights) =>
  db.query(
    `select t.payout_id, t.file_id, t.line
       from break_resolution r join payout_arrival_undone u on u.resolution_id = r.id join payout_arrival t on t.id = u.arrival_id
       join payout_arrival a on a.payout_id = t.payout_id and a.file_id = t.file_id and a.line = t.line
      where r.state = 'applied' and ${ARRIVAL_STANDS}`,
  )

async function isUndoneByRun({ db }: BankNights): Promise<boolean> {
  const rows = await db.query(
    `select from break_resolution where verb = 'unmatch' and state = 'undone' and undo_reason <> 'a mistake'`,
  )
  return rows.length > 0
}

/** What came to the bank on a day: payouts of the days before, as they may come, and strangers. */
async function entriesOf(random: Seeded, nights: BankNights, night: number): Promise<readonly BankEntry[]> {
  const payouts = (await nights.payouts()).slice(-2)
  const [first, second] = payouts
  if (first !== undefined && second !== undefined && random.chance(0.2))
    return [[first.amount + second.amount, `${nameOfPayout(night - 1)} ${nameOfPayout(night)}`]]
  const entries = payouts.flatMap(({ amount }, index): readonly BankEntry[] => {
    const name = nameOfPayout(night - (payouts.length - 1 - index))
    const fate = random.weighted({ right: 3, short: 2, nameless: 3, twice: 1, gone: 2 })
    return {
      right: [[amount, name] as const],
      short: [[amount - 50n, name] as const],
      nameless: [[amount, 'ACMEPSP PAYOUT'] as const],
      twice: [[amount, name] as const, [amount, name] as const],
      gone: [],
    }[fate]
  })
  return random.chance(0.5) ? [...entries, [BigInt(random.pick([70, 300, -200])), 'ACMEPSP STRANGER']] : entries
}

/** Whatever comes to somebody's mind: most of it is refused, and then nothing changes. */
async function decideSomething(random: Seeded, nights: BankNights, people: Resolving): Promise<void> {
  if (random.chance(0.35)) return takeSomethingApart(random, nights, people)
  const open = await nights.bankBreaks()
  const payouts = open.filter(({ payout_id, line }) => payout_id !== null && line === null)
  const lines = open.filter(({ payout_id, line }) => payout_id === null && line !== null)
  const byHand = payouts.length > 0 && lines.length > 0 && random.chance(0.5)
  if (open.length === 0) return
  const verb = byHand ? random.pick(['match', 'psp_corrected', 'book_difference'] as const) : random.pick(VERBS)
  const request = {
    breakId: byHand ? random.pick(payouts).id : random.pick(open).id,
    verb,
    with: byHand ? Array.from({ length: random.integer(1, 2) }, () => random.pick(lines).id) : [],
    ...(verb === 'book_difference' && { as: random.pick(DIFFERENCES) }),
    ...(verb === 'create_missing_record' && { seller: 'seller-b' }),
  }
  try {
    const { resolution } = await people.ask(request)
    done.add(verb)
    if (resolution.approvalId !== null && random.chance(0.8))
      await people.decide({ id: resolution.approvalId, decision: random.chance(0.8) ? 'approved' : 'rejected' })
    if (random.chance(0.3)) await people.undo(resolution.id)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
}

/** A pair of a run, and sometimes together again; or one that was taken apart before. */
async function takeSomethingApart(random: Seeded, nights: BankNights, people: Resolving): Promise<void> {
  const pairs = await standingPairs(nights)
  const apart = await nights.db.query<{ id: string }>(
    `select id from break_resolution where verb = 'unmatch' and state = 'applied' order by id`,
  )
  try {
    if (apart.length > 0 && random.chance(0.3)) {
      await people.undo(random.pick(apart).id)
      done.add('unmatch undone')
    } else if (pairs.length > 0) {
      const { resolution } = await people.unmatch(random.pick(pairs))
      done.add('unmatch')
      if (resolution.approvalId !== null) await people.decide({ id: resolution.approvalId, decision: 'approved' })
    }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
}
