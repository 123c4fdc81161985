/**
 * Business days as the reference says them, written again for the truth: nothing here is taken from what is tested. A cut-off
 * from noon on ends the day that it is in; one before noon begins it.
 */
export type Cut = { readonly zone: string; readonly cutOff: string }

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** The wall clock of a zone, as `2026-03-08 14:05:09`. */
export function wallClock(ms: number, zone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone)
  return local.toPlainDateTime().toString({ smallestUnit: 'second' }).replace('T', ' ')
}

export function businessDay(ms: number, { zone, cutOff }: Cut): string {
  const [date = '', time = ''] = wallClock(ms, zone).split(' ')
  const isBefore = time.slice(0, 5) < cutOff
  if (cutOff >= '12:00') return isBefore ? date : plusDays(date, 1)
  return isBefore ? plusDays(date, -1) : date
}

export const plusDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)

/** The day that is so many working days later; a weekend has none. */
export function plusWorkdays(day: string, days: number): string {
  let date = day
  for (let left = days; left > 0; ) {
    date = plusDays(date, 1)
    const weekday = new Date(`${date}T00:00:00Z`).getUTCDay()
    if (weekday !== 0 && weekday !== 6) left -= 1
  }
  return date
}

export const GRACE_MINUTES = 15

/** Whether the business day ends within the grace after this instant. */
export const isNearEnd = (ms: number, cut: Cut): boolean =>
  businessDay(ms + GRACE_MINUTES * MINUTE_MS, cut) > businessDay(ms, cut)

/** Whether it began within the grace before it. */
export const isNearBeginning = (ms: number, cut: Cut): boolean =>
  businessDay(ms - GRACE_MINUTES * MINUTE_MS, cut) < businessDay(ms, cut)
