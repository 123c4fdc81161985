import { describe, expect, it } from 'vitest'
import { verifyAudit } from '../../src/platform/audit/index.ts'
import { Refusal } from '../../src/platform/errors.ts'
import { DIFFERENCES, VERBS } from '../../src/reconciliation/resolutions/index.ts'
import { type BankEntry, type BankNights, nameOfPayout, openBankNights } from '../support/bank-nights.ts'
import { NOTHING, right, take, useCharges, without } from '../support/corrections.ts'
import { openResolving, type Resolving } from '../support/resolving.ts'
import { createSeeded, type Seeded } from '../support/seeded.ts'

/**
 * Random decisions of people about payouts and lines of a bank, and about what they undo of them, between nights in which
 * payouts come short, twice, without a name or never, statements are withdrawn, and files of the PSP change.
 * `TALLYSTICK_TEST_SEED` repeats a sequence, or several: 1,2,3.
 */

const { clone } = useCharges()
const seeds = process.env['TALLYSTICK_TEST_SEED']?.split(',').map(Number) ?? [1]
const NIGHTS = 5

const GENEROUS = { approveAbove: new Map(), tolerance: new Map([['EUR', 100_000n]]) }

describe('random decisions about a bank', () => {
  it.each(seeds)('keep every control exact, night after night (seed %i)', { timeout: 180_000 }, async (seed) => {
    const random = createSeeded(seed)
    const database = await clone()
    const nights = await openBankNights(database)
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
        expect(await nights.findings(), `after night ${night}`).toEqual([])
        for (let count = random.integer(1, 6); count > 0; count -= 1) await decideSomething(random, nights, people)
        expect(await nights.findings(), `after the decisions of day ${night}`).toEqual([])
      }
      const { findings } = await nights.books.ledger.verify()
      expect(findings).toEqual([])
      expect((await verifyAudit(nights.db)).findings).toEqual([])
    } finally {
      await nights.close()
      await database.drop()
    }
  })
})

/** What came to the bank on a day: payouts of the days before, as they may come, and strangers. */
async function entriesOf(random: Seeded, nights: BankNights, night: number): Promise<readonly BankEntry[]> {
  const payouts = (await nights.payouts()).slice(-2)
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
    if (resolution.approvalId !== null && random.chance(0.8))
      await people.decide({ id: resolution.approvalId, decision: random.chance(0.8) ? 'approved' : 'rejected' })
    if (random.chance(0.3)) await people.undo(resolution.id)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
  }
}
