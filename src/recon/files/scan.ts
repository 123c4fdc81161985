import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { countLineFeeds } from './line-feeds.ts'
import { piecesOf } from './pieces.ts'

/** What one pass over the bytes of a file says of it. */
export type Scan = {
  readonly sha256: string
  /** How many rows it has, its first one included, when every program splits it into the same rows and cells. */
  readonly rows: number | undefined
}

/** Far above any row. The reader of rows refuses longer ones itself. */
const MAX_LINE_BYTES = 65_536

/**
 * Hashes a file and looks whether it is a plain CSV: UTF-8, a row in each line, ends of lines that are all alike, no empty
 * line and no NUL, and quotes around whole cells only (ADR 0021). `separator` is one ASCII character.
 */
export async function scanFile(path: string, separator: string): Promise<Scan> {
  const hash = createHash('sha256')
  const lines = createLineScan(separator)
  for await (const chunk of piecesOf(path)) {
    hash.update(chunk)
    lines.add(chunk)
  }
  return { sha256: hash.digest('hex'), rows: lines.end() }
}

const [LINE_FEED, RETURN, QUOTE] = [0x0a, 0x0d, 0x22]
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

type LineScan = { readonly add: (chunk: Buffer) => void; readonly end: () => number | undefined }

/** Looks at whole lines only: what comes after the last line feed is held back. */
export function createLineScan(separator: string): LineScan {
  const separatorByte = separator.charCodeAt(0)
  let isPlain = true
  let isFirst = true
  let rows = 0
  let hasReturns: boolean | undefined
  let held: Buffer = Buffer.alloc(0)

  function look(piece: Buffer): boolean {
    const lines = isFirst && piece.subarray(0, 3).equals(BYTE_ORDER_MARK) ? piece.subarray(3) : piece
    isFirst = false
    if (lines.length === 0) return true
    const lineFeed = lines.indexOf(LINE_FEED)
    hasReturns ??= lineFeed > 0 && lines[lineFeed - 1] === RETURN
    rows += countLineFeeds(lines) + (lines[lines.length - 1] === LINE_FEED ? 0 : 1)
    return (
      isUtf8(lines) &&
      !lines.includes(0) &&
      !hasLongLine(lines) &&
      (hasReturns
        ? endsWithReturns(lines)
        : !lines.includes(RETURN) && !(lines[0] === LINE_FEED || lines.includes('\n\n'))) &&
      quotesAreWhole(lines, separatorByte)
    )
  }

  return {
    add(chunk) {
      if (!isPlain) return
      const end = chunk.lastIndexOf(LINE_FEED) + 1
      if (end === 0) {
        held = Buffer.concat([held, chunk])
        isPlain = held.length <= MAX_LINE_BYTES
        return
      }
      const start = held.length === 0 ? 0 : chunk.indexOf(LINE_FEED) + 1
      isPlain = look(Buffer.concat([held, chunk.subarray(0, start)])) && look(chunk.subarray(start, end))
      held = Buffer.from(chunk.subarray(end))
    },
    end: () => (isPlain && look(held) ? rows : undefined),
  }
}

function hasLongLine(lines: Buffer): boolean {
  for (let start = 0; lines.length - start > MAX_LINE_BYTES; ) {
    const end = lines.lastIndexOf(LINE_FEED, start + MAX_LINE_BYTES)
    if (end < start) return true
    start = end + 1
  }
  return false
}

/** Every line ends with both, but for the last one of a file; none is empty, and no return is anywhere else. */
function endsWithReturns(lines: Buffer): boolean {
  let start = 0
  for (let at = lines.indexOf(RETURN); at !== -1; at = lines.indexOf(RETURN, start)) {
    if (at === start || lines[at + 1] !== LINE_FEED || lines.indexOf(LINE_FEED, start) !== at + 1) return false
    start = at + 2
  }
  return !lines.includes(LINE_FEED, start)
}

/** Each quote opens or closes a whole cell in one line, or is one of two in such a cell. */
function quotesAreWhole(lines: Buffer, separator: number): boolean {
  for (let open = lines.indexOf(QUOTE); open !== -1; ) {
    if (open > 0 && lines[open - 1] !== separator && lines[open - 1] !== LINE_FEED) return false
    let at = open + 1
    while (lines[at] !== QUOTE || lines[at + 1] === QUOTE) {
      if (lines[at] === undefined || lines[at] === LINE_FEED) return false
      at += lines[at] === QUOTE ? 2 : 1
    }
    const after = lines[at + 1]
    if (after !== undefined && after !== separator && after !== LINE_FEED && after !== RETURN) return false
    open = lines.indexOf(QUOTE, at + 1)
  }
  return true
}
