import type { Diagnostics } from '../diagnostics.ts'

/**
 * The text of a file in pieces, without its byte order mark. In this order: a byte order mark, zero bytes where UTF-16 has
 * them, what the file declares of itself, UTF-8; a line that is not UTF-8 is read as Windows-1252, and a diagnostic says so
 * once. In Windows-1252 every byte is a character (WHATWG Encoding Standard §9.1), so no text is ever refused, and digits,
 * signs and dates, which are ASCII, are the same in both.
 */
export async function* decoded(
  bytes: AsyncIterable<Uint8Array>,
  diagnostics: Diagnostics,
  declared?: (beginning: string) => string | undefined,
): AsyncGenerator<string> {
  let decode: Decoder | undefined
  let held: Buffer = Buffer.alloc(0)
  for await (const chunk of bytes) {
    held = held.length === 0 ? asBuffer(chunk) : Buffer.concat([held, chunk])
    if (decode === undefined) {
      if (held.length < BEGINNING_BYTES) continue
      decode = decoderFor(held, diagnostics, declared)
    }
    const [text, rest] = decode(held, false)
    held = rest
    if (text !== '') yield text
  }
  decode ??= decoderFor(held, diagnostics, declared)
  const [text] = decode(held, true)
  if (text !== '') yield text
}

/** Enough for a byte order mark, a declaration and a guess. */
const BEGINNING_BYTES = 512

/** Text of the bytes that are whole, and the bytes that are left for the next time. */
type Decoder = (bytes: Buffer, isLast: boolean) => readonly [string, Buffer]

const NOTHING = Buffer.alloc(0)

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function decoderFor(
  beginning: Buffer,
  diagnostics: Diagnostics,
  declared: ((beginning: string) => string | undefined) | undefined,
): Decoder {
  const wide = utf16Of(beginning)
  if (wide !== undefined) return streaming(wide)
  const hasMark = beginning.subarray(0, 3).equals(UTF8_MARK)
  const label = hasMark ? undefined : declared?.(beginning.subarray(0, BEGINNING_BYTES).toString('latin1'))
  if (label === undefined || /^(utf-?8|us-ascii|ascii)$/i.test(label)) return utf8OrWindows(diagnostics, hasMark)
  try {
    return streaming(label)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const message = `The file declares the encoding "${label.slice(0, 40)}", which is not known: it is read as UTF-8`
    diagnostics.add({ severity: 'warning', code: 'encoding', line: 1, message })
    return utf8OrWindows(diagnostics, hasMark)
  }
}

const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** By its mark, or by every second byte of the first characters being zero, as in UTF-16 of what is ASCII. */
export function utf16Of(beginning: Buffer): string | undefined {
  const [a, b, c, d] = beginning
  if (a === 0xff && b === 0xfe) return 'utf-16le'
  if (a === 0xfe && b === 0xff) return 'utf-16be'
  if (a !== 0 && b === 0 && c !== 0 && d === 0) return 'utf-16le'
  return a === 0 && b !== 0 && c === 0 && d !== 0 ? 'utf-16be' : undefined
}

function streaming(label: string): Decoder {
  const decoder = new TextDecoder(label)
  return (bytes, isLast) => [decoder.decode(bytes, { stream: !isLast }), NOTHING]
}

const LINE_FEED = 0x0a
const RETURN = 0x0d

/** Longest run without a line's end that is held back to be decoded as one. */
const MAX_HELD_BYTES = 65_536

function utf8OrWindows(diagnostics: Diagnostics, hasMark: boolean): Decoder {
  let line = 1
  let toSkip = hasMark ? UTF8_MARK.length : 0
  let told = false

  function byLine(bytes: Buffer): string {
    const texts: string[] = []
    let start = 0
    while (start < bytes.length) {
      const end = endOfLine(bytes, start)
      const piece = bytes.subarray(start, end)
      texts.push(tryUtf8(piece) ?? asWindows(piece))
      if (piece.includes(LINE_FEED)) line++
      start = end
    }
    return texts.join('')
  }

  function asWindows(piece: Buffer): string {
    if (!told) {
      told = true
      const message = `Line ${line} is not UTF-8: it is read as Windows-1252, and so is every other one that is not`
      diagnostics.add({ severity: 'warning', code: 'encoding', line, message })
    }
    return windows.decode(piece)
  }

  return (bytes, isLast) => {
    const end = isLast ? bytes.length : lastLineEnd(bytes)
    const whole = bytes.subarray(toSkip, end)
    if (end > 0) toSkip = 0
    const text = tryUtf8(whole)
    if (text === undefined) return [byLine(whole), bytes.subarray(end)]
    if (!told) line += countLineFeeds(whole)
    return [text, bytes.subarray(end)]
  }
}

const windows = new TextDecoder('windows-1252')
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function tryUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

function endOfLine(bytes: Buffer, start: number): number {
  const at = bytes.indexOf(LINE_FEED, start)
  return at === -1 ? bytes.length : at + 1
}

/** Where the last whole line ends; for a run without an end that is too long, where its last whole character may end. */
function lastLineEnd(bytes: Buffer): number {
  const end = Math.max(bytes.lastIndexOf(LINE_FEED), bytes.lastIndexOf(RETURN)) + 1
  if (end > 0 || bytes.length < MAX_HELD_BYTES) return end
  let at = bytes.length
  while (at > bytes.length - 4 && ((bytes[at - 1] ?? 0) & 0xc0) === 0x80) at--
  return at - 1
}

function countLineFeeds(bytes: Buffer): number {
  let count = 0
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) count++
  return count
}
