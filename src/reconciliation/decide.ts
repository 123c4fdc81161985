import type { BreakCode, NewBreak, OpenBreak, OursRecord, RealCode, TheirsRecord } from './break.ts'
import { addDays, isJustAfterCutOff, isJustBeforeCutOff } from './calendar.ts'
import type { Source } from './source.ts'

/**
 * What a run makes of the facts that an engine gives it. Pure, and the only place where a break gets its code, waits, is
 * promoted or cleared: every engine ends in the same states.
 */

/** The day whose file has just been matched. */
export type Surroundings = { readonly day: string; readonly source: Source }

/** A pair that differs. `expectedFee` is what the schedule says, or undefined without one. */
export type DifferingPair = {
  readonly code: Extract<
    RealCode,
    'amount_mismatch' | 'currency_mismatch' | 'fee_mismatch' | 'status_mismatch' | 'split_mismatch'
  >
  readonly ours: OursRecord
  readonly theirs: TheirsRecord
  readonly expectedFee: bigint | undefined
}

export type UnmatchedOurs = OursRecord & {
  /** Another record of ours with the same key was matched. */
  readonly isDuplicate: boolean
}

export type UnmatchedTheirs = TheirsRecord & {
  /** The charge that it speaks of was matched with another line, now or in an earlier run. */
  readonly isDuplicate: boolean
}

/** A charge whose outcome nobody knows at the end of its day. */
export type UnknownOutcome = OursRecord

export function breakOfPair(pair: DifferingPair): NewBreak {
  const { code, ours, theirs, expectedFee } = pair
  return { code, class: 'real', dueOn: undefined, ours, theirs, ...differenceOf(code, ours, theirs, expectedFee) }
}

function differenceOf(
  code: DifferingPair['code'],
  ours: OursRecord,
  theirs: TheirsRecord,
  expectedFee: bigint | undefined,
): Pick<NewBreak, 'difference' | 'currency'> {
  if (code === 'currency_mismatch') return { difference: undefined, currency: undefined }
  const { currency } = ours
  if (code === 'fee_mismatch') return { difference: (expectedFee ?? 0n) - theirs.fee, currency }
  return { difference: ours.amount - theirs.amount, currency }
}

/** What is decided of a record that one side alone has. */
export type Fate = Pick<NewBreak, 'code' | 'class' | 'dueOn'>

/** When a record of ours took place. A stamp without a time is no instant, and never straddles a cut-off. */
type OursMoment = Pick<UnmatchedOurs, 'isDuplicate' | 'businessDate'> & { readonly occurredAt: Date | null }

/** A record of ours that no file has yet. */
export function breakOfOurs(record: UnmatchedOurs, surroundings: Surroundings): NewBreak {
  const { isDuplicate: _, ...ours } = record
  const { amount: difference, currency } = ours
  return { ...fateOfOurs(record, surroundings), ours, theirs: undefined, difference, currency }
}

/** Whether a record of ours still waits for its line, and until when. */
export function fateOfOurs(record: OursMoment, { day, source }: Surroundings): Fate {
  if (record.isDuplicate) return real('duplicate_internal')
  const nextDay = addDays(record.businessDate, 1)
  const lastDay = addDays(record.businessDate, source.lagDays)
  if (record.occurredAt !== null && isJustBeforeCutOff(record.occurredAt, source) && nextDay > day) {
    const dueOn = lastDay > nextDay ? lastDay : nextDay
    return { code: 'cutoff_straddle', class: 'temporary', dueOn }
  }
  if (lastDay > day) return { code: 'awaiting_settlement', class: 'temporary', dueOn: lastDay }
  return real('missing_external')
}

/** A line of which we have no record. */
export function breakOfTheirs(record: UnmatchedTheirs, surroundings: Surroundings): NewBreak {
  const { isDuplicate: _, ...theirs } = record
  const { currency } = theirs
  return { ...fateOfTheirs(record, surroundings), ours: undefined, theirs, difference: -theirs.amount, currency }
}

/** Whether a line of theirs may still get a record of ours. */
export function fateOfTheirs(
  { isDuplicate, occurredAt }: Pick<UnmatchedTheirs, 'isDuplicate' | 'occurredAt'>,
  { day, source }: Surroundings,
): Fate {
  if (isDuplicate) return real('duplicate_external')
  if (occurredAt !== null && isJustAfterCutOff(occurredAt, source))
    return { code: 'awaiting_internal', class: 'temporary', dueOn: addDays(day, 1) }
  return real('missing_internal')
}

const real = (code: RealCode): Fate => ({ code, class: 'real', dueOn: undefined })

/** An outcome that the file of its day does not tell either. */
export const breakOfUnknown = (ours: UnknownOutcome, { source }: Surroundings): NewBreak => ({
  code: 'pending_outcome',
  class: 'temporary',
  dueOn: addDays(ours.businessDate, Math.max(1, source.lagDays)),
  ours,
  theirs: undefined,
  difference: undefined,
  currency: undefined,
})

/**
 * What becomes of an open break that found no twin in this run: it is promoted once its due date's own file has been
 * matched, and else carried on. Gives the code of the promoted.
 */
export function promotion(open: Pick<OpenBreak, 'code' | 'class' | 'dueOn'>, day: string): BreakCode | undefined {
  if (open.class !== 'temporary' || open.dueOn === null || open.dueOn > day) return undefined
  // An outcome that is still unknown is just that: nothing is booked that could be missing.
  if (open.code === 'pending_outcome') return 'pending_outcome'
  return open.code === 'awaiting_internal' ? 'missing_internal' : 'missing_external'
}

/** What a break adds to ours − theirs of the run that it is part of, per currency, at gross amounts. */
export function contribution(
  found: Pick<NewBreak, 'code' | 'ours' | 'payout' | 'theirs'>,
): readonly (readonly [currency: string, amount: bigint])[] {
  const { code, theirs } = found
  const ours = found.ours ?? found.payout
  if (code === 'pending_outcome') return [] // Nothing is booked for it, so it is on neither side.
  return [
    ...(ours === undefined ? [] : [[ours.currency, ours.amount] as const]),
    ...(theirs === undefined ? [] : [[theirs.currency, -theirs.amount] as const]),
  ]
}
