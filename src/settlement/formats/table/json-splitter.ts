import { BrokenFile } from '../diagnostics.ts'

/** A record's text and where it begins; or something that is none, where a record should be. */
export type Piece =
  | { readonly line: number; readonly text: string }
  | { readonly line: number; readonly wrong: 'no_object' | 'second_list' }

export type JsonSplitter = { readonly take: (text: string) => readonly Piece[]; readonly end: () => void }

/** Far above any record, in UTF-16 units. */
const MAX_OBJECT_LENGTH = 262_144
export const MAX_DEPTH = 32

/**
 * Follows braces, brackets and strings, and cuts out each object of the first array of objects, which is the whole file or
 * a member of the object that the whole file is. Throws `BrokenFile` for what is no such file.
 */
export function createJsonSplitter(): JsonSplitter {
  let line = 1
  let rest = ''
  /** Where in `rest` the scan goes on. */
  let at = 0
  /** Where the record that is open begins, or −1, and in which line. */
  let start = -1
  let startLine = 1
  const open: string[] = []
  let inString = false
  let phase: 'before' | 'records' | 'behind' = 'before'
  /** How many brackets are open around a record, once an array is open that may be the list. */
  let listDepth = -1
  let hasList = false
  let isEnded = false
  /** What the file begins with: several objects are JSON Lines. */
  let top = ''
  let wrongLine = 0
  let found: Piece[] = []

  function take(more: string): readonly Piece[] {
    rest += more
    found = []
    while (at < rest.length) {
      if (inString) skipString()
      else if (start === -1) see(rest.charAt(at++))
      else skipToSpecial()
    }
    // Nothing before the record that is open, or before here, is needed any more. After a backslash `at` is one behind.
    const keep = start === -1 ? Math.min(at, rest.length) : start
    rest = rest.slice(keep)
    at -= keep
    if (start !== -1) start = 0
    if (rest.length > MAX_OBJECT_LENGTH) {
      const message = `The object at line ${startLine} is longer than ${MAX_OBJECT_LENGTH} characters`
      throw new BrokenFile('record_too_long', startLine, message)
    }
    return found
  }

  function skipString(): void {
    IN_STRING.lastIndex = at
    const next = IN_STRING.exec(rest)
    at = next === null ? rest.length : next.index + (next[0] === '\\' ? 2 : 1)
    if (next?.[0] === '"') inString = false
    if (next?.[0] === '\n') line++
  }

  /** Within a record only these matter. */
  function skipToSpecial(): void {
    IN_RECORD.lastIndex = at
    const next = IN_RECORD.exec(rest)
    at = next === null ? rest.length : next.index + 1
    if (next !== null) see(next[0])
  }

  function see(char: string): void {
    if (char === '\n') line++
    if (char === ' ' || char === ',' || char === '\n' || char === '\r' || char === '\t') return
    if (isEnded) {
      const code = top === '{' ? 'several_values' : 'json'
      throw new BrokenFile(code, line, `Line ${line} has something behind the end of the JSON`)
    }
    if (char === '}' || char === ']') return closed(char)
    if (open.length === listDepth && start === -1) sawInList(char)
    if (char === '"') inString = true
    else if (char === '{' || char === '[') opened(char)
    else if (open.length === 0) throw new BrokenFile('json', line, `Line ${line} is no JSON of records`)
  }

  /** What an array holds decides what it is: the list of records, a second one, or something else. */
  function sawInList(char: string): void {
    if (phase === 'records') {
      if (char === '{') {
        start = at - 1
        startLine = line
      } else if (wrongLine !== line) {
        wrongLine = line
        found.push({ line, wrong: 'no_object' })
      }
    } else if (phase === 'before' && char === '{') {
      phase = 'records'
      hasList = true
      sawInList(char)
    } else {
      if (phase === 'behind' && char === '{') found.push({ line, wrong: 'second_list' })
      listDepth = -1
    }
  }

  function opened(char: '{' | '['): void {
    if (open.length === 0) top = char
    if (char === '[' && phase !== 'records' && (open.length === 0 || (open.length === 1 && open[0] === '{')))
      listDepth = open.length + 1
    if (open.push(char) > MAX_DEPTH)
      throw new BrokenFile('too_deep', line, `Line ${line} is nested more than ${MAX_DEPTH} levels deep`)
  }

  function closed(char: '}' | ']'): void {
    if (open.pop() !== (char === '}' ? '{' : '['))
      throw new BrokenFile('json', line, `A "${char}" in line ${line} closes nothing`)
    if (start !== -1 && open.length === listDepth) {
      found.push({ line: startLine, text: rest.slice(start, at) })
      start = -1
    }
    if (open.length === listDepth - 1) {
      // An empty list has no records, which is fine, unless another one follows that has.
      hasList = true
      if (phase === 'records') phase = 'behind'
      listDepth = -1
    }
    isEnded = open.length === 0
  }

  return {
    take,
    end() {
      if (open.length > 0 || inString)
        throw new BrokenFile('cut_off', line, `The file ends in the middle of a record, in line ${line}`)
      if (!hasList) throw new BrokenFile('no_records', 1, 'There is no array of objects in the file')
    },
  }
}

const IN_STRING = /["\\\n]/g
const IN_RECORD = /["{}[\]\n]/g
