import { createReadStream, createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { parseJson, writeJson } from '../../platform/exact-json.ts'
import type { OpenBreak, OursRecord, TheirsRecord } from '../break.ts'

/**
 * What a run read beside the file and the ledger: what was open and unknown then, and which lines without a record belong to a
 * charge that another line had settled. All of it changes later; a run that is computed again reads it as it stood.
 */
export type RunInputs = {
  readonly open: readonly OpenBreak[]
  readonly unknown: readonly OursRecord[]
  /** Keys of lines (settled.ts). */
  readonly settled: ReadonlySet<string>
}

/** One JSON document a line: a night may leave a million records open. */
export const writeInputs = (path: string, inputs: RunInputs): Promise<void> =>
  pipeline(Readable.from(piecesOf(linesOf(inputs))), createGzip(), createWriteStream(path, { mode: 0o600 }))

const PIECE = 65_536 // characters

/** Lines together: each piece on its own takes the compressor a turn, however short it is. */
function* piecesOf(lines: Iterable<string>): Generator<string> {
  let piece = ''
  for (const line of lines) {
    piece += line
    if (piece.length < PIECE) continue
    yield piece
    piece = ''
  }
  if (piece !== '') yield piece
}

function* linesOf({ open, unknown, settled }: RunInputs): Generator<string> {
  for (const each of open) yield `${writeJson({ open: each })}\n`
  for (const each of unknown) yield `${writeJson({ unknown: each })}\n`
  for (const key of settled) yield `${writeJson({ settled: key })}\n`
}

type Line = { readonly open?: OpenBreak; readonly unknown?: OursRecord; readonly settled?: string }

export async function readInputs(path: string): Promise<RunInputs> {
  const open: OpenBreak[] = []
  const unknown: OursRecord[] = []
  const settled = new Set<string>()
  const bytes = createReadStream(path)
  const text = bytes.pipe(createGunzip())
  bytes.on('error', (error) => text.destroy(error))
  for await (const line of linesIn(text)) {
    const each = parseJson(line) as Line
    if (each.open !== undefined) {
      const { ours, theirs, ...rest } = each.open
      open.push({ ...rest, ours: ours && oursIn(ours), theirs: theirs && theirsIn(theirs) })
    }
    if (each.unknown !== undefined) unknown.push(oursIn(each.unknown))
    if (each.settled !== undefined) settled.add(each.settled)
  }
  return { open, unknown, settled }
}

/** Ends of lines as they were written, and no others: texts of a file may hold the ones that Unicode knows. */
async function* linesIn(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of bytes) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
}

/** JSON has neither instants nor whole numbers of any length: both are made again of what was written. */
const oursIn = (record: OursRecord): OursRecord => ({
  ...record,
  amount: BigInt(record.amount),
  occurredAt: new Date(record.occurredAt),
})

const theirsIn = (record: TheirsRecord): TheirsRecord => ({
  ...record,
  amount: BigInt(record.amount),
  fee: BigInt(record.fee),
  occurredAt: record.occurredAt === null ? null : new Date(record.occurredAt),
})
