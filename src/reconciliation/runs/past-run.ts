import { join } from 'node:path'
import { writeBlobTo } from '../../platform/blob.ts'
import type { Db } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { withScratch } from '../../platform/scratch.ts'
import { type BankComputation, computeBank } from '../bank/compute.ts'
import { keptInputs } from '../bank/inputs.ts'
import type { BankSource } from '../bank/source.ts'
import { runBefore } from './changes.ts'
import { type Computation, type Computed, compute } from './compute.ts'
import { getRun, type RunInProgress } from './run.ts'
import { readInputs } from './run-inputs.ts'

type Deps = { readonly db: Db; readonly scratch: string }

type PastComputation = Computation & { readonly past: NonNullable<Computation['past']> }

/** What a completed run read, to compute it again. Throws `run_state` for one that kept nothing of it. */
export async function computationOf(deps: Deps, run: RunInProgress): Promise<PastComputation> {
  if (run.inputsBlobId === null || run.fileId === null) return refuseUnkept(run)
  const before = await runBefore(deps.db, run.id)
  return {
    source: run.settings,
    day: run.businessDate,
    previous: before === undefined ? undefined : await getRun(deps.db, before),
    fileId: run.fileId,
    past: { ...(await kept(deps, run.inputsBlobId, readInputs)), heads: run.seenHeads },
  }
}

/** The same of a run over a bank's statements. */
export async function bankComputationOf(
  deps: Deps,
  source: BankSource,
  run: RunInProgress,
): Promise<BankComputation & { readonly fileId: string }> {
  if (run.inputsBlobId === null || run.fileId === null) return refuseUnkept(run)
  const inputs = await kept(deps, run.inputsBlobId, keptInputs)
  return { source, day: run.businessDate, inputs, fileId: run.fileId }
}

function refuseUnkept({ status }: RunInProgress): never {
  throw new Refusal('run_state', 'The run did not keep what it read: it was made by an earlier version.', {
    facts: { status },
  })
}

/** What both kinds of runs are when they are computed again. */
export type Recomputed = Pick<Computed, 'verdictSha256' | 'outcomePath' | 'outcomeSha256' | 'duckdb' | 'folder'>

/** Computes a completed run again from what it read. Throws `run_state` for one that kept nothing of it. */
export const recompute = async <T>(
  deps: Deps,
  run: RunInProgress,
  use: (computed: Recomputed) => Promise<T>,
): Promise<T> =>
  run.bank === undefined
    ? compute(deps, await computationOf(deps, run), use)
    : computeBank(deps, await bankComputationOf(deps, run.bank, run), use)

const kept = <T>({ db, scratch }: Deps, blobId: string, read: (path: string) => Promise<T>): Promise<T> =>
  withScratch(scratch, async (folder) => {
    const path = join(folder, newId())
    await writeBlobTo(db, blobId, path)
    return read(path)
  })
