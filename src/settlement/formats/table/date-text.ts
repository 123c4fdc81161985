import { isDate } from '../dates.ts'
import { minutesAhead } from '../zone.ts'
import { createMonthNames, plain } from './month-names.ts'

/**
 * Dates as tables write them. The order of day and month is declared, or proven by the file: `03/04/2022` alone is
 * neither the third of April nor the fourth of March.
 */
export const DATE_ORDERS = ['ymd', 'dmy', 'mdy', 'epoch_seconds', 'epoch_ms', 'excel'] as const
export type DateOrder = (typeof DATE_ORDERS)[number]

export type ReadDate = {
  /** ISO date. */
  readonly date: string
  /** Milliseconds since midnight, where a time stands there. */
  readonly timeMs: number | undefined
  /** Minutes ahead of UTC, where that stands there. */
  readonly offsetMinutes: number | undefined
}

export type DateReader = {
  /** The orders in which a text is a date, not all of which can be right. */
  readonly ordersOf: (text: string) => ReadonlySet<DateOrder>
  /** Undefined for what is no date in this order, 30 February included. */
  readonly read: (text: string, order: DateOrder) => ReadDate | undefined
}

const NUMERIC = /^(\d{1,4})([-/.]|\. ?)(\d{1,2})\2(\d{1,4})\.?$/
const EIGHT = /^\d{8}$/
/** Year, month, day as they are written in Chinese, Japanese and Korean. */
const CJK = /^(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일]$/
const DAY_FIRST =
  /^(?:\p{L}+,? )?(\d{1,2})(?:st|nd|rd|th|er|º)?[-/. ]*(?:de |of )?(\p{L}{3,})\.?(?: de|,)?[-/. ]*(\d{4}|\d{2})(?: г\.?)?$/iu
const MONTH_FIRST = /^(?:\p{L}+, )?(\p{L}{3,})\.? ?(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4})$/u
const YEAR_FIRST = /^(\d{4})[-/. ]+(\p{L}{3,})\.?[-/. ]+(\d{1,2})$/u
const TIME =
  /[T ,]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?: ?([AP])\.?M\.?)?(?: ?(Z|[A-Z]{3,4}|[+-]\d{2}:?(?:\d{2})?))?$/i

/** Zones by letters that mean one offset everywhere (RFC 5322 §4.3, and those of Europe and Japan), in minutes. */
const LETTERS: ReadonlyMap<string, number> = new Map(
  Object.entries({
    Z: 0, UTC: 0, GMT: 0, EST: -300, EDT: -240, MST: -420, MDT: -360, PST: -480, PDT: -420, WET: 0, WEST: 60, CET: 60,
    CEST: 120, EET: 120, EEST: 180, JST: 540,
  }), // biome-ignore format: one list
)

const MAX_LENGTH = 64
const MAX_KNOWN = 1_000
const DAY_MS = 86_400_000
/** 1 January 2000 and 2100: what an epoch or a day number of a spreadsheet is believed to lie between. */
const [FROM_MS, TO_MS] = [Date.UTC(2000, 0, 1), Date.UTC(2100, 0, 1)]
const EXCEL_EPOCH_MS = Date.UTC(1899, 11, 30)

