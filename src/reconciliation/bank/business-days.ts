import { addDays } from '../calendar.ts'

/** The days on which a bank moves money. Days are ISO dates. */
export type BusinessCalendar = {
  /** Days of the week, 1 is Monday. */
  readonly days: readonly number[]
  readonly holidays: readonly string[]
}

export const isBusinessDay = (day: string, { days, holidays }: BusinessCalendar): boolean =>
  days.includes(Temporal.PlainDate.from(day).dayOfWeek) && !holidays.includes(day)

// A calendar has a business day a week and a list of holidays: a day that is none of them is soon found.
const LONGEST_REST = 10_000

/** The first business day from this day on. */
export function businessDayFrom(day: string, calendar: BusinessCalendar): string {
  for (let days = 0; days < LONGEST_REST; days += 1) {
    const next = addDays(day, days)
    if (isBusinessDay(next, calendar)) return next
  }
  throw new Error(`the calendar has no business day from ${day} on`)
}

/** So many business days later; a day on which nothing moves counts as the end of the one before it. */
export function addBusinessDays(day: string, count: number, calendar: BusinessCalendar): string {
  let reached = day
  for (let left = count; left > 0; left -= 1) reached = businessDayFrom(addDays(reached, 1), calendar)
  return reached
}
