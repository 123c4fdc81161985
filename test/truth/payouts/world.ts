import type { CompareOptions } from '../../../src/recon/testing.ts'
import type { Seeded } from '../../support/seeded.ts'
import { plusDays, plusWorkdays } from '../calendar.ts'
import { type Around, CURRENCIES, CUTS, settingsOf } from '../world.ts'
import type { SideName } from '../write.ts'

/** What holds for a report of payouts and the lines of a bank. */
export type PayoutWorld = Around & {
  /** The side whose rows are those of payouts; the other one has the lines of the bank. */
  readonly report: SideName
  /** What the report has of money. With a tax fees are less than what is taken. */
  readonly money: (typeof MONEY)[number]
  /** What says the day of a payout: a column of its own, the last of its rows, or nothing. */
  readonly days: 'of payouts' | 'of rows' | 'none'
  /** Which files name currencies. */
  readonly names: Readonly<Record<'report' | 'bank', boolean>>
  /** Whether rows say what they are, and whether payouts have rows of their own. */
  readonly has: Readonly<Record<'kinds' | 'ownRows', boolean>>
  readonly ids: IdStyle
  /** Whether DuckDB reads the files at once, as it does long ones. */
  readonly isReadAtOnce: boolean
}

export const MONEY = ['fee', 'fee and net', 'gross and net', 'net', 'fee, tax and net'] as const

const ID_STYLES = ['po', 'digits', 'batch', 'spaced'] as const
type IdStyle = (typeof ID_STYLES)[number]

export function createPayoutWorld(random: Seeded): PayoutWorld {
  const first = plusDays('2026-02-23', random.integer(0, 40))
  const last = plusDays(first, random.integer(4, 16))
  const isAsOfGiven = random.chance(0.5)
  const currencies = random.pick(CURRENCIES)
  const names = currencies.length > 1 ? 'both' : random.pick(['both', 'both', 'report', 'bank'] as const)
  const hasKinds = random.chance(0.7)
  return {
    report: random.pick(['ours', 'theirs']),
    ours: random.pick(CUTS),
    theirs: random.pick(CUTS),
    first,
    last,
    asOf: isAsOfGiven ? plusDays(last, random.integer(0, 4)) : last,
    isAsOfGiven,
    lagDays: random.integer(0, 4),
    toleranceHundredths: random.chance(0.3) ? random.integer(1, 9) : 0,
    currencies,
    money: random.pick(MONEY),
    days: random.pick(['of payouts', 'of payouts', 'of payouts', 'of rows', 'of rows', 'none']),
    names: { report: names !== 'bank', bank: names !== 'report' },
    has: { kinds: hasKinds, ownRows: hasKinds && random.chance(0.3) },
    ids: random.pick(ID_STYLES),
    isReadAtOnce: random.chance(0.3),
  }
}

export const payoutSettings = (world: PayoutWorld): CompareOptions => ({
  ...settingsOf(world),
  ...(world.isReadAtOnce ? { plainBytes: 0 } : {}),
})

/** By when a payout of a day has to be at the bank; undefined when it is missing by now. */
export function dueOf({ days, asOf, lagDays }: PayoutWorld, day: string): string | undefined {
  const due = plusWorkdays(day, lagDays)
  return days !== 'none' && due > asOf ? due : undefined
}

/** Whether the days of the files say which number is the month. */
export const hasProvenDates = ({ first, last }: PayoutWorld): boolean =>
  [first, last].some((day) => Number(day.slice(8)) > 12)

/** Ids of one length, so that one which names two payouts names neither more than the other. */
export function idOf({ ids }: PayoutWorld, number: number): string {
  switch (ids) {
    case 'po': return `po_1N${number.toString(36)}Qx${(number * 7_919) % 90 + 10}`
    case 'digits': return `88${number}`
    case 'batch': return `BATCH-2026-${number}`
    case 'spaced': return `SET ${String(number).slice(0, 3)} ${String(number).slice(3)}`
  } // biome-ignore format: a table
}
