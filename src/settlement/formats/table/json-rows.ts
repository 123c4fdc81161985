import { textLines } from '../text/lines.ts'
import { createJsonSplitter, MAX_DEPTH } from './json-splitter.ts'
import { plainNumber } from './plain-number.ts'

export type JsonField = readonly [key: string, value: string, isNumber: boolean]

/** An object of a JSON file as fields of text. Numbers are the digits that stand there, never a float. */
export type JsonObject = {
  readonly line: number
  readonly fields: readonly JsonField[]
  readonly problem: { readonly code: string; readonly column: number; readonly message: string } | undefined
}

/** The objects of a JSON Lines file, each in a line of its own. A line that is none is a problem of that line alone. */
export async function* jsonLines(texts: AsyncIterable<string>): AsyncGenerator<readonly JsonObject[]> {
  for await (const { first, lines } of textLines(texts)) {
    const objects: JsonObject[] = []
    for (const [index, line] of lines.entries()) if (line.trim() !== '') objects.push(objectOf(line, first + index))
    yield objects
  }
}

/**
 * The objects of the first array of objects in a JSON file: at its top, or a member of the object at its top
 * (`{ "data": [ … ] }`). No more than a piece and one object is in memory.
 */
export async function* jsonObjects(texts: AsyncIterable<string>): AsyncGenerator<readonly JsonObject[]> {
  const splitter = createJsonSplitter()
  for await (const text of texts)
    yield splitter
      .take(text)
      .map((piece) =>
        'text' in piece ? objectOf(piece.text, piece.line) : problemOf(piece.line, 'json', WRONG[piece.wrong]),
      )
  splitter.end()
}

const WRONG = {
  no_object: 'There is something in the list of records that is no object',
  second_list: 'There is a second list of records in the file, which is not read',
}

const problemOf = (line: number, code: string, message: string): JsonObject => ({
  line,
  fields: [],
  problem: { code, column: 0, message },
})

function objectOf(text: string, line: number): JsonObject {
  if (isTooDeep(text)) return problemOf(line, 'too_deep', `The object is nested more than ${MAX_DEPTH} levels deep`)
  try {
    const value: unknown = JSON.parse(text, keepDigits)
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Digits)
      return problemOf(line, 'json', 'The line is JSON and no object')
    const fields: JsonField[] = []
    flatten('', value, fields)
    const nul = fields.findIndex(([, each]) => each.includes('\0'))
    if (nul === -1) return { line, fields, problem: undefined }
    // No database text can hold it, and nothing that a person writes does.
    return { line, fields: [], problem: { code: 'nul', column: nul + 1, message: 'There is a NUL character' } }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return problemOf(line, 'json', `The object is no JSON: ${error.message}`.slice(0, 200))
  }
}

/** Brackets in strings count as well: nothing that a person wrote has so many. */
function isTooDeep(text: string): boolean {
  let depth = 0
  OPENING_OR_CLOSING.lastIndex = 0
  for (let next = OPENING_OR_CLOSING.exec(text); next !== null; next = OPENING_OR_CLOSING.exec(text)) {
    depth += next[0] === '{' || next[0] === '[' ? 1 : -1
    if (depth > MAX_DEPTH) return true
  }
  return false
}

const OPENING_OR_CLOSING = /[{}[\]]/g

/** A number as it stands there. */
class Digits {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toJSON(): string {
    return this.text
  }
}

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? new Digits(plainNumber(context?.source ?? String(value))) : value
}

/** Members of members are named `amount.value`; a list is its JSON. */
function flatten(path: string, value: unknown, fields: JsonField[]): void {
  if (value instanceof Digits) fields.push([path, value.text, true])
  else if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    for (const [key, each] of Object.entries(value)) flatten(path === '' ? key : `${path}.${key}`, each, fields)
  } else fields.push([path, textOf(value), false])
}

/** Half a character cannot be stored. */
function textOf(value: unknown): string {
  if (value === null) return ''
  return (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).toWellFormed()
}
