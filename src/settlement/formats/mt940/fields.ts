/**
 * The frame of SWIFT's FIN messages and what banks make of it: blocks `{1:…}{4:` to `-}`, or a lone `-`, or nothing. A
 * field begins with `:tag:` at the start of a line and goes on to the next one.
 */

export type Field = {
  readonly tag: string
  /** Where it begins in the file. */
  readonly line: number
  /** Its lines that are not blank; the first without the tag, even if blank. */
  readonly lines: readonly string[]
}

export type FieldSink = {
  readonly field: (field: Field) => void
  /** The message ended. */
  readonly end: () => void
  /** A message of another type began, which is none of a statement; its fields are left out. */
  readonly otherMessage: (type: string, line: number) => void
  /** A message with a header of SWIFT began: `940`, `942` or `950`. */
  readonly message: (type: string) => void
  /** Whether a `-` that stands alone in a text is a part of it: the statement cannot end here. */
  readonly isInside: () => boolean
  /** A field that begins here is too long; the rest of it is left out. */
  readonly tooLong: (line: number) => void
  /** A line that belongs to no field. */
  readonly stray: (line: number, text: string) => void
}

export type FieldReader = { readonly line: (text: string, line: number) => void; readonly finish: () => void }

const TAGS: ReadonlySet<string> = new Set(
  '20 21 25 25P 28 28C 60 60F 60M 61 62 62F 62M 64 65 86 NS 13 13D 34F 90C 90D'.split(' '),
)
/** Fields with lines of text below the first. */
const TEXTS: ReadonlySet<string> = new Set(['61', '86', 'NS', '25', '25P'])
/** Types of messages that are statements. Some banks write `:940:` in place of a header. */
const STATEMENTS: ReadonlySet<string> = new Set(['940', '942', '950'])

/** Twenty times what field 86 may have. */
const MAX_FIELD_LENGTH = 8_192

type Open = { readonly tag: string; readonly line: number; readonly lines: string[]; length: number }

const COLON = 0x3a
const BRACE = 0x7b
const DASH = 0x2d
/** Marks of a line protocol around messages, and bytes of nothing. */
const CONTROL = /[^\P{Cc}\t]|\ufeff/u
const EVERY_CONTROL = new RegExp(CONTROL, 'gu')

export function createFieldReader(sink: FieldSink): FieldReader {
  let open: Open | undefined
  let isOther = false

  const flush = (): void => {
    const field = open
    open = undefined
    if (field !== undefined) sink.field(field)
  }
  const end = (): void => {
    flush()
    sink.end()
  }

  function goOn(text: string, line: number): void {
    if (open === undefined || text.trim() === '') return
    if (!TEXTS.has(open.tag)) return sink.stray(line, text)
    if (open.length > MAX_FIELD_LENGTH) return
    open.length += text.length
    if (open.length > MAX_FIELD_LENGTH) return sink.tooLong(open.line)
    open.lines.push(text)
  }

  function begin(tag: string, text: string, line: number): void {
    flush()
    if (STATEMENTS.has(tag)) return sink.message(tag)
    open = { tag, line, lines: [text.slice(0, MAX_FIELD_LENGTH)], length: text.length }
  }

  function frame(text: string, line: number): void {
    let rest = text
    while (rest !== '') {
      if (rest.startsWith('-}')) {
        end()
        rest = rest.slice(2)
      } else if (rest.startsWith('{4:')) {
        return read(rest.slice(3), line)
      } else if (/^\{[1-5S]:/.test(rest)) {
        header(rest, line)
        rest = rest.slice(lengthOfBlock(rest))
      } else return read(rest, line)
      rest = rest.trimStart()
    }
  }

  function header(block: string, line: number): void {
    const type = /^\{2:[IO](\d{3})/.exec(block)?.[1]
    if (type === undefined) return
    end()
    isOther = !STATEMENTS.has(type)
    if (isOther) sink.otherMessage(type, line)
    else sink.message(type)
  }

  function read(text: string, line: number): void {
    if (isOther) return
    const tag = tagOf(text)
    if (tag !== undefined && !isWrappedTime(open, tag, text)) return begin(tag, text.slice(tag.length + 2), line)
    if (text.trimEnd() === '-' && !(open !== undefined && TEXTS.has(open.tag) && sink.isInside())) return end()
    goOn(text, line)
  }

  return {
    line(raw, line) {
      const text = CONTROL.test(raw) ? raw.replace(EVERY_CONTROL, '') : raw
      const first = text.charCodeAt(0)
      const startsFrame = first === BRACE || first === DASH
      if (startsFrame && (text.startsWith('-}') || /^\{[1-5S]:/.test(text))) return frame(text, line)
      if (!text.endsWith('-}')) return read(first === 0x20 ? untabbed(text) : text, line)
      read(text.slice(0, -2), line)
      end()
    },
    finish: end,
  }
}

/** A tag may be indented; a text keeps its blanks. */
const untabbed = (text: string): string => (tagOf(text.trimStart()) === undefined ? text : text.trimStart())

function tagOf(text: string): string | undefined {
  if (text.charCodeAt(0) !== COLON) return undefined
  const end = text.charCodeAt(3) === COLON ? 3 : 4
  if (text.charCodeAt(end) !== COLON) return undefined
  const tag = text.slice(1, end)
  return TAGS.has(tag) || STATEMENTS.has(tag) ? tag : undefined
}

/** A time of day in a text, broken before its minutes: `T20` and `:25:37` on the next line. */
function isWrappedTime(open: Open | undefined, tag: string, text: string): boolean {
  if (open === undefined || tag.length !== 2 || tag > '59' || !TEXTS.has(open.tag)) return false
  return /\d\d$/.test(open.lines.at(-1) ?? '') && /^:\d\d:\d\d(?!\d)/.test(text)
}

/** A block ends where its braces close; one that does not close ends with its line. */
function lengthOfBlock(text: string): number {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return at + 1
  }
  return text.length
}
