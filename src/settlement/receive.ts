import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Blob, storeBlob, writeBlobTo } from '../platform/blob.ts'
import type { Clock } from '../platform/clock.ts'
import { toColumns } from '../platform/columns.ts'
import { type Db, statement, type Tx } from '../platform/db.ts'
import { openDuckDb } from '../platform/duckdb.ts'
import { newId } from '../platform/ids.ts'
import { withScratch } from '../platform/scratch.ts'
import { beginningOf } from './beginning.ts'
import { differenceBetween, type FileDifference } from './difference.ts'
import { type AnyFormat, type FileSummary, readyFormat, type Statement } from './formats/format.ts'
import { createLineTable, writeLines } from './lines.ts'
import { findByBytes, findRejected, getFile, lastVersionOfDay, type SettlementFile } from './read.ts'
import { type Expected, whyRejected } from './verdict.ts'

export type ReceiveDeps = {
  readonly db: Db
  readonly clock: Clock
  /** A folder for work in progress. */
  readonly scratch: string
}

export type Delivery = Expected & {
  /** Undefined when nobody named it: then its hash does. */
  readonly name: string | undefined
  readonly via: 'collected' | 'uploaded'
  readonly bytes: AsyncIterable<Uint8Array>
  /** The formats that it may be in. */
  readonly formats: readonly AnyFormat[]
}

/** A file, and whether these very bytes had been received from this source before. */
export type Received = { readonly file: SettlementFile; readonly duplicate: boolean }

/**
 * Takes a settlement file in: keeps its bytes, reads it, proves that it adds up, and accepts or rejects it, in one
 * transaction. Bytes that were accepted change nothing when they come again, under any name; bytes that were rejected are
 * judged again, because what stood in their way may be gone. A rejected file is kept as well, with the reason. Throws what
 * `bytes` throws, and then nothing is stored.
 */
export async function receiveFile(deps: ReceiveDeps, delivery: Delivery): Promise<Received> {
  return withScratch(deps.scratch, async (folder) => {
    const path = join(folder, 'original')
    const sha256 = await save(delivery.bytes, path)
    const known = await findByBytes(deps.db, delivery.source, sha256)
    if (known?.status === 'accepted') return { file: known, duplicate: true }
    const reading = await read(delivery.formats, folder, path)
    return deps.db.transaction((tx) => judge(tx, deps.clock.now(), delivery, { folder, path, sha256, ...reading }))
  })
}

type Judged = Reading & { readonly folder: string; readonly path: string; readonly sha256: Buffer }

/** One at a time for each source: what is accepted depends on what was accepted before. */
const TAKE_TURN = statement(
  'settlement.take_turn',
  `select pg_advisory_xact_lock(hashtextextended(current_schema() || ' settlement files of ' || $1, 0))`,
)

/** One file of a source at a time, whoever brings them. */
export const takeTurn = async (tx: Tx, source: string): Promise<void> => void (await tx.run(TAKE_TURN, [source]))

/**
 * The turn of a file that comes. A large one is compared and stored for minutes, and the next one waits for it: with the
 * usual limits it would fail again each time. A person who waits for an answer is told to come again.
 */
export async function waitForTurn(tx: Tx, source: string): Promise<void> {
  await tx.query(`set local statement_timeout = '15min'`)
  await tx.query(`set local idle_in_transaction_session_timeout = '15min'`)
  await takeTurn(tx, source)
}

async function judge(tx: Tx, now: Date, delivery: Delivery, judged: Judged): Promise<Received> {
  await waitForTurn(tx, delivery.source)
  const known = await findByBytes(tx, delivery.source, judged.sha256)
  if (known !== undefined && (await isOld(tx, known, delivery.via))) return { file: known, duplicate: true }
  const rejection = await whyRejected(tx, delivery, judged.summary)
  const refused =
    rejection === undefined ? undefined : await findRejected(tx, delivery.source, judged.sha256, rejection)
  if (refused !== undefined) return { file: refused, duplicate: true }
  const day = judged.summary?.businessDate
  const before =
    rejection !== undefined || day === undefined ? undefined : await lastVersionOfDay(tx, delivery.source, day)
  const difference = before === undefined ? undefined : await differenceFrom(tx, before, judged)
  const id = await store(tx, now, delivery, judged, { rejection, supersedes: before?.id, difference })
  const file = await getFile(tx, id)
  assert(file !== undefined, 'a settlement file that was stored is there')
  return { file, duplicate: false }
}

/**
 * Bytes that change nothing when they come again: those that count, and those of a version that another one replaced. While
 * the last version of a day is withdrawn, people may bring each of them back. What is collected is what the PSP still has: it
 * would undo the withdrawal a moment later.
 */
