import type { Source } from './source.ts'

/**
 * Business days of a source. The wall clock decides: an instant becomes a local date and time first and is then compared
 * with the cut-off, so that a day of 23 or 25 hours needs no rule of its own. Days are ISO dates.
 */
export type Cut = Pick<Source, 'zone' | 'cutOff' | 'dayNamedBy'>

const MINUTE_MS = 60_000
const DAY_MINUTES = 1_440
const DAY_MS = DAY_MINUTES * MINUTE_MS

/**
 * What the clock on the wall shows, in milliseconds as if it were UTC. Numbers, because every record that is left asks several times,
 * and each object of Temporal on the way takes microseconds.
 */
function wallMs(instant: Date, zone: string): number {
  const ms = instant.getTime()
  if (zone === 'UTC') return ms
  return ms + Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).offsetNanoseconds / 1_000_000
}

/** A time on the wall clock, such as `17:00`, in milliseconds since midnight. */
const timeMs = (cutOff: string): number => (Number(cutOff.slice(0, 2)) * 60 + Number(cutOff.slice(3, 5))) * MINUTE_MS

/** The business day on which an instant falls. */
export function businessDate(instant: Date, { zone, cutOff, dayNamedBy }: Cut): string {
  const begun = Math.floor((wallMs(instant, zone) - timeMs(cutOff)) / DAY_MS)
  return isoDay(begun + (dayNamedBy === 'start' ? 0 : 1))
}

/** The date that is so many days after 1970 began. Millions of records are of a few days: each of them is written once. */
function isoDay(day: number): string {
  const known = written.get(day)
  if (known !== undefined) return known
  const [date = ''] = new Date(day * DAY_MS).toISOString().split('T', 1)
  if (written.size < MOST_WRITTEN) written.set(day, date)
  return date
}

const written = new Map<number, string>()
const MOST_WRITTEN = 10_000 // some 27 years

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

export const isSameCut = (a: Cut, b: Cut): boolean =>
  a.zone === b.zone && a.cutOff === b.cutOff && a.dayNamedBy === b.dayNamedBy

/** Whether a business day ends, by one cut, no earlier than the day after it by the other. Where clocks change that takes 23 hours. */
export function isDayApart(day: string, a: Cut, b: Cut): boolean {
  const next = addDays(day, 1)
  return endOfDay(day, a) >= endOfDay(next, b) || endOfDay(day, b) >= endOfDay(next, a)
}

/** The newest business day that is over at an instant. */
export const lastDayOver = (instant: Date, cut: Cut): string => addDays(businessDate(instant, cut), -1)

export const addDays = (day: string, days: number): string => isoDay(Date.parse(day) / DAY_MS + days)

export const daysBetween = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / DAY_MS

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
  const since = (wallMs(instant, zone) - timeMs(cutOff)) % DAY_MS
  return (since < 0 ? since + DAY_MS : since) / MINUTE_MS
}
