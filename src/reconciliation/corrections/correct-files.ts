import { join } from 'node:path'
import { writeBlobTo } from '../../platform/blob.ts'
import { type DuckDb, literal, openDuckDb } from '../../platform/duckdb.ts'
import { withScratch } from '../../platform/scratch.ts'
import { compareLines, getFile, linesIn, NO_LINES } from '../../settlement/index.ts'
import { lockRun, type RunInProgress, RunMovedOn } from '../runs/run.ts'
import type { ReconciliationDeps } from '../service.ts'
import type { Source } from '../source.ts'
import { addLines, type ChangedLine, undoLines } from './change-lines.ts'
import { type Correction, completeCorrection, markCorrection, nextCorrection, versionsBefore } from './corrections.ts'
import { loadLinesInBooks, type TakenIn } from './lines-in-books.ts'

/**
 * Files of earlier days that were replaced or withdrawn after a run had used them. Before the next run compares anything, the
 * lines that are gone are undone, and the lines that are new are taken in as lines without a record; the run then matches
 * both like everything else that is open. The reports of the days before stay as they were.
 */

type Deps = Pick<ReconciliationDeps, 'db' | 'moneyDb' | 'directory' | 'clock' | 'scratch'>

type Work = { readonly source: Source; readonly run: RunInProgress; readonly goesOn: () => boolean }

/** Corrects what is to be corrected, a thousand lines at a time. A run that was killed goes on behind the last thousand. */
export async function correctFiles(
  deps: Deps,
  source: Source,
  run: RunInProgress,
  goesOn: () => boolean,
): Promise<void> {
  // Until nothing is left: each turn ends one correction, and only another version or a withdrawal makes another.
  for (;;) {
    if (!goesOn()) throw new RunMovedOn(run.id)
    const correction = await nextCorrection(deps.db, source.name, run)
    if (correction === undefined) return
    await correctFile(deps, { source, run, goesOn }, correction)
  }
}

async function correctFile(deps: Deps, work: Work, correction: Correction): Promise<void> {
  const { source, run } = work
  const { replacementId } = correction
  await withScratch(deps.scratch, async (folder) => {
    const duckdb = await openDuckDb(folder)
    try {
      const versions: (TakenIn | undefined)[] = []
      for (const fileId of await versionsBefore(deps.db, source.name, correction))
        versions.push(fileId === undefined ? undefined : await writeLinesOf(deps, fileId, folder))
      await loadLinesInBooks(duckdb, versions)
      const after = replacementId === null ? undefined : await writeLinesOf(deps, replacementId, folder)
      await compareLines(duckdb, 'booked', after === undefined ? NO_LINES : linesIn(after.path))
      const undone = await dealWith(deps, work, duckdb, 'undone', correction)
      const added = await dealWith(deps, work, duckdb, 'added', undone)
      await completeCorrection(deps.db, source.name, run, added, deps.clock.now())
    } finally {
      duckdb.close()
    }
  })
}

async function writeLinesOf({ db }: Deps, fileId: string, folder: string): Promise<TakenIn> {
  const path = join(folder, `${fileId}.parquet`)
  const file = await getFile(db, fileId)
  if (file?.linesBlobId == null) throw new Error(`the settlement file ${fileId} has no lines`)
  await writeBlobTo(db, file.linesBlobId, path)
  return { fileId, path }
}

const LINES_AT_ONCE = 1_000

/** Lines that are gone stand where they were booked, new ones in the version that has them. */
const PLACES = {
  undone: () => 'booked_file as file_id, booked_line as line from removed',
  added: ({ replacementId }: Correction) => `${literal(replacementId ?? '')} as file_id, line from added`,
} as const

/** The next lines that are gone, or new. In one order for ever: whoever goes on after a kill counts from the first. */
export const changedLines = (
  duckdb: DuckDb,
  what: 'undone' | 'added',
  correction: Correction,
): Promise<readonly ChangedLine[]> =>
  duckdb.query<ChangedLine>(
    // Two versions may have been taken in with a line at the same place.
    `select kind, status, reference, psp_reference, amount, fee, currency, occurred_ms, ${PLACES[what](correction)}
      where booked = 1 order by line, file_id limit ${LINES_AT_ONCE} offset ${correction[what]}`,
  )

/** Deals with the lines that are gone, or those that are new, behind those that are dealt with. Gives how far it came. */
async function dealWith(
  deps: Deps,
  { source, run, goesOn }: Work,
  duckdb: DuckDb,
  what: 'undone' | 'added',
  correction: Correction,
): Promise<Correction> {
  const change = what === 'undone' ? undoLines : addLines
  const context = { source, run, businessDate: correction.businessDate }
  let from = correction
  for (;;) {
    const lines = await changedLines(duckdb, what, from)
    if (lines.length === 0) return from
    if (!goesOn()) throw new RunMovedOn(run.id)
    const to = { ...from, [what]: from[what] + BigInt(lines.length) }
    await deps.moneyDb.transaction(async (tx) => {
      await lockRun(tx, run.id, 'match')
      await markCorrection(tx, source.name, run, from, to)
      await change(tx, deps, context, lines)
    })
    from = to
  }
}