async function isOld(tx: Tx, { source, status, businessDate }: SettlementFile, via: Delivery['via']): Promise<boolean> {
  if (status === 'accepted' || status === 'rejected' || businessDate === null) return status === 'accepted'
  if (via === 'collected') return true
  return (await lastVersionOfDay(tx, source, businessDate))?.status === 'accepted'
}

async function differenceFrom(tx: Tx, before: SettlementFile, { folder, linesPath }: Judged): Promise<FileDifference> {
  assert(before.linesBlobId !== null, 'an accepted file has its lines')
  const beforePath = join(folder, 'before.parquet')
  await writeBlobTo(tx, before.linesBlobId, beforePath)
  const duckdb = await openDuckDb(folder)
  try {
    return await differenceBetween(duckdb, beforePath, linesPath)
  } finally {
    duckdb.close()
  }
}

async function save(bytes: AsyncIterable<Uint8Array>, path: string): Promise<Buffer> {
  const hash = createHash('sha256')
  const hashing = new Transform({
    transform(piece: Buffer, _encoding, done) {
      hash.update(piece)
      done(null, piece)
    },
  })
  await pipeline(bytes, hashing, createWriteStream(path, { mode: 0o600 }))
  return hash.digest()
}

type Reading = { readonly summary: FileSummary | undefined; readonly linesPath: string }

async function read(formats: readonly AnyFormat[], folder: string, path: string): Promise<Reading> {
  const linesPath = join(folder, 'lines.parquet')
  const beginning = await beginningOf(createReadStream(path))
  const format = formats.find((each) => each.detects(beginning))
  if (format === undefined) return { summary: undefined, linesPath }
  const duckdb = await openDuckDb(folder)
  try {
    const take = await createLineTable(duckdb)
    const open = (): AsyncIterable<Uint8Array> => createReadStream(path)
    const ready = await readyFormat(format, open)
    const summary = await ready.read(open(), take)
    await writeLines(duckdb, linesPath)
    return { summary, linesPath }
  } finally {
    duckdb.close()
  }
}

const INSERT_FILE = statement(
  'settlement.insert_file',
  `insert into settlement_file (id, source, name, status, rejection, format, format_version, file_reference, business_date, sha256,
                                byte_count, line_count, control, diagnostics, received_via, received_at, original_blob_id, lines_blob_id, supersedes, difference)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
)

const INSERT_STATEMENTS = statement(
  'settlement.insert_statements',
  `insert into settlement_statement (file_id, position, account, currency, opening, closing, line_count, credits, debits, totals, control)
   select $1, s.* from unnest($2::smallint[], $3::text[], $4::char(3)[], $5::bigint[], $6::bigint[], $7::bigint[], $8::numeric[],
                              $9::numeric[], $10::jsonb[], $11::jsonb[]) as s`,
)

// As many as people compare by eye; the whole hash stands beside the name.
const NAME_DIGITS = 16

async function store(
  tx: Tx,
  now: Date,
  delivery: Delivery,
  { path, sha256, summary, linesPath }: Judged,
  verdict: {
    readonly rejection: string | undefined
    readonly supersedes: string | undefined
    readonly difference: FileDifference | undefined
  },
): Promise<string> {
  const { rejection, supersedes, difference } = verdict
  const id = newId()
  const original = await storeBlob(tx, path)
  const lines: Blob | undefined = rejection === undefined ? await storeBlob(tx, linesPath) : undefined
  const statements = summary?.statements ?? []
  await tx.run(INSERT_FILE, [
    id,
    delivery.source,
    delivery.name ?? sha256.toString('hex').slice(0, NAME_DIGITS),
    rejection === undefined ? 'accepted' : 'rejected',
    rejection,
    summary?.format,
    summary?.version,
    summary?.fileReference,
    summary?.businessDate,
    sha256,
    original.byteCount,
    statements.reduce((sum, { lines: count }) => sum + count, 0),
    controlOf(statements),
    JSON.stringify(summary?.diagnostics ?? []),
    delivery.via,
    now,
    original.id,
    lines?.id,
    supersedes,
    difference === undefined ? undefined : JSON.stringify(difference),
  ])
  await tx.run(INSERT_STATEMENTS, [id, ...toColumns(10, statements.map(statementRow))])
  return id
}

export const json = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? each.toString() : each))

const statementRow = (each: Statement, position: number): readonly unknown[] => [
  position,
  each.account,
  each.currency,
  each.opening,
  each.closing,
  each.lines,
  each.credits,
  each.debits,
  json(each.totals),
  json(each.control),
]

/** The worst that any statement says. */
export function controlOf(statements: readonly Statement[]): 'pass' | 'fail' | 'none' {
  const all = statements.map(({ control }) => control.status)
  if (all.includes('fail')) return 'fail'
  return all.includes('pass') ? 'pass' : 'none'
}
