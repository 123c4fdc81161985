import type { Source } from './source.ts'

/**
 * Business days of a source. The wall clock decides: an instant becomes a local date and time first and is then compared
 * with the cut-off, so that a day of 23 or 25 hours needs no rule of its own. Days are ISO dates.
 */
type Cut = Pick<Source, 'zone' | 'cutOff' | 'dayNamedBy'>

const MINUTE_MS = 60_000
const DAY_MINUTES = 1_440

const localOf = (instant: Date, zone: string): Temporal.PlainDateTime =>
  Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(zone).toPlainDateTime()

/** The business day on which an instant falls. */
export function businessDate(instant: Date, cut: Cut): string {
  const local = localOf(instant, cut.zone)
  const before = Temporal.PlainTime.compare(local.toPlainTime(), Temporal.PlainTime.from(cut.cutOff)) < 0
  const shift = cut.dayNamedBy === 'start' ? (before ? -1 : 0) : before ? 0 : 1
  return local.toPlainDate().add({ days: shift }).toString()
}

/** The same as an expression of PostgreSQL over a `timestamptz`. */
export function businessDateSql(instant: string, { zone, cutOff, dayNamedBy }: Cut): string {
  const local = `(${instant} at time zone '${zone.replaceAll("'", "''")}')`
  const before = `${local}::time < time '${cutOff}'`
  return dayNamedBy === 'start'
    ? `(${local}::date - (${before})::integer)`
    : `(${local}::date + (not ${before})::integer)`
}

/** The instant at which a business day is over: a cut-off that comes twice, because clocks go back, ends it the second time. */
export function endOfDay(day: string, cut: Cut): Date {
  const date = Temporal.PlainDate.from(day).add({ days: cut.dayNamedBy === 'start' ? 1 : 0 })
  const end = date.toPlainDateTime(Temporal.PlainTime.from(cut.cutOff))
  return new Date(end.toZonedDateTime(cut.zone, { disambiguation: 'later' }).epochMilliseconds)
}

/** The newest business day that is over at an instant. */
export const lastDayOver = (instant: Date, cut: Cut): string => addDays(businessDate(instant, cut), -1)

export const addDays = (day: string, days: number): string => Temporal.PlainDate.from(day).add({ days }).toString()

/** Whether an instant is so close before the cut-off that the other side may date it into the next day. */
export function isJustBeforeCutOff(instant: Date, source: Cut & Pick<Source, 'graceMinutes'>): boolean {
  const minutes = minutesAfterCutOff(instant, source)
  return minutes >= DAY_MINUTES - source.graceMinutes
}

/** Whether an instant is so close after the cut-off that we may have dated it into the day before. */
export const isJustAfterCutOff = (instant: Date, source: Cut & Pick<Source, 'graceMinutes'>): boolean =>
  minutesAfterCutOff(instant, source) < source.graceMinutes

/** On the wall clock, from 0 to a day. */
function minutesAfterCutOff(instant: Date, { zone, cutOff }: Cut): number {
  const since = localOf(instant, zone).toPlainTime().since(Temporal.PlainTime.from(cutOff)).total('milliseconds')
  const minutes = since / MINUTE_MS
  return minutes < 0 ? minutes + DAY_MINUTES : minutes
}
