import { isCurrency } from '../../../money/index.ts'
import { invalid } from './errors.ts'

/** What a body may be once it is JSON. */
export type Fields = Readonly<Record<string, unknown>>

export function record(value: unknown, name: string): Fields {
  if (isFields(value)) return value
  throw invalid('invalid_body', `${name} must be a JSON object`)
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function onlyFields(fields: Fields, known: readonly string[]): void {
  for (const name of Object.keys(fields)) {
    if (known.includes(name)) continue
    throw invalid('unknown_field', `There is no field "${name.slice(0, 64)}"; known are ${known.join(', ')}`)
  }
}

const MAX_TEXT = 255 // characters, so that a record stays small

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses.
const CONTROL = /[\u0000-\u001f\u007f]/

export function text(fields: Fields, name: string): string {
  const value = fields[name]
  if (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= MAX_TEXT &&
    !CONTROL.test(value) &&
    value.isWellFormed()
  )
    return value
  throw invalid(
    'invalid_field',
    `${name} must be a text of 1 to ${MAX_TEXT} characters without control characters`,
    name,
  )
}

/** An amount in minor units: a JSON integer from 1 to 2^53 − 1. */
export function amount(fields: Fields, name: string): bigint {
  const value = fields[name]
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return BigInt(value)
  throw invalid('invalid_amount', `${name} must be an integer from 1 to 2^53-1, in minor units`, name)
}

export function currency(fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value === 'string' && isCurrency(value)) return value
  throw invalid('invalid_currency', `${name} must be an ISO 4217 code of a currency in use, in capital letters`, name)
}

const KEY = /^[\x20-\x7e]{1,255}$/

export function idempotencyKey(header: string | string[] | undefined): string {
  if (typeof header === 'string' && KEY.test(header)) return header
  throw invalid(
    header === undefined ? 'idempotency_key_required' : 'idempotency_key_invalid',
    'The header Idempotency-Key must hold 1 to 255 printable ASCII characters',
    'Idempotency-Key',
  )
}

/** The JSON integer of an amount. Exact, because no amount in the book is above 2^53 − 1. */
export const jsonInteger = (minorUnits: bigint): number => Number(minorUnits)
