import { addDays, type Source } from '../reconciliation/index.ts'

/** Days of a lag or a window: calendar days, or business days (Monday to Friday). */
export type Days = { readonly count: number; readonly isBusiness: boolean }

/** How far amounts may be apart and still be equal: in hundredths of a unit of any currency, or in millionths of our amount. */
export type Tolerance =
  | { readonly kind: 'absolute'; readonly text: string }
  | { readonly kind: 'relative'; readonly millionths: bigint }

/** When a side's day ends, on the wall clock of its zone. */
export type Cut = { readonly zone: string; readonly cutOff: string }

export type Settings = {
  readonly tolerance: Tolerance
  readonly dateWindow: Days | undefined
  /** Undefined: what is normal for the format of theirs. */
  readonly lag: Days | undefined
  /** ISO date; undefined: the last business date in either file. */
  readonly asOf: string | undefined
  readonly ours: Cut
  readonly theirs: Cut
}

/** How close to a cut-off a record may count on the other side of it. */
export const GRACE_MINUTES = 15

/** Business days after which a PSP has normally settled, where its format says so. */
export const lagOf = (format: string): Days => {
  if (format === 'simulator_csv') return { count: 1, isBusiness: false }
  return { count: format === 'stripe' ? 2 : 1, isBusiness: true }
}

/** How long a payout is on its way to a bank. */
export const PAYOUT_LAG: Days = { count: 3, isBusiness: true }

const isWeekend = (day: string): boolean => [0, 6].includes(new Date(day).getUTCDay())

/** The day that is so many days later. Of business days, a weekend is none. */
export function later(day: string, { count, isBusiness }: Days): string {
  if (!isBusiness) return addDays(day, count)
  let date = day
  for (let left = count; left > 0; ) {
    date = addDays(date, 1)
    if (!isWeekend(date)) left -= 1
  }
  return date
}

/**
 * A cut as reconciliation knows it. A cut-off from noon on ends the day that it is in, and what comes after it belongs to
 * the next; one before noon begins a day.
 */
export const sourceOf = ({ zone, cutOff }: Cut, lagDays: number): Source => ({
  name: '',
  zone,
  cutOff,
  dayNamedBy: cutOff >= '12:00' ? 'end' : 'start',
  graceMinutes: GRACE_MINUTES,
  lagDays,
  feeSchedule: undefined,
})
