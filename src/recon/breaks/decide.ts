import { addDays, businessDate, daysBetween, type Fate, fateOfOurs, type Source } from '../../reconciliation/index.ts'
import { type Days, GRACE_MINUTES, later, type Settings, sourceOf } from '../settings.ts'
import type { SideName } from '../side.ts'

/**
 * What the difference between two files means. Reconciliation's own rules (its decide.ts) for records that one side alone
 * has; what is added is that a file has a first and a last day, and that business days end on weekends.
 */

export const TEMPORARY_CODES = [
  'cutoff_straddle',
  'awaiting_settlement',
  'awaiting_internal',
  'payout_in_transit',
] as const
export const REAL_CODES = [
  'missing_external',
  'missing_internal',
  'amount_mismatch',
  'currency_mismatch',
  'status_mismatch',
  'fee_mismatch',
  'split_mismatch',
  'payout_mismatch',
  'duplicate_internal',
  'duplicate_external',
  'unparsed_line',
  'control_total_mismatch',
] as const
export const CODES = [...REAL_CODES, ...TEMPORARY_CODES] as const
export type Code = (typeof CODES)[number]
export type BreakClass = 'real' | 'temporary'

export type Decision = {
  readonly code: Code
  readonly class: BreakClass
  readonly dueOn: string | undefined
  readonly reasons: readonly string[]
}

/** The days that the files are about, each by its own cut-off. Undefined where a file has no dates. */
export type Coverage = {
  readonly asOf: string | undefined
  readonly ours: { readonly first: string; readonly last: string } | undefined
  readonly settings: Settings
  readonly lag: Days
}

/** A row that one side alone has. `at` is its instant; `day` its date, also without one. */
export type Lone = { readonly at: Date | undefined; readonly day: string | undefined; readonly isDuplicate: boolean }

export function decideOurs({ at, day, isDuplicate }: Lone, { asOf, settings, lag }: Coverage): Decision {
  const cut = sourceOf(settings.theirs, 0)
  const ofBusiness = at === undefined ? day : businessDate(at, cut)
  if (isDuplicate) return real('duplicate_internal', 'another row of ours is the same')
  if (ofBusiness === undefined || asOf === undefined)
    return real('missing_external', 'in ours, not in theirs', 'it has no date, so nothing says that it may still come')
  const lagDays = daysBetween(ofBusiness, later(ofBusiness, lag))
  const record = { isDuplicate, occurredAt: at ?? null, businessDate: ofBusiness }
  const fate = fateOfOurs(record, { day: asOf, source: { ...cut, lagDays } })
  const due = `due by ${fate.dueOn}`
  if (fate.code === 'cutoff_straddle')
    return temporary(
      fate,
      `within ${GRACE_MINUTES} minutes before the cut-off: theirs may date it into the next day, ${due}`,
    )
  if (fate.code === 'awaiting_settlement') return temporary(fate, `of ${ofBusiness}, not in theirs yet: ${due}`)
  return real('missing_external', 'in ours, not in theirs', `of ${ofBusiness}, and the normal delay is over on ${asOf}`)
}

/**
 * A row of theirs that is stamped just after a cut-off that bounds our file may be in our file of the day before or of the
 * day after; so may be one that theirs counts into the period and our earlier cut-off does not.
 */
export function decideTheirs({ at, isDuplicate }: Lone, { asOf, ours, settings }: Coverage): Decision {
  if (isDuplicate) return real('duplicate_external', 'another row of theirs is the same')
  if (at === undefined || asOf === undefined || ours === undefined) return missingInternal
  const [ourCut, theirCut] = [sourceOf(settings.ours, 0), sourceOf(settings.theirs, 0)]
  const dueOn = later(asOf, { count: 1, isBusiness: true })
  const waits = (reason: string): Decision =>
    temporary({ code: 'awaiting_internal', class: 'temporary', dueOn }, `${reason}, due by ${dueOn}`)
  const beyond = businessDate(at, ourCut)
  const isOfTheirPeriod = businessDate(at, theirCut) <= ours.last
  if (beyond > ours.last && isOfTheirPeriod) return waits('after our cut-off and before theirs')
  const isBoundary = (day: string): boolean => day === ours.first || day > ours.last
  for (const cut of [ourCut, theirCut])
    if (isBoundary(businessDate(at, cut)) && isJustAfter(at, cut))
      return waits(`within ${GRACE_MINUTES} minutes after the cut-off: we may have dated it into the day before`)
  return missingInternal
}

const missingInternal: Decision = real('missing_internal', 'in theirs, not in ours')

/** The day of an instant becomes another one when it is some minutes earlier. */
const isJustAfter = (at: Date, cut: Source): boolean =>
  businessDate(new Date(at.getTime() - GRACE_MINUTES * 60_000), cut) < businessDate(at, cut)

function real(code: Code, ...reasons: readonly string[]): Decision {
  return { code, class: 'real', dueOn: undefined, reasons }
}

function temporary({ code, dueOn }: Fate, reason: string): Decision {
  if (code !== 'cutoff_straddle' && code !== 'awaiting_settlement' && code !== 'awaiting_internal')
    throw new TypeError(`${code} does not wait`)
  return { code, class: 'temporary', dueOn, reasons: [reason] }
}

/** The last day of two, either of which may be unknown. */
export const laterDay = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined || (b !== undefined && b > a) ? b : a

export const nextDay = (day: string): string => addDays(day, 1)

/** A payout that no line names: on its way until the normal delay is over, whichever side has it. */
export function decidePayout(side: SideName, lone: Lone, coverage: Coverage): Decision {
  const missing = side === 'ours' ? 'missing_external' : 'missing_internal'
  if (lone.isDuplicate)
    return real(side === 'ours' ? 'duplicate_internal' : 'duplicate_external', 'another payout is the same')
  const decision = decideOurs(lone, coverage)
  const day = lone.day ?? lone.at?.toISOString().slice(0, 10) ?? 'no day'
  if (decision.class === 'real') return real(missing, `the payout of ${day} is in no line`)
  return {
    ...decision,
    code: 'payout_in_transit',
    reasons: [`paid out on ${day}, in no line yet: due by ${decision.dueOn}`],
  }
}

/** A line without a payout of the other side: it names none, or one that came otherwise. */
export function decideLine(side: SideName, isNamed: boolean, { isDuplicate }: Lone): Decision {
  const other = side === 'ours' ? 'theirs' : 'ours'
  const reason = isNamed
    ? `a line of a payout of ${other} that it is no part of`
    : `a line that names no payout of ${other}`
  if (isDuplicate)
    return real(side === 'ours' ? 'duplicate_internal' : 'duplicate_external', 'another line is the same')
  return real(side === 'ours' ? 'missing_external' : 'missing_internal', reason)
}
