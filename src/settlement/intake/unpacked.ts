import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { beginningOf } from '../beginning.ts'
import { BrokenFile } from '../formats/diagnostics.ts'
import { type FileSummary, readyFormat } from '../formats/format.ts'
import { withDocuments } from '../unpack.ts'
import type { LineTable } from './lines.ts'
import type { IntakeSource } from './source.ts'

/** One file out of a delivery: what it is called, what its bytes are, and what was read in it. */
export type Reading = {
  /** Its place in the delivery, from 0. */
  readonly document: number
  readonly name: string
  readonly sha256: Buffer
  readonly byteCount: number
  /** Undefined when it is in none of the source's formats. */
  readonly summary: FileSummary | undefined
  /** Why its bytes could not even be got at, as a sentence. */
  readonly problem: string | undefined
}

/** Where in a packed file, as a name for people. */
const memberName = (delivery: string, name: string): string => `${delivery}/${name}`

export type Saved = { readonly sha256: Buffer; readonly byteCount: number }

/** Writes bytes to a file and gives their hash. Throws what they throw. */
export async function save(bytes: AsyncIterable<Uint8Array>, path: string): Promise<Saved> {
  const hash = createHash('sha256')
  let byteCount = 0
  const hashing = new Transform({
    transform(piece: Buffer, _encoding, done) {
      hash.update(piece)
      byteCount += piece.length
      done(null, piece)
    },
  })
  await pipeline(bytes, hashing, createWriteStream(path, { mode: 0o600 }))
  return { sha256: hash.digest(), byteCount }
}

/** Reads the lines of every file in a delivery into the table. Never throws for what is in it. */
export async function readDelivery(
  source: IntakeSource,
  delivery: { readonly name: string; readonly path: string; readonly saved: Saved; readonly folder: string },
  lines: LineTable,
): Promise<readonly Reading[]> {
  const whole = { document: 0, name: delivery.name, ...delivery.saved, summary: undefined }
  const readings: Reading[] = []
  try {
    await withDocuments(delivery.path, async (documents) => {
      const isZip = documents.length > 1 || documents[0]?.name !== ORIGINAL
      for (const [document, { name, open }] of documents.entries()) {
        const path = join(delivery.folder, 'document')
        const saved = await save(open(), path)
        const called = isZip ? memberName(delivery.name, name) : delivery.name
        const summary = await readDocument(source, path, document, lines)
        readings.push({ document, name: called, ...saved, summary, problem: undefined })
      }
    })
    return readings
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error
    // What came out of it before the damage is not known to be all of it, so nothing of it is used.
    return [{ ...whole, problem: `It cannot be unpacked: ${error.message}.` }]
  }
}

/** What a delivery is called on disk, whatever its sender called it. */
export const ORIGINAL = 'original'

async function readDocument(
  source: IntakeSource,
  path: string,
  document: number,
  lines: LineTable,
): Promise<FileSummary | undefined> {
  const open = (): AsyncIterable<Uint8Array> => createReadStream(path)
  const beginning = await beginningOf(open())
  const format = source.formats.find((each) => each.detects(beginning))
  if (format === undefined) return undefined
  const ready = await readyFormat(format, open)
  return ready.read(open(), (each) => lines.add(document, each), { zone: source.zone })
}
