import assert from 'node:assert/strict'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { readBlob, storeBlob } from '../../platform/blob.ts'
import type { Tx } from '../../platform/db.ts'
import { openDuckDb } from '../../platform/duckdb.ts'
import { newId } from '../../platform/ids.ts'
import { withScratch } from '../../platform/scratch.ts'
import type { Diagnostic, Statement } from '../formats/format.ts'
import { findByBytes, type SettlementFile } from '../read.ts'
import { type ReceiveDeps, type Received, waitForTurn } from '../receive.ts'
import { continues, findings, type Neighbour, type Placed, turnOf } from './chain.ts'
import { localDay } from './expected.ts'
import { createLines, type Days, type LineTable } from './lines.ts'
import { returnedLines, returnLines } from './returned.ts'
import type { IntakeSource } from './source.ts'
import { fileOfName, neighboursOf, overlappingFiles, type Surroundings, storeFile, type Verdict } from './store.ts'
import { ORIGINAL, type Reading, readDelivery, type Saved, save } from './unpacked.ts'
import { whyNot } from './verdict.ts'

export type Delivery = {
  /** Undefined when nobody named it: then its hash does. */
  readonly name: string | undefined
  readonly via: 'collected' | 'uploaded'
  readonly bytes: AsyncIterable<Uint8Array>
  /** Of the bytes as the sender delivered them, when they were decrypted on the way here. */
  readonly encryptedSha256?: Buffer | undefined
  /** Why they are of no use, when that is known already, as a sentence. */
  readonly problem?: string | undefined
}

// As many as people compare by eye; the whole hash stands beside the name.
const NAME_DIGITS = 16

/**
 * Takes a delivery of a declared source in: keeps its bytes, unpacks it, reads each file in it, proves that it adds up,
 * compares it with what was received before, and accepts or rejects it; all of it or nothing, in one transaction. Bytes
 * that were accepted change nothing when they come again, under any name and however packed. Gives at least one file.
 * Throws what `bytes` throws, and then nothing is stored.
 */
export async function receiveDelivery(
  deps: ReceiveDeps,
  source: IntakeSource,
  delivery: Delivery,
): Promise<readonly Received[]> {
  return withScratch(deps.scratch, async (folder) => {
    const path = join(folder, ORIGINAL)
    const saved = await save(delivery.bytes, path)
    const name = delivery.name ?? saved.sha256.toString('hex').slice(0, NAME_DIGITS)
    const duckdb = await openDuckDb(folder)
    try {
      const lines = await createLines(duckdb, source.zone)
      const whole = { document: 0, name, ...saved, summary: undefined }
      const readings: readonly Reading[] =
        delivery.problem === undefined
          ? await readDelivery(source, { name, path, saved, folder }, lines)
          : [{ ...whole, problem: delivery.problem }]
      return await deps.db.transaction(async (tx) => {
        await waitForTurn(tx, source.name)
        return judgeAll({ tx, now: deps.clock.now(), source, delivery, lines, folder, path, saved }, readings)
      })
    } finally {
      duckdb.close()
    }
  })
}

type Judging = {
  readonly tx: Tx
  readonly now: Date
  readonly source: IntakeSource
  readonly delivery: Delivery
  readonly lines: LineTable
  readonly folder: string
  /** The bytes that are kept, and their hash. */
  readonly path: string
  readonly saved: Saved
}

async function judgeAll(judging: Judging, readings: readonly Reading[]): Promise<readonly Received[]> {
  const received: Received[] = []
  const knownFiles = new Set<string>()
  let blobId: string | undefined
  for (const reading of readings) {
    const rejection = whyNot(reading)
    const known = await findByBytes(judging.tx, judging.source.name, reading.sha256)
    // What was withdrawn and not replaced may come back.
    const returning = known?.status === 'withdrawn' ? known : undefined
    if (
      known !== undefined &&
      returning === undefined &&
      (known.status === 'accepted' || known.rejection === (rejection ?? null))
    ) {
      received.push({ file: known, duplicate: true })
      continue
    }
    blobId ??= (await storeBlob(judging.tx, judging.path)).id
    await storeReading(judging, reading, { rejection, originalBlobId: blobId, knownFiles, returning })
    const file = await findByBytes(judging.tx, judging.source.name, reading.sha256)
    assert(file !== undefined, 'a settlement file that was stored is there')
    received.push({ file, duplicate: false })
  }
  return received
}

