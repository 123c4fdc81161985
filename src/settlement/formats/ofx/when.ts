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

const TIME = /^(\d{8})(\d\d)(\d\d)(?:(\d\d)(?:[.:,](\d{1,6}))?)?\s*(?:\[([^\]]*)\]?)?$/
const DAY = /^(\d{8})\s*(?:\[[^\]]*\]?)?$/

const MAX_LENGTH = 64
const MINUTE_MS = 60_000

/** `zone` is an IANA name for times without an offset. Throws `RangeError` for a name that is no zone. */
export function createWhenReader(zone: string | undefined): WhenReader {
  const zoned = zone === undefined ? undefined : createZoneReader(zone)
  // Lines that follow each other mostly have the same date.
  let known: { readonly text: string; readonly when: When } | undefined

  function read(text: string): When {
    const written = text.length <= MAX_LENGTH ? text : text.slice(0, MAX_LENGTH)
    const date = dateOfEight(written.slice(0, 8))
    if (date === undefined) return { date, at: undefined, doubt: `"${written}" is no date` }
    if (DAY.test(written)) return { date, at: undefined }
    const timeMs = timeIn(written)
    if (timeMs === undefined) return { date, at: undefined, doubt: `"${written}" has no time that can be read` }
    return atTime(written, date, timeMs)
  }

  function atTime(written: string, date: string, timeMs: number): When {
    const offset = /\[([^\]]*)/.exec(written)?.[1]
    const minutes = offset === undefined ? undefined : offsetMinutes(offset)
    if (minutes !== undefined) {
      const midnightMs = Date.parse(`${date}T00:00:00.000Z`)
      return { date, at: new Date(midnightMs + timeMs - minutes * MINUTE_MS) }
    }
    const at = zoned?.(date, timeMs)
    if (at?.doubt !== undefined) {
      const why = at.doubt === 'gap' ? 'which the clock left out' : 'which the clock showed twice'
      return { date, at: at.at, doubt: `"${written}" is a time in ${zone} ${why}` }
    }
    if (offset !== undefined) return { date, at: at?.at, doubt: `"${written}" has no offset that can be read` }
    return at === undefined ? { date, at: undefined, isWithoutZone: true } : { date, at: at.at }
  }

  return (text) => {
    if (known?.text !== text) known = { text, when: read(text) }
    return known.when
  }
}

/** Milliseconds since midnight. */
function timeIn(text: string): number | undefined {
  const match = TIME.exec(text)
  if (match === null) return undefined
  const [, , hours = '', minutes = '', seconds = '0', fraction = ''] = match
  const [hour, minute, second] = [Number(hours), Number(minutes), Number(seconds)]
  if (hour > 23 || minute > 59 || second > 59) return undefined
  return ((hour * 60 + minute) * 60 + second) * 1_000 + Number(fraction.padEnd(3, '0').slice(0, 3))
}

const OFFSET = /^\s*([+-]?)(\d{1,2})(?:\.(\d{1,2})|(\d\d))?\s*(?::.*)?$/

/**
 * Minutes east of UTC. A fraction is one of an hour, as the specification says; where that is no quarter of an hour it
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
