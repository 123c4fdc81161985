import { dateOfEight } from '../dates.ts'
import { createZoneReader } from '../zone.ts'

/**
 * A date of OFX (1.6 §3.2.8): `YYYYMMDD`, perhaps `HHMM` or `HHMMSS` and thousandths, perhaps an offset from UTC in
 * brackets: `20260303`, `20260303120000`, `20260303120000.000[-5:EST]`, `[5.5]`, `[+0530]`.
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
  const days = remembered((text) => {
    const date = dateOfEight(text)
    return date === undefined ? undefined : { date, midnightMs: Date.parse(`${date}T00:00:00.000Z`) }
  })
  const offsets = remembered(offsetMinutes)

  function read(text: string): When {
    const written = text.length <= MAX_LENGTH ? text : text.slice(0, MAX_LENGTH)
    const day = days(written.slice(0, 8))
    if (day === undefined) return { date: undefined, at: undefined, doubt: `"${written}" is no date` }
    const bracket = written.indexOf('[')
    const clock = (bracket === -1 ? written : written.slice(0, bracket)).trimEnd()
    if (DAY.test(clock)) return { date: day.date, at: undefined }
    const timeMs = DAY_AND_TIME.test(clock) ? timeIn(clock) : undefined
    if (timeMs === undefined)
      return { date: day.date, at: undefined, doubt: `"${written}" has no time that can be read` }
    const offset = bracket === -1 ? undefined : offsets(written.slice(bracket))
    if (offset !== undefined) return { date: day.date, at: new Date(day.midnightMs + timeMs - offset * MINUTE_MS) }
    const local = inZone(written, day.date, timeMs)
    return bracket === -1 || local.doubt !== undefined
      ? local
      : { date: day.date, at: local.at, doubt: `"${written}" has no offset that can be read` }
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

const MAX_REMEMBERED = 1_000

/** Keeps what was read: a file has few days and offsets. */
function remembered<T>(read: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    if (known.size >= MAX_REMEMBERED) known.clear()
    const fresh = read(text)
    known.set(Buffer.from(text).toString(), fresh)
    return fresh
  }
}

/** Milliseconds since midnight. */
function timeIn(clock: string): number | undefined {
  const [hour, minute] = [Number(clock.slice(8, 10)), Number(clock.slice(10, 12))]
  const second = clock.length > 12 ? Number(clock.slice(12, 14)) : 0
  const ms = clock.length > 14 ? Number(clock.slice(15).padEnd(3, '0').slice(0, 3)) : 0
  if (hour > 23 || minute > 59 || second > 59) return undefined
  return ((hour * 60 + minute) * 60 + second) * 1_000 + ms
}

const OFFSET = /^\[\s*([+-]?)(\d{1,2})(?:\.(\d{1,2})|(\d\d))?\s*(?::[^\]]*)?\]?$/

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
