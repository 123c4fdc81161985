import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { writeBlobTo } from '../../platform/blob.ts'
import { type DuckDb, openDuckDb } from '../../platform/duckdb.ts'
import { withScratch } from '../../platform/scratch.ts'
import { getFile, type SettlementFile } from '../../settlement/index.ts'
import { businessDate } from '../calendar.ts'
import { createDuckDbEngine } from '../engines/duckdb/match.ts'
import type { CarriedOurs, Engine, Facts } from '../engines/engine.ts'
import type { ProofLine } from '../proof.ts'
import type { ReconciliationDeps } from '../service.ts'
import { settledBefore } from '../settled.ts'
import type { Source } from '../source.ts'
import { checkTotals, judge, loadSides, proofOf, type Sides, type Snapshot } from './match-run.ts'
import { resolveByFile } from './resolve.ts'
import type { RunInputs } from './run-inputs.ts'
import { type Verdict, verdictSha256 } from './verdict.ts'

/**
 * Computes what a run of a day decides, and changes nothing: with what there is now, or with what a run read that is computed
 * again.
 */

export type Computation = Pick<Sides, 'source' | 'day' | 'previous'> & {
  readonly fileId: string
  /** What a run saw; undefined for what there is now. */
  readonly past?: (RunInputs & Pick<Snapshot, 'heads'>) | undefined
}

export type Computed = {
  readonly file: SettlementFile
  readonly snapshot: Snapshot
  readonly counts: Facts['counts']
  readonly verdict: Verdict
  readonly proof: readonly ProofLine[]
  readonly tolerated: Facts['tolerated']
  readonly verdictSha256: Buffer
  readonly outcomePath: string
  readonly outcomeSha256: Buffer
  /** Charges of unknown outcome of which the file tells that they were captured. */
  readonly resolved: number
  /** While `use` goes on. */
  readonly duckdb: DuckDb
  readonly folder: string
}

type Deps = Pick<ReconciliationDeps, 'db' | 'scratch'>

export const compute = <T>(deps: Deps, work: Computation, use: (computed: Computed) => Promise<T>): Promise<T> =>
  withScratch(deps.scratch, async (folder) => {
    const { source, day, past } = work
    const file = await getFile(deps.db, work.fileId)
    assert(file !== undefined && file.linesBlobId !== null, 'the file of a run was accepted')
    const duckdb = await openDuckDb(folder)
    const linesPath = join(folder, 'lines.parquet')
    const lines = writeBlobTo(deps.db, file.linesBlobId, linesPath)
    lines.catch(() => undefined) // The engine, which waits for them, says why they do not come.
    try {
      const engine = createDuckDbEngine(duckdb)
      const sides = { ...work, folder, linesPath, lines, fileId: file.id }
      let snapshot = await loadSides(deps.db, engine, sides)
      const told = past === undefined ? await toldByFile(deps, engine, source, day) : []
      if (told.length > 0) {
        snapshot = await loadSides(deps.db, engine, { ...sides, told: told.filter((each) => each.businessDate <= day) })
        const known = new Set(told.map(({ attemptId }) => attemptId))
        snapshot = { ...snapshot, unknown: snapshot.unknown.filter(({ attemptId }) => !known.has(attemptId)) }
      }
      const facts = await engine.match()
      checkTotals(facts, file.statements)
      const settled =
        past?.settled ?? (await deps.db.transaction((tx) => settledBefore(tx, source, facts.unmatchedTheirs)))
      const verdict = judge(facts, snapshot, settled, { day, source })
      const proof = proofOf(facts, verdict)
      return await use({
        file,
        snapshot,
        counts: facts.counts,
        verdict,
        proof,
        tolerated: facts.tolerated,
        verdictSha256: verdictSha256(facts, proof, verdict),
        outcomePath: facts.outcomePath,
        outcomeSha256: await sha256Of(facts.outcomePath),
        resolved: told.length,
        duckdb,
        folder,
      })
    } finally {
      // Whatever failed, and is thrown: nobody writes into the folder any more when it is removed.
      await lines.catch(() => undefined)
      duckdb.close()
    }
  })

/** What the file tells of unknown outcomes, as the records of ours that a run would make of it. Nothing is recorded. */
async function toldByFile({ db }: Deps, engine: Engine, source: Source, day: string): Promise<readonly CarriedOurs[]> {
  const told: CarriedOurs[] = []
  const record: ReconciliationDeps['record'] = async ({ paymentId, chargeId, outcome }) => {
    assert(outcome.outcome === 'captured', 'a file tells that a charge was captured')
    const { pspReference, amount, currency, occurredAt } = outcome
    told.push({
      breakId: null,
      attemptId: chargeId,
      paymentId,
      pspReference,
      amount,
      currency,
      occurredMs: BigInt(occurredAt.getTime()),
      businessDate: businessDate(occurredAt, source),
    })
    return 'recorded'
  }
  await resolveByFile({ db, record }, engine, { source, day })
  return told
}

/** Of the bytes of a file. */
export async function sha256Of(path: string): Promise<Buffer> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer)
  return hash.digest()
}
