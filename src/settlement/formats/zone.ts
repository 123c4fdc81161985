import { isDate } from './dates.ts'

/**
 * Minutes ahead of UTC of an offset as it is written: `Z`, `+05:30`, `-0800`, `+02`. Undefined for what is none and for what no
 * zone has: they are from −12:00 to +14:00.
 */
export function minutesAhead(text: string): number | undefined {
  if (text === 'Z' || text === 'UTC') return 0
  const [, sign, hours, minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(text) ?? []
  const offset = Number(hours) * 60 + Number(minutes)
  if (!(Number(minutes) <= 59 && offset <= (sign === '-' ? 12 : 14) * 60)) return undefined
  return sign === '-' ? -offset : offset
}

/** An instant for a time on the wall. `doubt` says that the clock was set there: the time did not exist, or came twice. */
export type Zoned = { readonly at: Date; readonly doubt: 'gap' | 'overlap' | undefined }

/**
 * Gives the instants of local times in one zone: `time` is milliseconds since midnight. Undefined for a day that there is
 * not. In a gap the time is read with the offset before it, in an overlap as the earlier one (as RFC 5545 §3.3.5 does).
 *
 * The offset of an hour is asked for once: `Temporal` takes microseconds for each time, and a file has few hours.
 */
export type ZoneReader = (isoDate: string, timeMs: number) => Zoned | undefined

const HOUR_MS = 3_600_000
const MAX_HOURS_KNOWN = 10_000

/** Throws `RangeError` for a name that is no zone. */
export function createZoneReader(zone: string): ZoneReader {
  Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone)
  const hours = new Map<string, number>()
  return (isoDate, timeMs) => {
    if (!isDate(isoDate) || !(timeMs >= 0 && timeMs < 24 * HOUR_MS)) return undefined
    const wallMs = Date.parse(`${isoDate}T00:00:00.000Z`) + timeMs
    const hour = `${isoDate}/${Math.floor(timeMs / HOUR_MS)}`
    let offset = hours.get(hour)
    if (offset === undefined) {
      if (hours.size >= MAX_HOURS_KNOWN) hours.clear()
      offset = steadyOffset(zone, wallMs - (wallMs % HOUR_MS))
      hours.set(hour, offset)
    }
    return Number.isNaN(offset) ? ask(zone, wallMs) : { at: new Date(wallMs - offset), doubt: undefined }
  }
}

/** Milliseconds that the zone is ahead of UTC during a whole hour on the wall, NaN when that is not one number. */
function steadyOffset(zone: string, wallMs: number): number {
  const [first, last] = [ask(zone, wallMs), ask(zone, wallMs + HOUR_MS - 1)]
  const offset = wallMs - first.at.getTime()
  const isSteady = first.doubt === undefined && last.doubt === undefined
  return isSteady && offset === wallMs + HOUR_MS - 1 - last.at.getTime() ? offset : Number.NaN
}

function ask(zone: string, wallMs: number): Zoned {
  const wall = new Temporal.PlainDateTime(1970, 1, 1).add({ milliseconds: wallMs })
  const before = wall.toZonedDateTime(zone, { disambiguation: 'earlier' })
  const earlier = before.epochMilliseconds
  const later = wall.toZonedDateTime(zone, { disambiguation: 'later' }).epochMilliseconds
  if (earlier === later) return { at: new Date(earlier), doubt: undefined }
  const inGap = !before.toPlainDateTime().equals(wall)
  // In a gap "later" keeps the offset from before it.
  return inGap ? { at: new Date(later), doubt: 'gap' } : { at: new Date(earlier), doubt: 'overlap' }
}