async function storeReading(
  judging: Judging,
  reading: Reading,
  options: {
    readonly rejection: string | undefined
    readonly originalBlobId: string
    /** Files whose entries the table of lines knows. */
    readonly knownFiles: Set<string>
    /** The withdrawn file of the same bytes. */
    readonly returning: SettlementFile | undefined
  },
): Promise<void> {
  const { tx, now, source, delivery, saved } = judging
  const id = newId()
  const accepted = options.rejection === undefined ? await accept(judging, reading, options) : undefined
  const verdict: Verdict = accepted?.verdict ?? {
    rejection: options.rejection,
    diagnostics: reading.summary?.diagnostics ?? [],
    businessDate: reading.summary?.businessDate,
    days: { first: undefined, last: undefined },
    newLines: 0,
    supersedes: undefined,
    linesBlobId: undefined,
  }
  const delivered = delivery.encryptedSha256 ?? saved.sha256
  const file = {
    id,
    source: source.name,
    via: delivery.via,
    at: now,
    originalBlobId: options.originalBlobId,
    deliveredSha256: delivered.equals(reading.sha256) ? undefined : delivered,
  }
  await storeFile(tx, file, reading, accepted?.placed ?? [], verdict)
  if (accepted !== undefined) {
    options.knownFiles.add(id)
    await judging.lines.belong(id)
  }
  if (verdict.supersedes !== undefined) await replaced(judging, verdict.supersedes, options.knownFiles)
}

/** What only the version before told among its lines counts in the other files that told it. */
async function replaced({ tx, now, lines, folder }: Judging, fileId: string, knownFiles: Set<string>): Promise<void> {
  const returned = await returnLines(tx, folder, fileId, now)
  // The next file of the delivery reads them anew.
  for (const id of new Set(returned.map((line) => line.fileId))) if (knownFiles.delete(id)) await lines.forget(id)
}

/** Places an accepted file among the others: its days, which of its lines are new, and what does not fit. */
async function accept(
  judging: Judging,
  { document, name, summary }: Reading,
  { knownFiles, returning }: { readonly knownFiles: Set<string>; readonly returning: SettlementFile | undefined },
): Promise<{ readonly verdict: Verdict; readonly placed: readonly Placed[] }> {
  assert(summary !== undefined, 'an accepted file was read')
  const { tx, source, lines, now } = judging
  const { statements, diagnostics } = summary
  const today = localDay(now, source.zone)
  const dayOf = (statement: Statement): string => statement.businessDate ?? summary.businessDate ?? today
  const days = await lines.place(
    document,
    statements.map((statement) => ({ account: statement.account, day: dayOf(statement) })),
  )
  const placed = statements.map((statement): Placed => {
    // A table says no day of its own: then the newest of its lines is it.
    const day = statement.businessDate ?? summary.businessDate ?? days.last ?? today
    return { ...statement, day, turn: turnOf(day, statement.sequence) }
  })
  const businessDate =
    placed
      .map(({ day }) => day)
      .sort()
      .at(-1) ??
    summary.businessDate ??
    today
  const before = (await fileOfName(tx, source.name, name, businessDate)) ?? lastVersion(returning)
  await knowOverlapping(judging, days, before?.id, knownFiles)
  const chained = await chain(judging, document, placed, before?.id)
  const parquet = join(judging.folder, 'lines.parquet')
  await lines.write(document, parquet)
  const replaced = before === undefined ? [] : [await replacement(judging, document, before.linesBlobId)]
  const verdict: Verdict = {
    rejection: undefined,
    diagnostics: [...diagnostics, ...replaced, ...chained.diagnostics],
    businessDate,
    days,
    newLines: chained.newLines,
    supersedes: before?.id,
    linesBlobId: (await storeBlob(tx, parquet)).id,
  }
  return { verdict, placed }
}

