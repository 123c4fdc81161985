import { join } from 'node:path'
import { writeBlobTo } from '../platform/blob.ts'
import { type Queryable, statement, type Tx } from '../platform/db.ts'
import { type DuckDb, openDuckDb } from '../platform/duckdb.ts'
import { withScratch } from '../platform/scratch.ts'
import { compareLines, fileOfDay, getFile } from '../settlement/index.ts'
import { addLines, type ChangedLine, undoLines } from './change-lines.ts'
import { lockRun, type RunInProgress, RunMovedOn } from './run.ts'
import type { ReconciliationDeps } from './service.ts'
import type { Source } from './source.ts'

/**
 * Files of earlier days that were replaced or withdrawn after a run had used them. Before the next run compares anything, the
 * lines that are gone are undone, and the lines that are new are taken in as lines without a record; the run then matches
 * both like everything else that is open. The reports of the days before stay as they were.
 */

type Deps = Pick<ReconciliationDeps, 'db' | 'moneyDb' | 'directory' | 'clock' | 'scratch'>

/** What a run has used: the file of a completed run, and what took the place of one. */
const PENDING = statement(
  'reconciliation.pending_corrections',
  `select f.id, f.business_date as "businessDate"
     from settlement_file f
    where f.source = $1
      and (exists (select from settlement_file later where later.supersedes = f.id)
           or exists (select from settlement_withdrawal w where w.file_id = f.id))
      and (exists (select from recon_run r where r.file_id = f.id and r.status = 'completed')
           or exists (select from recon_correction c where c.replacement_id = f.id and c.completed_at is not null))
      and not exists (select from recon_correction c where c.file_id = f.id and c.completed_at is not null)
    order by f.business_date, f.id`,
)

const BEGIN = statement(
  'reconciliation.begin_correction',
  `insert into recon_correction (file_id, replacement_id, run_id) values ($1, $2, $3) on conflict do nothing`,
)
const READ = statement(
  'reconciliation.read_correction',
  `select file_id as "fileId", replacement_id as "replacementId", undone, added from recon_correction where file_id = $1`,
)
const MARK = statement(
  'reconciliation.mark_correction',
  'update recon_correction set undone = $2, added = $3 where file_id = $1',
)
const COMPLETE = statement(
  'reconciliation.complete_correction',
  'update recon_correction set completed_at = $2 where file_id = $1',
)

type Correction = {
  readonly fileId: string
  readonly replacementId: string | null
  /** How many of the lines that are gone, and of those that are new, are dealt with. */
  readonly undone: bigint
  readonly added: bigint
}

/** Corrects what is to be corrected, a thousand lines at a time. A run that was killed goes on behind the last thousand. */
export async function correctFiles(
  deps: Deps,
  source: Source,
  run: RunInProgress,
  goesOn: () => boolean,
): Promise<void> {
  const pending = await deps.db.run<{ id: string; businessDate: string }>(PENDING, [source.name])
  for (const { id, businessDate } of pending) {
    const current = await fileOfDay(deps.db, source.name, businessDate)
    // What takes the place is decided once: another version that comes now is another correction.
    await deps.db.run(BEGIN, [id, current?.id, run.id])
    const [correction] = await deps.db.run<Correction>(READ, [id])
    if (correction !== undefined) await correctFile(deps, { source, run, businessDate, correction, goesOn })
  }
}

const LINES_AT_ONCE = 1_000

type Work = {
  readonly source: Source
  readonly run: RunInProgress
  readonly businessDate: string
  readonly correction: Correction
  readonly goesOn: () => boolean
}

async function correctFile(deps: Deps, work: Work): Promise<void> {
  const { correction, run } = work
  await withScratch(deps.scratch, async (folder) => {
    const before = await linesOf(deps.db, correction.fileId, join(folder, 'before.parquet'))
    const after =
      correction.replacementId === null
        ? undefined
        : await linesOf(deps.db, correction.replacementId, join(folder, 'after.parquet'))
    const duckdb = await openDuckDb(folder)
    try {
      await compareLines(duckdb, before, after)
      const undone = await change(deps, work, duckdb, 'removed', correction.undone, correction.fileId)
      const replacement = correction.replacementId ?? correction.fileId
      await change(
        deps,
        { ...work, correction: { ...correction, undone } },
        duckdb,
        'added',
        correction.added,
        replacement,
      )
    } finally {
      duckdb.close()
    }
  })
  await deps.db.transaction(async (tx) => {
    await lockRun(tx, run.id, 'match')
    await tx.run(COMPLETE, [correction.fileId, deps.clock.now()])
  })
}

async function linesOf(db: Queryable, fileId: string, path: string): Promise<string | undefined> {
  const file = await getFile(db, fileId)
  if (file?.linesBlobId == null) return undefined
  await writeBlobTo(db, file.linesBlobId, path)
  return path
}

/** Deals with the lines of one table from the given one on. Gives how many are dealt with then. */
async function change(
  deps: Deps,
  work: Work,
  duckdb: DuckDb,
  table: 'removed' | 'added',
  from: bigint,
  fileId: string,
): Promise<bigint> {
  const { source, run, businessDate, correction, goesOn } = work
  let done = from
  for (;;) {
    const lines = await duckdb.query<ChangedLine>(
      `select line, kind, status, reference, psp_reference, amount, fee, currency, occurred_ms
         from ${table} where booked = 1 order by line limit ${LINES_AT_ONCE} offset ${done}`,
    )
    if (lines.length === 0) return done
    if (!goesOn()) throw new RunMovedOn(run.id)
    const next = done + BigInt(lines.length)
    await deps.moneyDb.transaction(async (tx: Tx) => {
      await lockRun(tx, run.id, 'match')
      const context = { source, run, fileId, businessDate }
      if (table === 'removed') await undoLines(tx, deps, context, lines)
      else await addLines(tx, deps, context, lines)
      await tx.run(
        MARK,
        table === 'removed'
          ? [correction.fileId, next, correction.added]
          : [correction.fileId, correction.undone, next],
      )
    })
    done = next
  }
}
