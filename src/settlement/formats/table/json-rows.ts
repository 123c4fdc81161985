import { BrokenFile } from '../diagnostics.ts'

/** An object of a JSON file as fields of text. Numbers are the digits that stand there, never a float. */
export type JsonObject = {
  readonly line: number
  readonly fields: readonly (readonly [key: string, value: string])[]
  readonly problem: { readonly code: string; readonly column: number; readonly message: string } | undefined
}

/** Far above any record, in UTF-16 units. */
const MAX_OBJECT_LENGTH = 1_048_576
const MAX_DEPTH = 32

/**
 * The objects of a JSON Lines file, or of the first array of objects in a JSON file: at its top, or a member of the object
 * at its top (`{ "data": [ … ] }`). No more than a piece and one object is in memory.
 */
export async function* jsonObjects(
  texts: AsyncIterable<string>,
  kind: 'json' | 'jsonl',
): AsyncGenerator<readonly JsonObject[]> {
  const splitter = createSplitter(kind)
  for await (const text of texts) yield splitter.take(text)
  splitter.end()
}

type Splitter = { readonly take: (text: string) => readonly JsonObject[]; readonly end: () => void }

/** Follows braces, brackets and strings, and cuts out each object at the depth where records are. */
function createSplitter(kind: 'json' | 'jsonl'): Splitter {
  let line = 1
  let rest = ''
  /** Where in `rest` the scan goes on. */
  let at = 0
  let start = -1
  let startLine = 1
  const open: string[] = []
  let inString = false
  /** How many brackets are open around a record. */
  let recordDepth = kind === 'jsonl' ? 0 : -1
  let isDone = false

  function take(more: string): readonly JsonObject[] {
    rest += more
    const found: JsonObject[] = []
    for (; at < rest.length && !isDone; at++) {
      const char = rest[at]
      if (char === '\n') line++
      if (inString) {
        if (char === '\\') at++
        else if (char === '"') inString = false
        continue
      }
      if (char === '"') inString = true
      else if (char === '{' || char === '[') opened(char)
      else if (char === '}' || char === ']') closed(char, found)
    }
    // Nothing before the record that is open, or before here, is needed any more.
    const keep = start === -1 ? Math.min(at, rest.length) : start
    rest = rest.slice(keep)
    at -= keep
    if (start !== -1) start = 0
    if (rest.length > MAX_OBJECT_LENGTH)
      throw new BrokenFile(
        'record_too_long',
        startLine,
        `The object at line ${startLine} is longer than ${MAX_OBJECT_LENGTH} characters`,
      )
    return found
  }

  function opened(char: '{' | '['): void {
    // The first array that is met holds the records, when it is not deeper than a member of the top.
    if (char === '[' && recordDepth === -1 && open.length <= 1) recordDepth = open.length + 1
    if (char === '{' && open.length === recordDepth && start === -1) {
      start = at
      startLine = line
    }
    open.push(char)
    if (open.length > MAX_DEPTH)
      throw new BrokenFile('too_deep', line, `Line ${line} is nested more than ${MAX_DEPTH} levels deep`)
  }

  function closed(char: '}' | ']', found: JsonObject[]): void {
    const opener = open.pop()
    if ((char === '}') !== (opener === '{'))
      throw new BrokenFile('json', line, `A "${char}" in line ${line} closes nothing`)
    if (char === '}' && start !== -1 && open.length === recordDepth) {
      found.push(objectOf(rest.slice(start, at + 1), startLine))
      start = -1
    }
    if (char === ']' && open.length === recordDepth - 1) isDone = true
  }

  return {
    take,
    end() {
      if (recordDepth === -1) throw new BrokenFile('no_records', 1, 'There is no array of objects in the file')
      if (!isDone && (open.length > 0 || inString))
        throw new BrokenFile('cut_off', line, `The file ends in the middle of a record, in line ${line}`)
    },
  }
}

function objectOf(text: string, line: number): JsonObject {
  try {
    const fields: (readonly [string, string])[] = []
    flatten('', JSON.parse(text, keepDigits), fields)
    return { line, fields, problem: undefined }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    return {
      line,
      fields: [],
      problem: { code: 'json', column: 0, message: `The object is no JSON: ${error.message}`.slice(0, 200) },
    }
  }
}

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return typeof value === 'number' ? (context?.source ?? String(value)) : value
}

/** Members of members are named `amount.value`; a list is its JSON. */
function flatten(path: string, value: unknown, fields: (readonly [string, string])[]): void {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    for (const [key, each] of Object.entries(value)) flatten(path === '' ? key : `${path}.${key}`, each, fields)
  } else {
    fields.push([path, value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)])
  }
}
