import { isUtf8 } from 'node:buffer'
import { holdsCardNumber, mayHoldCardNumber } from '../platform/card-number.ts'
import { type FieldError, Refusal } from '../platform/errors.ts'
import { DUPLICATES_MAX, scanJson } from './json-scan.ts'
import { escapeSegment } from './pointer.ts'

/**
 * A JSON body, and what its text gave away that a schema cannot see. A number that is not written as a plain integer
 * within ±(2^53 − 1), such as 12.50, 12.0 or 1e3, is a `Symbol` that describes its literal: no schema takes it, no
 * arithmetic works on it, and the refusal can still quote it.
 */
export type JsonBody = {
  readonly value: unknown
  /** Pointers of the fields that hold a card number. A name that holds one is told by its object's pointer. */
  readonly cards: readonly string[]
  /** Names given twice, control characters, halves of surrogate pairs, `__proto__`. */
  readonly faults: readonly FieldError[]
}

// A batch of 1,000 payments with 10,000 orders has about 120,000 values. More than these would make a body that is
// wrong in every value expensive to describe.
const VALUES_MAX = 300_000
// Our deepest document has five levels.
const DEPTH_MAX = 32
// A refusal names this many fields; the rest are refused without being named.
const REPORTED_MAX = 20

const CONTROL = /[\u007f-\u009f]/
const NUMBER_NOT_PLAIN = /[[:,]\s*-?(?:\d+[.eE]|\d{16})/
const NAME_END = /"\s*:/g

/** Reads a body, or throws `malformed_json`. Never quotes what it could not read: it may hold a card number. */
export function readJsonBody(bytes: Buffer): JsonBody {
  if (!isUtf8(bytes)) throw malformed('The body is not UTF-8.')
  const text = bytes.toString('utf8')
  if (looksPlain(text)) {
    const value = parse(text)
    // A name given twice is one more in the text than in what it was parsed to.
    if ((text.match(NAME_END)?.length ?? 0) === measure(value)) return { value, cards: [], faults: [] }
  }
  return readClosely(text)
}

/** Four quick looks that let nearly every honest body skip the close reading. None misses what it looks for. */
function looksPlain(text: string): boolean {
  return (
    !text.includes('\\') &&
    !text.includes('__proto__') &&
    !NUMBER_NOT_PLAIN.test(text) &&
    !mayHoldCardNumber(text) &&
    !CONTROL.test(text)
  )
}

function readClosely(text: string): JsonBody {
  // Measured before anything that uses recursion reads it.
  measure(parse(text))
  const scan = scanJson(text)
  if (!scan.ok) throw malformedAt(text, scan.offset, scan.expected)
  if (scan.duplicates.length > DUPLICATES_MAX) throw unfit('The body gives many names twice in their objects.')
  const value: unknown = JSON.parse(text, keepLiteral)
  const found: Found = { cards: new Set(), faults: [] }
  for (const pointer of scan.duplicates) {
    found.faults.push({ pointer, detail: 'The name is given twice in its object; give it once.' })
  }
  inspect(value, '', '', found)
  return { value, cards: [...found.cards], faults: found.faults }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    const scan = scanJson(text)
    throw scan.ok ? malformed('The body is not JSON.') : malformedAt(text, scan.offset, scan.expected)
  }
}

const keepLiteral = (_name: string, value: unknown, context?: { readonly source?: string }): unknown => {
  if (typeof value !== 'number' || context?.source === undefined) return value
  return /[.eE]/.test(context.source) || !Number.isSafeInteger(value) ? Symbol(context.source) : value
}

/** Counts the names in the value. Refuses what is too deep or too much before anything walks it at length. */
function measure(root: unknown): number {
  let names = 0
  let values = 0
  const walk = (value: unknown, depth: number): void => {
    values += 1
    if (typeof value !== 'object' || value === null) return
    if (depth === DEPTH_MAX) throw unfit(`The body is nested deeper than ${DEPTH_MAX} levels.`)
    if (values > VALUES_MAX) throw unfit(`The body holds more than ${VALUES_MAX} values.`)
    if (Array.isArray(value)) {
      for (const item of value) walk(item, depth + 1)
      return
    }
    for (const name in value) {
      names += 1
      walk(Reflect.get(value, name), depth + 1)
    }
  }
  walk(root, 0)
  if (values > VALUES_MAX) throw unfit(`The body holds more than ${VALUES_MAX} values.`)
  return names
}

type Found = { readonly cards: Set<string>; readonly faults: FieldError[] }

function inspect(value: unknown, pointer: string, name: string, found: Found): void {
  if (typeof value === 'string') inspectText(value, pointer, pointer, found)
  else if (typeof value === 'number' || typeof value === 'symbol') {
    const literal = typeof value === 'symbol' ? (value.description ?? '') : String(value)
    if (name !== 'amount' && holdsCardNumber(literal)) found.cards.add(pointer)
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) inspect(item, `${pointer}/${index}`, '', found)
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      const child = `${pointer}/${escapeSegment(key)}`
      // A name that holds a card number must not come back inside a pointer either.
      const shown = holdsCardNumber(key) ? pointer : child
      inspectText(key, shown, pointer, found)
      if (key === '__proto__')
        found.faults.push({ pointer: child, detail: '"__proto__" is not a name that a field can have.' })
      inspect(item, shown, key, found)
    }
  }
}

function inspectText(text: string, pointer: string, faultPointer: string, found: Found): void {
  if (holdsCardNumber(text)) found.cards.add(pointer)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for.
  const control = /[\u0000-\u001f\u007f-\u009f]/.exec(text)
  if (control !== null) {
    const code = text.charCodeAt(control.index).toString(16).toUpperCase().padStart(4, '0')
    found.faults.push({
      pointer: faultPointer,
      detail: `Text must not hold a control character; U+${code} is at position ${control.index}.`,
    })
  }
  if (!text.isWellFormed())
    found.faults.push({ pointer: faultPointer, detail: 'Text must not hold half of a surrogate pair.' })
}

const malformed = (detail: string): Refusal => new Refusal('malformed_json', detail)

const unfit = (detail: string): Refusal => new Refusal('invalid_request', detail, { errors: [{ pointer: '', detail }] })

function malformedAt(text: string, offset: number, expected: string): Refusal {
  const before = text.slice(0, offset)
  const line = before.split('\n').length
  const column = offset - before.lastIndexOf('\n')
  const place = offset >= text.length ? 'at the end' : `at line ${line}, column ${column}`
  return new Refusal('malformed_json', `The body is not JSON: ${place}, ${expected} was expected.`)
}

/** `pan_detected` for these fields; the number itself appears nowhere. */
export function cardsRefused(pointers: readonly string[]): Refusal {
  const detail = 'It holds a card number. Send the token of a payment method instead, e.g. pm_test_visa.'
  const named = pointers.slice(0, REPORTED_MAX)
  const errors = named.map((pointer) => ({ pointer, detail }))
  const where = named.map((pointer) => (pointer === '' ? 'the body' : pointer)).join(', ')
  return new Refusal('pan_detected', `A card number was sent in ${where}. It was not stored.`, { errors })
}
