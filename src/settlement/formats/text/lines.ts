import { BrokenFile } from '../diagnostics.ts'

/** Lines of a text, in pieces. */
export type TextLines = {
  /** The number of the first one; the first line of a file is 1. */
  readonly first: number
  /** Without their ends. */
  readonly lines: readonly string[]
}

/** Far above any line of a settlement file, in UTF-16 units: a file without line ends must not fill memory. */
const MAX_LINE_LENGTH = 262_144

/** Lines end with a line feed, a return, or both; the last one may end with the file. Throws `BrokenFile` for one without a bound. */
export async function* textLines(texts: AsyncIterable<string>): AsyncGenerator<TextLines> {
  let rest = ''
  let first = 1
  for await (const piece of texts) {
    let text = rest + piece
    // The line feed that belongs to it may be in the next piece.
    const hold = text.endsWith('\r') ? '\r' : ''
    if (hold !== '') text = text.slice(0, -1)
    const lines = text.split(LINE_END)
    rest = (lines.pop() ?? '') + hold
    if (rest.length > MAX_LINE_LENGTH || lines.some((line) => line.length > MAX_LINE_LENGTH)) {
      const message = `The line ${first + lines.length} or one before it is longer than ${MAX_LINE_LENGTH} characters`
      throw new BrokenFile('line_too_long', first + lines.length, message)
    }
    if (lines.length > 0) yield { first, lines }
    first += lines.length
  }
  const last = rest.split(LINE_END)
  if (last.at(-1) === '') last.pop()
  if (last.length > 0) yield { first, lines: last }
}

const LINE_END = /\r\n|\n|\r/

/**
 * Lines of a text that has no line feed end with returns: those become line feeds. A piece is held back only while it ends
 * with the first return, whose line feed may be in the next one.
 */
export async function* withLineFeeds(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let endsWithReturns: boolean | undefined
  let held = ''
  for await (const piece of texts) {
    const text = held + piece
    endsWithReturns ??= text.includes('\n') ? false : /\r./s.test(text) ? true : undefined
    held = endsWithReturns === undefined && text.endsWith('\r') ? text : ''
    if (held === '') yield endsWithReturns === true ? text.replaceAll('\r', '\n') : text
  }
  if (held !== '') yield held.replaceAll('\r', '\n')
}
