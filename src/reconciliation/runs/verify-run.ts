import { join } from 'node:path'
import { writeBlobTo } from '../../platform/blob.ts'
import { fileLiteral } from '../../platform/duckdb.ts'
import type { ReconciliationDeps } from '../service.ts'
import { type Recomputed, recompute } from './past-run.ts'
import { completedRun, readReport } from './read-report.ts'
import type { RunInProgress } from './run.ts'

/** A completed run computed again from the same inputs. */
export type Verification = {
  /** Every byte of the outcome and everything that was decided is the same, and the report is as it was written. */
  readonly identical: boolean
  readonly outcome: Hashes & {
    /** Rows that one of the two has and the other has not; 0 for the same rows in another form. */
    readonly differingRows: bigint
  }
  readonly verdict: Hashes
  readonly report: { readonly sha256: Buffer; readonly intact: boolean }
}

export type Hashes = { readonly stored: Buffer; readonly computed: Buffer }

type Deps = Pick<ReconciliationDeps, 'db' | 'scratch'>

/** Changes nothing. Throws `not_found`, `run_state`. */
export async function verifyRun(deps: Deps, runId: string): Promise<Verification> {
  const run = await completedRun(deps.db, runId)
  const report = await intactReport(deps, runId)
  return recompute(deps, run, async (computed) => {
    const outcome = {
      stored: await outcomeSha256(deps, run),
      computed: computed.outcomeSha256,
      differingRows: 0n,
    }
    const verdict = { stored: run.verdictSha256 ?? Buffer.alloc(0), computed: computed.verdictSha256 }
    const sameBytes = outcome.stored.equals(outcome.computed)
    return {
      identical: sameBytes && verdict.stored.equals(verdict.computed) && report.intact,
      outcome: sameBytes ? outcome : { ...outcome, differingRows: await differingRows(deps, run, computed) },
      verdict,
      report,
    }
  })
}

/** Reading the bytes to their end proves them. */
async function intactReport({ db }: Deps, runId: string): Promise<Verification['report']> {
  const { sha256, bytes } = await readReport(db, runId)
  try {
    for await (const _ of bytes);
    return { sha256, intact: true }
  } catch {
    return { sha256, intact: false }
  }
}

async function outcomeSha256({ db }: Deps, { outcomeBlobId }: RunInProgress): Promise<Buffer> {
  const [blob] = await db.query<{ sha256: Buffer }>('select sha256 from blob where id = $1', [outcomeBlobId])
  return blob?.sha256 ?? Buffer.alloc(0)
}

async function differingRows(
  { db }: Deps,
  { outcomeBlobId }: RunInProgress,
  { duckdb, folder, outcomePath }: Recomputed,
): Promise<bigint> {
  const stored = join(folder, 'stored.parquet')
  await writeBlobTo(db, outcomeBlobId ?? '', stored)
  const rows = (path: string): string => `select * from read_parquet(${fileLiteral(path)})`
  const [count] = await duckdb.query<{ n: bigint }>(
    `select count(*) as n from ((${rows(stored)} except all ${rows(outcomePath)}) union all (${rows(outcomePath)} except all ${rows(stored)}))`,
  )
  return count?.n ?? 0n
}
