import assert from 'node:assert/strict'
import type { Expected } from './source.ts'

/**
 * When files are expected. On each expected day, by the agreed local time, the file of the expected day before it is there,
 * or a newer one: with weekdays and 09:00, Friday's file by Monday at nine. Days are ISO dates.
 */
export type Awaited = {
  /** The day that the file has to be about, or a later one. */
  readonly businessDate: string
  readonly by: Date
}

export type Lateness = {
  /** The oldest file that is not there yet: what a late source owes, or what comes next. */
  readonly next: Awaited
  /** Since when the source is late; undefined when it is not. */
  readonly lateSince: Date | undefined
  /** How many files have been due and are not there. */
  readonly overdue: number
}

// Ten years of days: a source that has been silent for longer is as late as it gets.
const DAYS_MAX = 3_660

type Schedule = Expected & { readonly zone: string }

/** @param since Nothing was expected before: the source was not declared. @param newest The newest day of an accepted file. */
export function latenessOf(schedule: Schedule, since: Date, newest: string | undefined, now: Date): Lateness {
  let next: Awaited | undefined
  let overdue = 0
  for (const awaited of awaitedFrom(schedule, since, newest)) {
    next ??= awaited
    if (awaited.by > now) break
    overdue += 1
  }
  assert(next !== undefined, 'a schedule has at least one day of the week')
  return { next, lateSince: overdue > 0 ? next.by : undefined, overdue }
}

/** What is due after an instant and about a newer day than the newest that is there, in order of time. */
function* awaitedFrom({ days, by, zone }: Schedule, since: Date, newest: string | undefined): Generator<Awaited> {
  const sinceDay = localDay(since, zone)
  let day = Temporal.PlainDate.from(newest !== undefined && newest > sinceDay ? newest : sinceDay)
  for (let count = 0; count < DAYS_MAX; count += 1) {
    if (days.includes(day.dayOfWeek)) {
      const at = day.toPlainDateTime(Temporal.PlainTime.from(by)).toZonedDateTime(zone)
      const due = new Date(at.epochMilliseconds)
      const businessDate = expectedBefore(day, days).toString()
      if (due > since && (newest === undefined || businessDate > newest)) yield { businessDate, by: due }
    }
    day = day.add({ days: 1 })
  }
}

function expectedBefore(day: Temporal.PlainDate, days: readonly number[]): Temporal.PlainDate {
  let before = day.subtract({ days: 1 })
  while (!days.includes(before.dayOfWeek)) before = before.subtract({ days: 1 })
  return before
}

/** The expected days between two days, without both. */
export function expectedBetween(after: string, before: string, days: readonly number[]): readonly string[] {
  const found: string[] = []
  const end = Temporal.PlainDate.from(before)
  let day = Temporal.PlainDate.from(after).add({ days: 1 })
  for (let count = 0; count < DAYS_MAX && Temporal.PlainDate.compare(day, end) < 0; count += 1) {
    if (days.includes(day.dayOfWeek)) found.push(day.toString())
    day = day.add({ days: 1 })
  }
  return found
}

/** The day of an instant on a wall in a zone. */
export const localDay = (instant: Date, zone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(zone).toPlainDate().toString()
