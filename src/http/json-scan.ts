import { pointerTo } from './pointer.ts'

/**
 * A strict reading of JSON text for what `JSON.parse` does not tell: at which character it stops being JSON, and
 * which object has a name twice. It builds no value, uses no recursion and reads each character once.
 */
export type JsonScan =
  | { readonly ok: true; readonly duplicates: readonly string[] }
  | { readonly ok: false; readonly offset: number; readonly expected: string }

type Frame = { readonly names: Set<string> | undefined; name: string; index: number }
type Expecting = 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'comma or end' | 'end of text'

/** Names given twice that are told one by one; a scan that has more than these stops telling. */
export const DUPLICATES_MAX = 1_000

const EXPECTED: Record<Expecting, string> = {
  value: 'a value',
  'value or ]': 'a value or "]"',
  name: 'a name in double quotes',
  'name or }': 'a name in double quotes or "}"',
  colon: 'a colon',
  'comma or end': 'a comma or the end of the list or object',
  'end of text': 'the end of the text',
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const WORD = /true|false|null/y
const SPACE = /[ \t\n\r]*/y

export function scanJson(text: string): JsonScan {
  const frames: Frame[] = []
  const duplicates: string[] = []
  let expecting: Expecting = 'value'
  let offset = skip(text, 0)

  const fail = (at: number): JsonScan => ({ ok: false, offset: at, expected: EXPECTED[expecting] })
  const closed = (): Expecting => (frames.length === 0 ? 'end of text' : 'comma or end')

  while (offset < text.length) {
    const frame = frames.at(-1)
    const character = text[offset]
    if (expecting === 'end of text') return fail(offset)
    if (expecting === 'colon') {
      if (character !== ':') return fail(offset)
      offset += 1
      expecting = 'value'
    } else if (expecting === 'comma or end' && character === ',') {
      offset += 1
      if (frame?.names === undefined && frame !== undefined) frame.index += 1
      expecting = frame?.names === undefined ? 'value' : 'name'
    } else if (character === closerOf(frame) && mayClose(expecting)) {
      offset += 1
      frames.pop()
      expecting = closed()
    } else if (expecting === 'comma or end') {
      return fail(offset)
    } else if (expecting === 'name' || expecting === 'name or }') {
      const end = endOfString(text, offset)
      if (end.bad || frame?.names === undefined) return fail(end.at)
      frame.name = String(JSON.parse(text.slice(offset, end.at)))
      if (frame.names.has(frame.name) && duplicates.length <= DUPLICATES_MAX) duplicates.push(pathOf(frames))
      frame.names.add(frame.name)
      offset = end.at
      expecting = 'colon'
    } else if (character === '{' || character === '[') {
      frames.push({ names: character === '{' ? new Set() : undefined, name: '', index: 0 })
      offset += 1
      expecting = character === '{' ? 'name or }' : 'value or ]'
    } else {
      const end = endOfScalar(text, offset)
      if (end.bad) return fail(end.at)
      offset = end.at
      expecting = closed()
    }
    offset = skip(text, offset)
  }
  return expecting === 'end of text' ? { ok: true, duplicates } : fail(text.length)
}

const closerOf = (frame: Frame | undefined): string | undefined =>
  frame === undefined ? undefined : frame.names === undefined ? ']' : '}'

const mayClose = (expecting: Expecting): boolean =>
  expecting === 'comma or end' || expecting === 'value or ]' || expecting === 'name or }'

const pathOf = (frames: readonly Frame[]): string =>
  pointerTo(frames.map((frame) => (frame.names === undefined ? frame.index : frame.name)))

function skip(text: string, offset: number): number {
  SPACE.lastIndex = offset
  SPACE.test(text)
  return SPACE.lastIndex
}

type End = { readonly at: number; readonly bad: boolean }

function endOfScalar(text: string, offset: number): End {
  if (text[offset] === '"') return endOfString(text, offset)
  for (const pattern of [NUMBER, WORD]) {
    pattern.lastIndex = offset
    if (pattern.test(text)) return { at: pattern.lastIndex, bad: false }
  }
  return { at: offset, bad: true }
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y

/** Just behind the closing quote, or where the string goes wrong. */
function endOfString(text: string, start: number): End {
  if (text[start] !== '"') return { at: start, bad: true }
  let offset = start + 1
  while (offset < text.length) {
    const code = text.charCodeAt(offset)
    if (code === 0x22) return { at: offset + 1, bad: false }
    if (code < 0x20) break
    if (code === 0x5c) {
      ESCAPE.lastIndex = offset
      if (!ESCAPE.test(text)) break
      offset = ESCAPE.lastIndex
    } else offset += 1
  }
  return { at: offset, bad: true }
}
