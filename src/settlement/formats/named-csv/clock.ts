import { isDate } from '../dates.ts'
import type { Reading } from '../reading.ts'
import { createZoneReader, minutesAhead, type ZoneReader } from '../zone.ts'
import { cellAt, type Fields } from './columns.ts'

/** A day as it was on the wall, and the instant where it is known. */
export type Moment = {
  /** ISO date. */
  readonly date: string
  readonly at: Date | undefined
}

/**
 * Reads `2026-01-30 10:11:12` and its forms with `T`, a fraction, `Z` or an offset, or without a time. A time without an
 * offset is one of `zone`; without a zone it gives its day alone. What is no date is told and gives nothing, for the money
 * of its row is certain all the same: a day that there is not as a warning, any other text as an error.
 */
export type Clock = (
  fields: Fields,
  place: number,
  options: { readonly line: number; readonly zone: Zone | undefined },
) => Moment | undefined

/** Milliseconds ahead of UTC, or a zone whose offset changes. */
export type Zone = number | ZoneReader

const STAMP = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.:,](\d{1,9}))?)?(?: ?(Z|UTC|[+-]\d\d:?\d\d))?)?$/
const MAX_LENGTH = 48
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

export function createClock({ diagnostics }: Reading): Clock {
  // Nearly all rows of a file are of one day, so its date is proven once.
  let [known, midnightMs] = ['', 0]

  function momentOf(text: string, zone: Zone | undefined): (Moment & { doubt?: string | undefined }) | undefined {
    // Rows differ in their time alone.
    const quick = known !== '' && text.startsWith(known) ? timeIn(text) : undefined
    if (quick !== undefined) return inZone(known, quick, zone)
    const match = text.length > MAX_LENGTH ? null : STAMP.exec(text)
    if (match === null) return undefined
    const [, date = '', hours, minutes, seconds = '0', fraction = '', offset] = match
    if (date !== known) {
      if (!isDate(date)) return undefined
      known = date
      midnightMs = Date.parse(`${date}T00:00:00.000Z`)
    }
    if (hours === undefined) return { date, at: undefined }
    const timeMs = timeOf(hours, minutes ?? '', seconds, fraction)
    if (timeMs === undefined) return undefined
    if (offset === undefined) return inZone(date, timeMs, zone)
    const ahead = minutesAhead(offset)
    return ahead === undefined ? undefined : { date, at: new Date(midnightMs + timeMs - ahead * MINUTE_MS) }
  }

  function inZone(date: string, timeMs: number, zone: Zone | undefined): Moment & { doubt?: string | undefined } {
    if (zone === undefined) return { date, at: undefined }
    if (typeof zone === 'number') return { date, at: new Date(midnightMs + timeMs - zone) }
    const zoned = zone(date, timeMs)
    return { date, at: zoned?.at, doubt: zoned?.doubt }
  }

  return (fields, place, { line, zone }) => {
    const text = cellAt(fields, place)
    if (text === '') return undefined
    const moment = momentOf(text, zone)
    const column = place + 1
    const shown = `"${text.slice(0, 40)}"`
    if (moment === undefined) {
      const looksRight = /^\d{4}-\d\d-\d\d\b/.test(text)
      diagnostics.add({
        severity: looksRight ? 'warning' : 'error',
        code: looksRight ? 'date_impossible' : 'date',
        line,
        column,
        message: looksRight
          ? `${shown} is no moment that there was: the line comes without it`
          : `${shown} is no date such as 2026-01-30 10:11:12: the line comes without it`,
      })
    } else if (moment.doubt !== undefined) {
      const why =
        moment.doubt === 'gap' ? 'did not exist: the clock was set forward' : 'came twice: the clock was set back'
      diagnostics.add({ severity: 'warning', code: `dst_${moment.doubt}`, line, column, message: `${shown} ${why}` })
    }
    return moment
  }
}

