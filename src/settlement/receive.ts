import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Blob, storeBlob } from '../platform/blob.ts'
import type { Clock } from '../platform/clock.ts'
import { toColumns } from '../platform/columns.ts'
import { type Db, statement, type Tx, violatedConstraint } from '../platform/db.ts'
import { openDuckDb } from '../platform/duckdb.ts'
import { newId } from '../platform/ids.ts'
import { withScratch } from '../platform/scratch.ts'
import type { FileSummary, Format, Statement } from './formats/format.ts'
import { createLineTable, writeLines } from './lines.ts'
import { findByBytes, type SettlementFile } from './read.ts'

export type ReceiveDeps = {
  readonly db: Db
  readonly clock: Clock
  /** A folder for work in progress. */
  readonly scratch: string
}

export type Delivery = {
  readonly source: string
  /** Undefined when nobody named it: then its hash does. */
  readonly name: string | undefined
  readonly via: 'collected' | 'uploaded'
  readonly bytes: AsyncIterable<Uint8Array>
  /** The business day that was asked for, where one was. */
  readonly day?: string
  /** The formats that it may be in. */
  readonly formats: readonly Format[]
}

/** A file, and whether these very bytes had been received from this source before. */
export type Received = { readonly file: SettlementFile; readonly duplicate: boolean }

/**
 * Takes a settlement file in: keeps its bytes, reads it, proves that it adds up, and accepts or rejects it, in one
 * transaction. The same bytes again, under any name, change nothing. A rejected file is kept as well, with the reason.
 * Throws what `bytes` throws, and then nothing is stored.
 */
