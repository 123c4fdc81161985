import { SaxesParser } from 'saxes'
import { BrokenFile, type Diagnostics } from '../diagnostics.ts'

/** What an XML text is made of, in its order. Names come without their prefix. */
export type XmlHandler = {
  readonly open: (name: string, prefix: string, line: number, column: number) => void
  /** Of the element that was opened last, with its prefix. */
  readonly attribute: (name: string, value: string) => void
  readonly text: (text: string) => void
  readonly close: () => void
}

/** Far more than any message has: elements within elements cost memory. */
const MAX_DEPTH = 64

/** Characters without the beginning or the end of an element: a text, a comment or a tag must not fill memory. */
const MAX_WITHOUT_TAG = 1_048_576

/** How much is read before lines are handed on. */
const PIECE_LENGTH = 65_536

/**
 * Reads XML piece by piece and hands its parts on; `between` is awaited after each piece. Ill-formed XML breaks the file,
 * with its place, for what follows may be anything. Only a character that XML forbids, or an entity without a definition,
 * is told and read on: the tags around it are what they were.
 *
 * A document type declaration is refused: no message needs one, and its entities can name other files and addresses or
 * grow without a bound (OWASP, XML External Entity Prevention).
 */
export async function readXml(
  texts: AsyncIterable<string>,
  diagnostics: Diagnostics,
  handler: XmlHandler,
  between: () => Promise<void>,
): Promise<void> {
  const feed = createFeed(diagnostics, handler)
  for await (const text of texts) {
    for (let at = 0; at < text.length; at += PIECE_LENGTH) {
      feed.write(text.slice(at, at + PIECE_LENGTH))
      await between()
    }
  }
  feed.end()
}

type Feed = { readonly write: (piece: string) => void; readonly end: () => void }

function createFeed(diagnostics: Diagnostics, handler: XmlHandler): Feed {
  const parser = new SaxesParser({ xmlns: false, position: false })
  let written = 0
  let lastTag = 0
  let depth = 0
  let isStarted = false

  parser.on('error', ({ message }) => judge(message))
  parser.on('doctype', () => {
    const reason = 'A document type declaration is refused: its entities could read other files or fill memory'
    throw new BrokenFile('doctype', parser.line, `${reason} (XXE, billion laughs)`)
  })
  parser.on('opentagstart', ({ name }) => {
    lastTag = written
    depth++
    if (depth > MAX_DEPTH)
      throw new BrokenFile('nesting', parser.line, `Elements are nested more than ${MAX_DEPTH} deep`)
    const colon = name.indexOf(':')
    handler.open(name.slice(colon + 1), colon < 0 ? '' : name.slice(0, colon), parser.line, parser.column)
  })
  parser.on('attribute', ({ name, value }) => handler.attribute(name, value))
  parser.on('text', handler.text)
  parser.on('cdata', handler.text)
  parser.on('closetag', () => {
    lastTag = written
    depth--
    handler.close()
  })

  /** The parser goes on after an error; what it makes of the text is only certain after these. */
  function judge(message: string): void {
    const { line, column } = parser
    const isAfterRoot = message === OUTSIDE && depth === 0 && lastTag > 0
    if (!isAfterRoot && !HARMLESS.has(message))
      throw new BrokenFile('xml', line, `It is no well-formed XML in column ${column}: ${message}`)
    diagnostics.add({ severity: 'warning', code: 'xml', line, column, message: `In the XML: ${message}` })
  }

  return {
    write(piece) {
      const text = isStarted ? piece : piece.trimStart()
      // Line feeds before the declaration are no XML, and harmless.
      if (!isStarted) parser.line += piece.slice(0, piece.length - text.length).split(LINE_END).length - 1
      if (text === '') return
      isStarted = true
      written += text.length
      parser.write(text)
      if (written - lastTag > MAX_WITHOUT_TAG)
        throw new BrokenFile('xml', parser.line, `There are more than ${MAX_WITHOUT_TAG} characters without a tag`)
    },
    end() {
      parser.close()
    },
  }
}

const LINE_END = /\r\n|\n|\r/
const OUTSIDE = 'text data outside of root node.'
const HARMLESS = new Set(['disallowed character.', 'undefined entity.'])

/** The encoding that an XML declaration names, for `decoded`. UTF-16 would have been seen from its bytes. */
export function declaredEncoding(beginning: string): string | undefined {
  const label = /^\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z][\w.-]{0,39})["']/.exec(beginning)?.[1]
  return label === undefined || /^(?:utf-?16|utf-?32|ucs|iso-10646)/i.test(label) ? undefined : label
}
