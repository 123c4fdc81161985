import { readBlob } from '../../platform/blob.ts'
import { type Db, statement } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId } from '../../platform/ids.ts'
import { runBefore } from './changes.ts'
import { getRun, type RunInProgress } from './run.ts'
import type { Change } from './run-summary.ts'

/** The report of a day as it was written when its run completed. */
export type StoredReport = {
  readonly sha256: Buffer
  readonly byteCount: bigint
  /** Throws at the end when they are not as they were stored. */
  readonly bytes: AsyncIterable<Uint8Array>
}

export type RunChanges = { readonly previousRunId: string | undefined; readonly changes: readonly Change[] }

/** The run, once it is completed. Throws `not_found`, `run_state`. */
export async function completedRun(db: Db, id: string): Promise<RunInProgress> {
  const run = await getRun(db, id)
  if (run === undefined) throw new Refusal('not_found', `There is no reconciliation run ${publicId('run', id)}.`)
  if (run.status === 'completed') return run
  throw new Refusal('run_state', `The run is ${run.status}; it has a report once it is completed.`, {
    facts: { status: run.status },
  })
}

const BLOB = statement(
  'reconciliation.blob_of_report',
  'select sha256, byte_count as "byteCount" from blob where id = $1',
)

/** Throws `not_found`, `run_state`. */
export async function readReport(db: Db, runId: string): Promise<StoredReport> {
  const { reportBlobId } = await completedRun(db, runId)
  const [blob] = reportBlobId === null ? [] : await db.run<Omit<StoredReport, 'bytes'>>(BLOB, [reportBlobId])
  if (reportBlobId === null || blob === undefined)
    throw new Refusal('not_found', 'The run was completed by a version that kept no reports.')
  return { ...blob, bytes: readBlob(db, reportBlobId) }
}

/** What is different from the run before, as it stood when the run completed. Throws `not_found`, `run_state`. */
export async function readChanges(db: Db, runId: string): Promise<RunChanges> {
  const { summary } = await completedRun(db, runId)
  return { previousRunId: await runBefore(db, runId), changes: summary?.changes ?? [] }
}