export function createDateReader(): DateReader {
  // Made with the first name of a month: that takes longer than to read a small table, and most have none.
  let months: ReadonlyMap<string, number> | undefined
  // A file has many rows and few days.
  const known = new Map<string, string | undefined>()

  function dateOf(text: string, order: DateOrder): string | undefined {
    const key = `${order} ${text}`
    if (known.has(key)) return known.get(key)
    if (known.size >= MAX_KNOWN) known.clear()
    const date = parseDate(text, order)
    known.set(key, date)
    return date
  }

  function parseDate(text: string, order: DateOrder): string | undefined {
    const numeric = NUMERIC.exec(text)
    if (numeric !== null) {
      const [, a = '', , b = '', c = ''] = numeric
      if (a.length > 2) return order === 'ymd' ? iso(a, b, c) : undefined
      if (c.length !== 4 && c.length !== 2) return undefined
      if (order === 'dmy') return iso(year(c), b, a)
      if (order === 'mdy') return iso(year(c), a, b)
      // A year of two digits comes last, but for `26-03-04`, which is written for 2026 and for 2004.
      return a.length === 2 && c.length === 2 && numeric[2] === '-' ? iso(year(a), b, c) : undefined
    }
    if (EIGHT.test(text)) {
      if (order === 'ymd') return iso(text.slice(0, 4), text.slice(4, 6), text.slice(6))
      if (order === 'dmy') return iso(text.slice(4), text.slice(2, 4), text.slice(0, 2))
      return order === 'mdy' ? iso(text.slice(4), text.slice(0, 2), text.slice(2, 4)) : undefined
    }
    const [, yyyy, month, day] = CJK.exec(text) ?? []
    if (yyyy !== undefined) return order === 'ymd' ? iso(yyyy, month ?? '', day ?? '') : undefined
    return spelled(text)
  }

  /** A month by its name proves itself, in every order. */
  function spelled(text: string): string | undefined {
    const dayFirst = DAY_FIRST.exec(text)
    if (dayFirst !== null) return iso(year(dayFirst[3] ?? ''), month(dayFirst[2]), dayFirst[1] ?? '')
    const yearFirst = YEAR_FIRST.exec(text)
    if (yearFirst !== null) return iso(yearFirst[1] ?? '', month(yearFirst[2]), yearFirst[3] ?? '')
    const monthFirst = MONTH_FIRST.exec(text)
    return monthFirst === null ? undefined : iso(monthFirst[3] ?? '', month(monthFirst[1]), monthFirst[2] ?? '')
  }

  function month(name = ''): string {
    months ??= createMonthNames()
    return String(months.get(plain(name)) ?? 0)
  }

  function read(given: string, order: DateOrder): ReadDate | undefined {
    const text = given.trim()
    if (text.length > MAX_LENGTH || text === '') return undefined
    const epoch = epochOf(text, order)
    if (epoch !== undefined || order === 'epoch_ms' || order === 'epoch_seconds' || order === 'excel') return epoch
    const time = TIME.exec(text)
    const date = dateOf(time === null ? text : text.slice(0, time.index), order)
    if (date === undefined) return undefined
    if (time === null) return { date, timeMs: undefined, offsetMinutes: undefined }
    const timeMs = timeOf(time)
    const offsetMinutes = offsetOf(time[6])
    return timeMs === undefined || Number.isNaN(offsetMinutes) ? undefined : { date, timeMs, offsetMinutes }
  }

  return {
    read,
    ordersOf: (text) => new Set(DATE_ORDERS.filter((order) => read(text, order) !== undefined)),
  }
}

const year = (digits: string): string => (digits.length === 2 ? `${Number(digits) >= 70 ? 19 : 20}${digits}` : digits)

function iso(yyyy: string, month: string, day: string): string | undefined {
  if (yyyy.length !== 4 || month.length > 2 || day.length > 2) return undefined
  const date = `${yyyy}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  return isDate(date) ? date : undefined
}

function timeOf([, hours = '', minutes = '', seconds = '0', fraction = '', half]: RegExpExecArray): number | undefined {
  let hour = Number(hours)
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined
    hour = (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0)
  }
  if (hour > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined
  return ((hour * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000 + Number(fraction.slice(0, 3).padEnd(3, '0'))
}

/** Minutes; NaN for what is no offset that there is and for letters that mean more than one. */
function offsetOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[A-Z]/i.test(text)) return LETTERS.get(text.toUpperCase()) ?? Number.NaN
  return minutesAhead(text) ?? Number.NaN
}

function epochOf(text: string, order: DateOrder): ReadDate | undefined {
  if (!/^\d{5,13}(\.\d{1,12})?$/.test(text)) return undefined
  const number = Number(text)
  const ms =
    order === 'epoch_ms'
      ? number
      : order === 'epoch_seconds'
        ? number * 1_000
        : order === 'excel'
          ? EXCEL_EPOCH_MS + Math.round(number * DAY_MS)
          : Number.NaN
  if (!(ms >= FROM_MS && ms < TO_MS)) return undefined
  const at = new Date(Math.round(ms)).toISOString()
  const timeMs = Math.round(ms) - Date.parse(`${at.slice(0, 10)}T00:00:00.000Z`)
  // A spreadsheet knows no zone, and a whole day has no time.
  if (order === 'excel')
    return { date: at.slice(0, 10), timeMs: timeMs === 0 ? undefined : timeMs, offsetMinutes: undefined }
  return { date: at.slice(0, 10), timeMs, offsetMinutes: 0 }
}