/** Milliseconds of `hh:mm:ss`, or the same and `.fff`, behind a date. Undefined for any other text. */
function timeIn(text: string): number | undefined {
  const hasFraction = text.length === WITH_FRACTION && text.charCodeAt(WITH_TIME) === POINT
  if (text.length !== WITH_TIME && !hasFraction) return undefined
  const separator = text.charCodeAt(10)
  if (separator !== BLANK && separator !== T) return undefined
  if (text.charCodeAt(13) !== COLON || text.charCodeAt(16) !== COLON) return undefined
  const [hours, minutes, seconds] = [twoDigits(text, 11), twoDigits(text, 14), twoDigits(text, 17)]
  const ms = hasFraction ? twoDigits(text, 20) * 10 + (twoDigits(text, 21) % 10) : 0
  if (!(hours < 24 && minutes < 60 && seconds < 60 && ms < 1_000)) return undefined
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000 + ms
}

const WITH_TIME = 19
const WITH_FRACTION = 23
const BLANK = 32
const POINT = 46
const COLON = 58
const T = 84
const ZERO = 48

/** NaN when they are none. */
function twoDigits(text: string, at: number): number {
  const [tens, ones] = [text.charCodeAt(at) - ZERO, text.charCodeAt(at + 1) - ZERO]
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN
}

function timeOf(hours: string, minutes: string, seconds: string, fraction: string): number | undefined {
  const [h, m, s] = [Number(hours), Number(minutes), Number(seconds)]
  if (h > 23 || m > 59 || s > 59) return undefined
  return ((h * 60 + m) * 60 + s) * 1_000 + (fraction === '' ? 0 : Number(fraction.slice(0, 3).padEnd(3, '0')))
}

/**
 * Zones by the abbreviations that reports have, in hours ahead of UTC. Left out are those that stand for several: IST
 * (India, Ireland, Israel), AST (the Atlantic, Arabia), SST. CST and BST are those of America and Britain.
 */
const HOURS_BY_ABBREVIATION: Readonly<Record<string, number>> = {
  UTC: 0, GMT: 0, Z: 0, WET: 0, WEST: 1, BST: 1, CET: 1, MET: 1, CEST: 2, MEST: 2, EET: 2, SAST: 2, EEST: 3, MSK: 3, TRT: 3,
  GST: 4, ICT: 7, WIB: 7, SGT: 8, HKT: 8, MYT: 8, PHT: 8, AWST: 8, JST: 9, KST: 9, ACST: 9.5, AEST: 10, ACDT: 10.5, AEDT: 11,
  NZST: 12, NZDT: 13, NST: -3.5, NDT: -2.5, BRT: -3, BRST: -2, ART: -3, CLT: -4, CLST: -3, COT: -5, PET: -5, EST: -5, EDT: -4,
  CST: -6, CDT: -5, MST: -7, MDT: -6, PST: -8, PDT: -7, AKST: -9, AKDT: -8, HST: -10,
} // biome-ignore format: a table

/** As reports ask for it: UTC is an offset. Throws `RangeError` for a name that is no zone. */
export const zoneNamed = (name: string): Zone => (name === 'UTC' ? 0 : createZoneReader(name))

/** Gives the zone that a name stands for: an abbreviation, an IANA name, an offset. Undefined for what is none. */
export type Zones = (name: string) => Zone | undefined

const MAX_KNOWN = 100

export function createZones(): Zones {
  const known = new Map<string, Zone | undefined>()
  return (name) => {
    if (known.has(name)) return known.get(name)
    if (known.size >= MAX_KNOWN) known.clear()
    const zone = zoneOf(name)
    known.set(name, zone)
    return zone
  }
}

function zoneOf(name: string): Zone | undefined {
  const hours = Object.hasOwn(HOURS_BY_ABBREVIATION, name.toUpperCase())
    ? HOURS_BY_ABBREVIATION[name.toUpperCase()]
    : offsetHours(name)
  if (hours !== undefined) return hours * HOUR_MS
  if (!/^[A-Za-z]{1,16}\/[A-Za-z_/+-]{1,40}$/.test(name)) return undefined
  try {
    return createZoneReader(name)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function offsetHours(name: string): number | undefined {
  const match = /^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d\d))?$/i.exec(name)
  if (match === null) return undefined
  const minutes = minutesAhead(`${match[1]}${match[2]?.padStart(2, '0')}${match[3] ?? ''}`)
  return minutes === undefined ? undefined : minutes / 60
}
