import { hash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { holdsCardNumber } from '../platform/card-number.ts'
import { Refusal } from '../platform/errors.ts'
import { cardsRefused } from './json-body.ts'

const HEADER = 'Idempotency-Key'
const KEY_MAX = 255
const PRINTABLE = /^[\x20-\x7e]+$/
const QUOTED = /^"(?:[^"\\]|\\["\\])*"$/

/**
 * The idempotency key of a request that moves money: 1 to 255 printable ASCII characters. A structured-field string
 * (`"abc"`) is the same key as its plain form (`abc`). Throws `idempotency_key_required`, `idempotency_key_invalid`
 * and `pan_detected`.
 */
export function idempotencyKeyOf(request: IncomingMessage, options: { readonly maxLength?: number } = {}): string {
  const header = request.headers['idempotency-key']
  const text = typeof header === 'string' ? header.trim() : ''
  if (text === '') throw refused('idempotency_key_required', 'Send it with a value that you keep for every retry.')
  // Node joins repeated fields with a comma, which a key may hold, too.
  if (text.includes(', ') && (request.headersDistinct['idempotency-key']?.length ?? 0) > 1) {
    throw refused('idempotency_key_invalid', 'It must be sent once.')
  }
  const key = text.startsWith('"') ? unquoted(text) : text
  const maxLength = options.maxLength ?? KEY_MAX
  if (key.length === 0 || key.length > maxLength || !PRINTABLE.test(key)) {
    throw refused('idempotency_key_invalid', `It must have 1 to ${maxLength} printable ASCII characters.`)
  }
  if (holdsCardNumber(key)) throw cardsRefused([HEADER])
  return key
}

function unquoted(text: string): string {
  if (!QUOTED.test(text)) throw refused('idempotency_key_invalid', 'Its double quotes are not closed.')
  return text.slice(1, -1).replace(/\\(["\\])/g, '$1')
}

function refused(code: 'idempotency_key_required' | 'idempotency_key_invalid', detail: string): Refusal {
  return new Refusal(code, `${HEADER}: ${detail}`, { errors: [{ pointer: HEADER, detail }] })
}

/**
 * SHA-256 over a canonical form of what was asked: a list of values in a fixed order, defaults filled in, names
 * sorted. The order of fields and the spaces in a body make no difference, its meaning does. Stored with the key, so
 * the canonical forms never change without a new word at their start.
 */
export const fingerprintOf = (canonical: readonly unknown[]): Buffer =>
  hash('sha256', JSON.stringify(canonical), 'buffer')