export async function receiveFile(deps: ReceiveDeps, delivery: Delivery): Promise<Received> {
  return withScratch(deps.scratch, async (folder) => {
    const path = join(folder, 'original')
    const sha256 = await save(delivery.bytes, path)
    const known = await findByBytes(deps.db, delivery.source, sha256)
    if (known !== undefined) return { file: known, duplicate: true }
    const reading = await read(delivery.formats, folder, path)
    try {
      await deps.db.transaction((tx) => store(tx, deps.clock.now(), delivery, { path, sha256, ...reading }))
    } catch (error) {
      // Received twice at the same moment, or another file of the day was accepted meanwhile: what is stored counts.
      const lost = ['settlement_file_bytes_once', 'settlement_file_day_once'].includes(violatedConstraint(error) ?? '')
      if (!lost) throw error
      if (violatedConstraint(error) === 'settlement_file_day_once')
        await deps.db.transaction((tx) => store(tx, deps.clock.now(), delivery, { path, sha256, ...reading }))
    }
    const file = await findByBytes(deps.db, delivery.source, sha256)
    if (file === undefined) throw new Error('a settlement file vanished after it was stored')
    return { file, duplicate: false }
  })
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

const BEGINNING_BYTES = 4_096

async function read(formats: readonly Format[], folder: string, path: string): Promise<Reading> {
  const linesPath = join(folder, 'lines.parquet')
  const beginning = await beginningOf(path)
  const format = formats.find((each) => each.detects(beginning))
  if (format === undefined) return { summary: undefined, linesPath }
  const duckdb = await openDuckDb(folder)
  try {
    const take = await createLineTable(duckdb)
    const summary = await format.read(createReadStream(path), take)
    await writeLines(duckdb, linesPath)
    return { summary, linesPath }
  } finally {
    duckdb.close()
  }
}

async function beginningOf(path: string): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(BEGINNING_BYTES), 0, BEGINNING_BYTES, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

const INSERT_FILE = statement(
  'settlement.insert_file',
  `insert into settlement_file (id, source, name, status, rejection, format, format_version, file_reference, business_date, sha256,
                                byte_count, line_count, control, diagnostics, received_via, received_at, original_blob_id, lines_blob_id)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
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
  { path, sha256, summary, linesPath }: Reading & { readonly path: string; readonly sha256: Buffer },
): Promise<void> {
  const id = newId()
  const original = await storeBlob(tx, path)
  const rejection = await whyRejected(tx, delivery, summary)
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
  ])
  await tx.run(INSERT_STATEMENTS, [id, ...toColumns(10, statements.map(statementRow))])
}

const json = (value: unknown): string =>
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
function controlOf(statements: readonly Statement[]): 'pass' | 'fail' | 'none' {
  const all = statements.map(({ control }) => control.status)
  if (all.includes('fail')) return 'fail'
  return all.includes('pass') ? 'pass' : 'none'
}

const CHAIN = statement(
  'settlement.balances_around',
  `select f.business_date, s.account, s.currency, s.opening, s.closing
     from settlement_file f join settlement_statement s on s.file_id = f.id
    where f.source = $1 and f.status = 'accepted' and f.business_date in ($2::date - 1, $2::date, $2::date + 1)`,
)

type ChainRow = {
  business_date: string
  account: string
  currency: string
  opening: bigint | null
  closing: bigint | null
}

/** Why nothing of the file may be used, as a sentence; undefined when it is accepted. */
async function whyRejected(
  tx: Tx,
  { source, day }: Delivery,
  summary: FileSummary | undefined,
): Promise<string | undefined> {
  if (summary === undefined) return 'Its beginning is in none of the formats that this source sends.'
  const { businessDate, statements } = summary
  const error = summary.diagnostics.find(({ severity }) => severity === 'error')
  const place = error === undefined ? '' : ` Line ${error.line}: ${error.message}`
  if (!summary.readable) return `It is not a whole file of the format ${summary.format}.${place}`
  if (businessDate === undefined) return 'It does not say for which business day it is.'
  if (day !== undefined && day !== businessDate)
    return `It is the file of ${businessDate}, and the file of ${day} was asked for.`
  const failed = statements.find(({ control }) => control.status === 'fail')
  if (failed?.control.status === 'fail') {
    const { what, stated, computed, difference } = failed.control
    return `It does not add up in ${failed.currency}: ${what} is stated as ${stated} and computed as ${computed}, a difference of ${difference} minor units.${place}`
  }
  // Until breaks can be made of single lines, a line that cannot be read must not be left out in silence.
  if (error !== undefined) return `It has lines that cannot be read.${place}`
  const around = await tx.run<ChainRow>(CHAIN, [source, businessDate])
  if (around.some((row) => row.business_date === businessDate))
    return `The file of ${businessDate} was received before, and this one is another.`
  return brokenChain(businessDate, statements, around)
}

/** Each file opens where the file of the day before closed, in every currency that either of them has. */
function brokenChain(day: string, statements: readonly Statement[], around: readonly ChainRow[]): string | undefined {
  const before = around.filter((row) => row.business_date < day)
  const after = around.filter((row) => row.business_date > day)
  const ours = new Map(statements.map((each) => [`${each.account} ${each.currency}`, each]))
  for (const row of before) {
    const opening = ours.get(`${row.account} ${row.currency}`)?.opening ?? 0n
    if (opening !== (row.closing ?? 0n))
      return `It opens with ${opening} minor units of ${row.currency}, and the file of ${row.business_date} closed with ${row.closing ?? 0n}.`
  }
  const first =
    before.length > 0 &&
    statements.find(
      (each) =>
        !before.some((row) => row.account === each.account && row.currency === each.currency) &&
        (each.opening ?? 0n) !== 0n,
    )
  if (first)
    return `It opens with ${first.opening} minor units of ${first.currency}, which the file of the day before does not have.`
  for (const row of after) {
    const closing = ours.get(`${row.account} ${row.currency}`)?.closing ?? 0n
    if (closing !== (row.opening ?? 0n))
      return `It closes with ${closing} minor units of ${row.currency}, and the file of ${row.business_date} opened with ${row.opening ?? 0n}.`
  }
  return undefined
}
