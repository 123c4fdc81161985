import { createDiagnostics, openTable } from '../../settlement/index.ts'
import type { PlainCsv } from '../side.ts'
import { countLineFeeds } from './line-feeds.ts'
import { piecesOf } from './pieces.ts'
import { PLAIN_LINE } from './plain-csv.ts'

const LINE_FEED = 0x0a
/** What is passed over at once when no line in it is wanted. */
const BLOCK_BYTES = 4_096

/** The cells of rows of a plain CSV file, in pieces. `places` are those rows, counted from 0, in their order. */
export async function* rowsAt(
  { path, separator }: PlainCsv,
  places: readonly number[],
): AsyncGenerator<readonly (readonly string[])[]> {
  if (places.length === 0) return
  const lines = linesAt(
    path,
    places.map((place) => place + PLAIN_LINE),
  )
  for await (const rows of openTable(lines, { kind: 'csv', separator }, createDiagnostics()).rows)
    yield rows.map(({ fields }) => fields)
}

/** Lines of a file, each with its end, in pieces. `wanted` are their numbers, from 1 on. */
async function* linesAt(path: string, wanted: readonly number[]): AsyncGenerator<Buffer> {
  let [line, next] = [1, 0]
  // The part of a wanted line that is there.
  let held: Buffer[] = []
  for await (const piece of piecesOf(path)) {
    const found: Buffer[] = []
    for (let start = 0; start < piece.length && next < wanted.length; ) {
      if (line === wanted[next]) {
        const feed = piece.indexOf(LINE_FEED, start)
        const end = feed === -1 ? piece.length : feed + 1
        held.push(piece.subarray(start, end))
        start = end
        if (feed === -1) continue
        found.push(...held)
        held = []
        ;[line, next] = [line + 1, next + 1]
        continue
      }
      const block = Math.min(piece.length, start + BLOCK_BYTES)
      const feeds = countLineFeeds(piece, start, block)
      if (line + feeds < (wanted[next] ?? 0)) {
        line += feeds
        start = block
        continue
      }
      for (; line < (wanted[next] ?? 0); line += 1) start = piece.indexOf(LINE_FEED, start) + 1
    }
    if (found.length > 0) yield Buffer.concat(found)
    if (next === wanted.length) return
    held = held.map((part) => Buffer.from(part))
  }
  if (held.length > 0) yield Buffer.concat(held)
}
