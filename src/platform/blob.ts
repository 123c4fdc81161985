import assert from 'node:assert/strict'
import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { type Queryable, statement, type Tx } from './db.ts'
import { newId } from './ids.ts'

/**
 * Files in the database, in pieces: whole files are larger than what a node wants to hold in memory, and a node's disk
 * is no place for what other nodes need or an auditor asks for.
 */
export type Blob = { readonly id: string; readonly sha256: Buffer; readonly byteCount: number }

// One round trip each; larger ones win nothing.
const PIECE_BYTES = 1024 * 1024

const INSERT_PIECE = statement(
  'platform.insert_blob_piece',
  'insert into blob_piece (blob_id, position, bytes) values ($1, $2, $3)',
)
const INSERT_BLOB = statement('platform.insert_blob', 'insert into blob (id, sha256, byte_count) values ($1, $2, $3)')
const READ_PIECE = statement(
  'platform.read_blob_piece',
  'select bytes from blob_piece where blob_id = $1 and position = $2',
)
const READ_BLOB = statement('platform.read_blob', 'select sha256, byte_count from blob where id = $1')

/** Stores the bytes of a file, in the caller's transaction. */
export async function storeBlob(tx: Tx, path: string): Promise<Blob> {
  const id = newId()
  const hash = createHash('sha256')
  let byteCount = 0
  let position = 0
  for await (const piece of createReadStream(path, { highWaterMark: PIECE_BYTES }) as AsyncIterable<Buffer>) {
    hash.update(piece)
    byteCount += piece.length
    await tx.run(INSERT_PIECE, [id, position, piece])
    position += 1
  }
  const sha256 = hash.digest()
  await tx.run(INSERT_BLOB, [id, sha256, byteCount])
  return { id, sha256, byteCount }
}

/** The bytes as they were stored, piece by piece. Throws at the end when they are not. */
export async function* readBlob(db: Queryable, id: string): AsyncGenerator<Buffer> {
  const [blob] = await db.run<{ sha256: Buffer; byte_count: bigint }>(READ_BLOB, [id])
  assert(blob !== undefined, `blob ${id} exists`)
  const hash: Hash = createHash('sha256')
  let left = Number(blob.byte_count)
  for (let position = 0; left > 0; position += 1) {
    const [piece] = await db.run<{ bytes: Buffer }>(READ_PIECE, [id, position])
    assert(piece !== undefined, `blob ${id} has piece ${position}`)
    hash.update(piece.bytes)
    left -= piece.bytes.length
    yield piece.bytes
  }
  assert(left === 0 && hash.digest().equals(blob.sha256), `blob ${id} is as it was stored`)
}

/** Writes the bytes to a new file. */
export async function writeBlobTo(db: Queryable, id: string, path: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    for await (const piece of readBlob(db, id)) await file.writeFile(piece)
  } finally {
    await file.close()
  }
}
