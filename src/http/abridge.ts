import { holdsCardNumber } from '../platform/card-number.ts'

// Enough to recognise a value, too little to fill a log or a screen.
const SHOWN_MAX = 40

/** A value as a message may quote it: short, on one line, and never a card number. */
export function abridge(value: unknown): string {
  if (value === undefined || value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'an object'
  const text = typeof value === 'symbol' ? (value.description ?? '') : String(value)
  if (holdsCardNumber(text)) return 'a card number'
  const short = text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX).toWellFormed()}…`
  return typeof value === 'string' ? JSON.stringify(short) : short
}
