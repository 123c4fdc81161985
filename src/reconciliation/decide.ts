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

/** A record of ours that no file has yet. */
export function breakOfOurs(record: UnmatchedOurs, { day, source }: Surroundings): NewBreak {
  const { isDuplicate, ...ours } = record
  const found = { ours, theirs: undefined, difference: ours.amount, currency: ours.currency } as const
  if (isDuplicate) return { ...found, code: 'duplicate_internal', class: 'real', dueOn: undefined }
  const nextDay = addDays(ours.businessDate, 1)
  const lastDay = addDays(ours.businessDate, source.lagDays)
  if (isJustBeforeCutOff(ours.occurredAt, source) && nextDay > day) {
    const dueOn = lastDay > nextDay ? lastDay : nextDay
    return { ...found, code: 'cutoff_straddle', class: 'temporary', dueOn }
  }
  if (lastDay > day) return { ...found, code: 'awaiting_settlement', class: 'temporary', dueOn: lastDay }
  return { ...found, code: 'missing_external', class: 'real', dueOn: undefined }
}

/** A line of which we have no record. */
export function breakOfTheirs(record: UnmatchedTheirs, { day, source }: Surroundings): NewBreak {
  const { isDuplicate, ...theirs } = record
  const found = { ours: undefined, theirs, difference: -theirs.amount, currency: theirs.currency } as const
  if (isDuplicate) return { ...found, code: 'duplicate_external', class: 'real', dueOn: undefined }
  if (theirs.occurredAt !== null && isJustAfterCutOff(theirs.occurredAt, source))
    return { ...found, code: 'awaiting_internal', class: 'temporary', dueOn: addDays(day, 1) }
  return { ...found, code: 'missing_internal', class: 'real', dueOn: undefined }
}

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
  found: Pick<NewBreak, 'code' | 'ours' | 'theirs'>,
): readonly (readonly [currency: string, amount: bigint])[] {
  const { code, ours, theirs } = found
  if (code === 'pending_outcome') return [] // Nothing is booked for it, so it is on neither side.
  return [
    ...(ours === undefined ? [] : [[ours.currency, ours.amount] as const]),
    ...(theirs === undefined ? [] : [[theirs.currency, -theirs.amount] as const]),
  ]
}
