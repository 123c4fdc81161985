import { isDate } from '../dates.ts'
import { createZoneReader, minutesAhead } from '../zone.ts'

/** A day as it was on the wall there, and the instant, where the text has a time and an offset. */
export type Stamp = {
  /** ISO date. */
  readonly date: string
  readonly at: Date | undefined
  /** Milliseconds since midnight on the wall. Undefined for a date alone. */
  readonly timeMs: number | undefined
}

/** Undefined for what is no date that there is. */
export type StampReader = (text: string) => Stamp | undefined

const STAMP = /^(\d{4})[/-](\d\d)[/-](\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?: ?(Z|[+-]\d\d:?\d\d))?)?$/
const MINUTE_MS = 60_000

/**
 * Reads `2026/01/06 00:00:30 -0800`, and the same with dashes, without an offset or without a time. A time without an
 * offset is one of `zone`, if that is known.
 */
export function createStampReader(zone: string | undefined): StampReader {
  const inZone = zone === undefined ? undefined : createZoneReader(zone)
  // Nearly all rows of a file are of one day, so its date is proven once.
  let [known, midnightMs] = ['', 0]
  // The last day and offset as they were written: a row that has them as well differs in its time alone.
  let [beginning, end, offsetMs] = [' ', ' ', 0]

  const alike = (text: string): Stamp | undefined => {
    if (!text.startsWith(beginning) || !text.endsWith(end) || text.length !== WITH_OFFSET) return undefined
    const timeMs = timeIn(text, beginning.length)
    return timeMs === undefined ? undefined : { date: known, at: new Date(midnightMs + timeMs - offsetMs), timeMs }
  }

  const full = (text: string): Stamp | undefined => {
    const match = STAMP.exec(text)
    if (match === null) return undefined
    const [, year, month, day, hours, minutes, seconds, offset] = match
    const date = `${year}-${month}-${day}`
    if (date !== known) {
      if (!isDate(date)) return undefined
      known = date
      beginning = ' '
      midnightMs = Date.parse(`${date}T00:00:00.000Z`)
    }
    if (hours === undefined) return { date, at: undefined, timeMs: undefined }
    const [h, m, s] = [Number(hours), Number(minutes), Number(seconds)]
    if (h > 23 || m > 59 || s > 59) return undefined
    const timeMs = ((h * 60 + m) * 60 + s) * 1_000
    if (offset === undefined) return { date, at: inZone?.(date, timeMs)?.at, timeMs }
    const ahead = minutesAhead(offset)
    if (ahead === undefined) return undefined
    offsetMs = ahead * MINUTE_MS
    beginning = text.slice(0, DAY_LENGTH)
    end = text.slice(DAY_LENGTH + TIME_LENGTH)
    return { date, at: new Date(midnightMs + timeMs - offsetMs), timeMs }
  }

  return (text) => alike(text) ?? full(text)
}

/** `2026/01/06 `, `00:00:30`, ` -0800`. */
const DAY_LENGTH = 11
const TIME_LENGTH = 8
const WITH_OFFSET = 25

/** Milliseconds since midnight of the `hh:mm:ss` there. Undefined for what is no such time. */
function timeIn(text: string, at: number): number | undefined {
  if (text.charCodeAt(at + 2) !== COLON || text.charCodeAt(at + 5) !== COLON) return undefined
  const [hours, minutes, seconds] = [twoDigits(text, at), twoDigits(text, at + 3), twoDigits(text, at + 6)]
  if (!(hours < 24 && minutes < 60 && seconds < 60)) return undefined
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000
}

const COLON = 58
const ZERO = 48

/** NaN when they are none. */
function twoDigits(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at) - ZERO, text.charCodeAt(at + 1) - ZERO]
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}
