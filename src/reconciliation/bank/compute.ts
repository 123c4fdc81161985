import { join } from 'node:path'
import type { DuckDb } from '../../platform/duckdb.ts'
import { openDuckDb } from '../../platform/duckdb.ts'
import { withScratch } from '../../platform/scratch.ts'
import { sha256Of } from '../runs/compute.ts'
import { verdictSha256 } from '../runs/verdict.ts'
import type { ReconciliationDeps } from '../service.ts'
import type { BankInputs } from './inputs.ts'
import { type BankVerdict, judgeBank } from './judge.ts'
import { concernedLines } from './lines.ts'
import { writeBankOutcome } from './outcome.ts'
import type { BankSource } from './source.ts'

/** What a run over a bank's statements decides. */
export type BankComputed = {
  readonly verdict: BankVerdict
  readonly verdictSha256: Buffer
  /** Parquet with every payout and every line, see outcome.ts. */
  readonly outcomePath: string
  readonly outcomeSha256: Buffer
  /** While `use` goes on. */
  readonly duckdb: DuckDb
  readonly folder: string
}

export type BankComputation = { readonly source: BankSource; readonly day: string; readonly inputs: BankInputs }

/** Computes what a run of a day decides, and changes nothing: the same for the same inputs, whenever it is computed. */
export const computeBank = <T>(
  { db, scratch }: Pick<ReconciliationDeps, 'db' | 'scratch'>,
  { source, day, inputs }: BankComputation,
  use: (computed: BankComputed) => Promise<T>,
): Promise<T> =>
  withScratch(scratch, async (folder) => {
    const duckdb = await openDuckDb(folder)
    try {
      const lines = await concernedLines(db, duckdb, folder, { source, day, ...inputs })
      const verdict = judgeBank(source, day, { ...inputs, lines })
      const outcomePath = join(folder, 'outcome.parquet')
      await writeBankOutcome(duckdb, verdict, { payouts: inputs.payouts, path: outcomePath })
      return await use({
        verdict,
        verdictSha256: verdictSha256({ counts: verdict.counts, firstLater: new Map() }, verdict.proof, verdict),
        outcomePath,
        outcomeSha256: await sha256Of(outcomePath),
        duckdb,
        folder,
      })
    } finally {
      duckdb.close()
    }
  })
