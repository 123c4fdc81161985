import { isDate } from '../dates.ts'
import { minutesAhead } from '../zone.ts'
import { type Context, warn } from './context.ts'
import { child, type Element, quoted } from './element.ts'

/** A day as it was written, and the instant when there is one. */
export type When = { readonly date: string | undefined; readonly at: Date | undefined }

const NEVER: When = { date: undefined, at: undefined }

/**
 * Reads a choice of `Dt` and `DtTm`, such as BookgDt. Some banks write a time in `Dt`, or `DtTm` within it, and a zone
 * after a date (`xs:date` allows it). What is no date is told and left away: a row does not fall over its date.
 */
export function whenOf(context: Context, choice: Element | undefined): When {
  if (choice === undefined) return NEVER
  let element = choice
  for (
    let next: Element | undefined = choice;
    next !== undefined;
    next = child(element, 'DtTm') ?? child(element, 'Dt')
  )
    element = next
  return whenIn(context, element)
}

const DAY = /^(\d{4}-\d\d-\d\d)(?:$|[T ]|Z$|[+-]\d\d:?\d\d$)/
const TIME = /^[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,18}))?(Z|[+-]\d\d:?\d\d)?$/

/** Reads one date, or date and time. */
export function whenIn(context: Context, element: Element): When {
  const { text } = element
  if (text === context.knownDay) return { date: text, at: undefined }
  const date = DAY.exec(text)?.[1] ?? ''
  if (!isDate(date)) {
    warn(context, element, 'date', `${element.name}: ${quoted(text)} is not a date; it is left away`)
    return NEVER
  }
  const rest = text.slice(date.length)
  if (!/^[T ]/.test(rest)) {
    if (rest === '') context.knownDay = date
    else if (minutesAhead(rest) === undefined)
      warn(context, element, 'zone', `${element.name}: ${quoted(text)} has an offset that no zone has; its day is read`)
    return { date, at: undefined }
  }
  const [, hours, minutes, seconds, fraction = '', offset] = TIME.exec(rest) ?? []
  const timeMs = timeOf(Number(hours), Number(minutes), Number(seconds), Number(fraction.slice(0, 3).padEnd(3, '0')))
  const ahead = offset === undefined ? undefined : minutesAhead(offset)
  if (timeMs === undefined || (offset !== undefined && ahead === undefined)) {
    warn(context, element, 'time', `${element.name}: ${quoted(text)} is not a time; only its date is read`)
    return { date, at: undefined }
  }
  return { date, at: instantOf(context, element, date, timeMs, ahead) }
}

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

const timeOf = (hours: number, minutes: number, seconds: number, ms: number): number | undefined =>
  hours <= 23 && minutes <= 59 && seconds <= 59
    ? hours * HOUR_MS + minutes * MINUTE_MS + seconds * 1_000 + ms
    : undefined

function instantOf(
  context: Context,
  element: Element,
  date: string,
  timeMs: number,
  aheadMinutes: number | undefined,
): Date | undefined {
  const wallMs = Date.parse(`${date}T00:00:00.000Z`) + timeMs
  if (aheadMinutes !== undefined) return new Date(wallMs - aheadMinutes * MINUTE_MS)
  const zoned = context.zone?.(date, timeMs)
  if (zoned?.doubt !== undefined) {
    const what = zoned.doubt === 'gap' ? 'did not exist' : 'came twice'
    warn(context, element, 'zone', `${element.name}: ${quoted(element.text)} ${what} in the zone of the file`)
  }
  return zoned?.at
}
