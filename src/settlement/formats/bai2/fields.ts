import { MAX_SUM } from '../../../money/index.ts'
import { UnreadableRow } from '../diagnostics.ts'

/** A place in the fields of a record. Its parts are joined as if there were a comma between them. */
export type Cursor = {
  readonly parts: readonly string[]
  part: number
  at: number
  /** The field that was read last, the record code being 1. */
  column: number
}

export const cursorOf = (parts: readonly string[]): Cursor => ({ parts, part: 0, at: 0, column: 1 })

/** The next field without blanks around it, or undefined after the last one. */
export function nextField(cursor: Cursor): string | undefined {
  const text = cursor.parts[cursor.part]
  if (text === undefined) return undefined
  cursor.column++
  const comma = text.indexOf(',', cursor.at)
  const field = comma === -1 ? text.slice(cursor.at) : text.slice(cursor.at, comma)
  if (comma === -1) {
    cursor.part++
    cursor.at = 0
  } else cursor.at = comma + 1
  return field.trim()
}

/** What is left, part by part: the text of a record 16, in which commas and slashes are its own. */
export function restOf(cursor: Cursor): string[] {
  return cursor.parts
    .slice(cursor.part)
    .map((part, index) => withoutCommas((index === 0 ? part.slice(cursor.at) : part).trim()))
    .filter((part) => part !== '')
}

/** A comma at the end separates nothing. */
function withoutCommas(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === COMMA) end--
  return end === text.length ? text : text.slice(0, end).trimEnd()
}

const COMMA = 44

/** Whole minor units with or without a sign, e.g. `+00000000001280000`. Throws `UnreadableRow` for anything else. */
export function readAmount(text: string, column: number): bigint {
  if (!/^[+-]?\d{1,40}$/.test(text))
    throw new UnreadableRow('amount', column, `"${text.slice(0, 40)}" is no whole number of minor units`)
  const amount = BigInt(text)
  if (amount > MAX_SUM || amount < -MAX_SUM)
    throw new UnreadableRow('amount', column, 'The amount is more than 2^63 − 1 minor units')
  return amount
}

/** Undefined for an empty field: not stated. */
export function readCount(text: string | undefined, column: number): number | undefined {
  if (text === undefined || text === '') return undefined
  if (/^\+?0*\d{1,12}$/.test(text)) return Number(text)
  throw new UnreadableRow('count', column, `"${text.slice(0, 40)}" is no count`)
}

const MAX_DAYS = 1_000 // of a distributed availability: D and how many days

/**
 * Passes over what follows a funds type: S has three amounts, V a date and a time, D a count and so many pairs of days and
 * amount; 0, 1, 2, Z and nothing have none. Answers the value date of V, and false for a type that is none of them.
 */
export function readFunds(cursor: Cursor, type: string): string | boolean {
  switch (type.toUpperCase()) {
    case '':
    case '0':
    case '1':
    case '2':
    case 'Z':
      return true
    case 'S':
      skip(cursor, 3)
      return true
    case 'V': {
      const date = nextField(cursor) ?? ''
      skip(cursor, 1)
      return date
    }
    case 'D': {
      const days = nextField(cursor) ?? ''
      if (!/^\d{1,4}$/.test(days) || Number(days) > MAX_DAYS)
        throw new UnreadableRow('funds', cursor.column, `"${days.slice(0, 16)}" is no number of days of availability`)
      skip(cursor, 2 * Number(days))
      return true
    }
    default:
      return false
  }
}

function skip(cursor: Cursor, fields: number): void {
  for (let count = 0; count < fields; count++) nextField(cursor)
}