const lastVersion = (
  file: SettlementFile | undefined,
): { readonly id: string; readonly linesBlobId: string } | undefined =>
  file?.linesBlobId == null ? undefined : { id: file.id, linesBlobId: file.linesBlobId }

/** Brings in the entries of the files whose days touch these, each once in a delivery. */
async function knowOverlapping(
  judging: Judging,
  days: Days,
  replaced: string | undefined,
  knownFiles: Set<string>,
): Promise<void> {
  if (replaced !== undefined && knownFiles.delete(replaced)) await judging.lines.forget(replaced)
  if (days.first === undefined) return
  for (const { id, linesBlobId } of await overlappingFiles(judging.tx, judging.source.name, days, replaced)) {
    if (knownFiles.has(id)) continue
    knownFiles.add(id)
    const returned = await returnedLines(judging.tx, [id])
    const path = await fetchLines(judging, linesBlobId)
    await judging.lines.know(
      id,
      path,
      returned.map(({ line }) => line),
    )
  }
}

/** Writes stored lines to a file of the scratch folder, one at a time. */
async function fetchLines({ tx, folder }: Judging, blobId: string): Promise<string> {
  const path = join(folder, 'earlier.parquet')
  await pipeline(readBlob(tx, blobId), createWriteStream(path, { mode: 0o600 }))
  return path
}

async function replacement(judging: Judging, document: number, linesBlobId: string): Promise<Diagnostic> {
  const { added, gone } = await judging.lines.compare(document, await fetchLines(judging, linesBlobId))
  const message = `It takes the place of an earlier file of this name and day: ${added} of its lines are not in that, and ${gone} of that are not in it`
  return { severity: 'warning', code: 'supersedes', line: 1, message }
}

/** Marks the lines of each statement that were told before, and finds what does not fit to the statements around it. */
async function chain(
  { tx, source, lines }: Judging,
  document: number,
  placed: readonly Placed[],
  replaced: string | undefined,
): Promise<{ readonly newLines: number; readonly diagnostics: readonly Diagnostic[] }> {
  const diagnostics: Diagnostic[] = []
  let newLines = 0
  for (const [position, statement] of placed.entries()) {
    const stored = await neighboursOf(tx, source.name, statement, replaced)
    const around = withOwn(stored, placed.slice(0, position), statement)
    const isNext = !around.isKnown && continues(statement, around)
    const marked = await lines.mark(document, position, isNext)
    newLines += marked.fresh
    const options = { overlaps: marked.seen > 0 || around.isKnown, expectedDays: source.expected?.days }
    diagnostics.push(...findings(statement, around, options))
  }
  return { newLines, diagnostics }
}

/** The same with the statements of this file, which are not stored yet. */
function withOwn(stored: Surroundings, earlier: readonly Placed[], { account, currency, turn }: Placed): Surroundings {
  const own = earlier
    .filter((each) => each.account === account && each.currency === currency)
    .map((each): Neighbour => ({ ...each, file: 'this file' }))
  const closest = (candidates: readonly (Neighbour | undefined)[], sign: 1 | -1): Neighbour | undefined =>
    candidates
      .filter((each) => each !== undefined)
      .sort((a, b) => (a.turn < b.turn ? sign : -sign))
      .at(0)
  return {
    before: closest([stored.before, ...own.filter((each) => each.turn < turn)], 1),
    after: closest([stored.after, ...own.filter((each) => each.turn > turn)], -1),
    isKnown: stored.isKnown || own.some((each) => each.turn === turn),
  }
}
