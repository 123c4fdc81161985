import { dateOfEight } from '../dates.ts'
import { createZoneReader } from '../zone.ts'

/**
 * A date of OFX (1.6 §3.2.8): `YYYYMMDD`, perhaps `HHMM` or `HHMMSS` and thousandths, perhaps an offset from UTC in
 * brackets: `20260303`, `20260303120000`, `20260303120000.000[-5:EST]`, `[5.5]`, and `[+0530]` and `[+05:30]` as some write.
 */
export type When = {
  /** ISO date as it is written, which is the bank's own day. */
  readonly date: string | undefined
  /** Only for a time whose offset is known. */
  readonly at: Date | undefined
  /** What is doubtful, as the end of a sentence. */
  readonly doubt?: string | undefined
  /** A time without an offset, and no zone was given: by the specification it is UTC, in practice a local time. */
  readonly isWithoutZone?: boolean
}

export type WhenReader = (text: string) => When

const DAY = /^\d{8}$/
const DAY_AND_TIME = /^\d{12}(?:\d\d(?:[.:,]\d{1,6})?)?$/

const MAX_LENGTH = 64
const MINUTE_MS = 60_000

/** `zone` is an IANA name for times without an offset. Throws `RangeError` for a name that is no zone. */
export function createWhenReader(zone: string | undefined): WhenReader {
  const zoned = zone === undefined ? undefined : createZoneReader(zone)
  // Lines that follow each other mostly have the same day, a file has few of them, and most have one offset.
  const days = new Map<string, Day>()
  let day: Day | undefined
  let offset: Offset | undefined

  function read(text: string): When {
    const written = text.length <= MAX_LENGTH ? text : text.slice(0, MAX_LENGTH)
    if (day === undefined || !written.startsWith(day.text)) day = knownDay(written.slice(0, 8))
    if (day === undefined) return { date: undefined, at: undefined, doubt: `"${written}" is no date` }
    const bracket = written.indexOf('[')
    const clock = (bracket === -1 ? written : written.slice(0, bracket)).trimEnd()
    if (DAY.test(clock)) return { date: day.date, at: undefined }
    const timeMs = DAY_AND_TIME.test(clock) ? timeIn(clock) : undefined
    if (timeMs === undefined)
      return { date: day.date, at: undefined, doubt: `"${written}" has no time that can be read` }
    if (bracket !== -1 && offset?.text !== written.slice(bracket)) offset = offsetOf(written.slice(bracket))
    if (bracket !== -1 && offset !== undefined)
      return { date: day.date, at: new Date(day.midnightMs + timeMs - offset.minutes * MINUTE_MS) }
    const local = inZone(written, day.date, timeMs)
    return bracket === -1 || local.doubt !== undefined
      ? local
      : { date: day.date, at: local.at, doubt: `"${written}" has no offset that can be read` }
  }

  function knownDay(text: string): Day | undefined {
    const known = days.get(text)
    if (known !== undefined) return known
    const found = dayOf(text)
    if (found === undefined) return undefined
    if (days.size >= MAX_DAYS_KNOWN) days.clear()
    days.set(text, found)
    return found
  }

  function inZone(written: string, date: string, timeMs: number): When {
    const found = zoned?.(date, timeMs)
    if (found === undefined) return { date, at: undefined, isWithoutZone: true }
    if (found.doubt === undefined) return { date, at: found.at }
    const why = found.doubt === 'gap' ? 'which the clock left out' : 'which the clock showed twice'
    return { date, at: found.at, doubt: `"${written}" is a time in ${zone} ${why}` }
  }

  return read
}

const MAX_DAYS_KNOWN = 1_000

type Day = { readonly text: string; readonly date: string; readonly midnightMs: number }

function dayOf(text: string): Day | undefined {
  const date = dateOfEight(text)
  return date === undefined ? undefined : { text, date, midnightMs: Date.parse(`${date}T00:00:00.000Z`) }
}

/** `text` is the brackets, both of them. */
type Offset = { readonly text: string; readonly minutes: number }

function offsetOf(text: string): Offset | undefined {
  const minutes = offsetMinutes(text)
  return minutes === undefined ? undefined : { text, minutes }
}

const ZERO = 0x30

const twoDigits = (text: string, at: number): number =>
  (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO

/** Milliseconds since midnight. */
function timeIn(clock: string): number | undefined {
  const [hour, minute] = [twoDigits(clock, 8), twoDigits(clock, 10)]
  const second = clock.length > 12 ? twoDigits(clock, 12) : 0
  const ms = clock.length > 14 ? Number(clock.slice(15).padEnd(3, '0').slice(0, 3)) : 0
  if (hour > 23 || minute > 59 || second > 59) return undefined
  return ((hour * 60 + minute) * 60 + second) * 1_000 + ms
}

const OFFSET = /^\[\s*([+-]?)(\d{1,2})(?:\.(\d{1,2})|:?(\d\d)(?=[\s:\]]|$))?\s*(?::[^\]]*)?\]?$/

/**
 * Minutes east of UTC, of the brackets with what is in them. A fraction is one of an hour, as the specification says; where that is no quarter of an hour it
 * is minutes, as some write: `5.5` and `5.30` are the same. Undefined for what is no offset of any zone.
 */
export function offsetMinutes(text: string): number | undefined {
  const match = OFFSET.exec(text)
  if (match === null) return undefined
  const [, sign, hours = '', fraction = '0', plain] = match
  const ofHour = (Number(fraction.padEnd(2, '0')) * 60) / 100
  const minutes = plain !== undefined ? Number(plain) : ofHour % 15 === 0 ? ofHour : Number(fraction)
  const total = Number(hours) * 60 + minutes
  if (minutes % 15 !== 0 || minutes > 45 || total > (sign === '-' ? 12 : 14) * 60) return undefined
  return sign === '-' ? -total : total
}
