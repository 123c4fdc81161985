import { join } from 'node:path'
import { writeBlobTo } from '../../platform/blob.ts'
import type { Db } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { withScratch } from '../../platform/scratch.ts'
import { runBefore } from './changes.ts'
import type { Computation } from './compute.ts'
import { getRun, type RunInProgress } from './run.ts'
import { type RunInputs, readInputs } from './run-inputs.ts'

type Deps = { readonly db: Db; readonly scratch: string }

type PastComputation = Computation & { readonly past: NonNullable<Computation['past']> }

/** What a completed run read, to compute it again. Throws `run_state` for one that kept nothing of it. */
export async function computationOf(deps: Deps, run: RunInProgress): Promise<PastComputation> {
  if (run.inputsBlobId === null || run.fileId === null)
    throw new Refusal(
      'run_state',
      'The run did not keep what it read: it is one of a bank, or was made by an earlier version.',
      {
        facts: { status: run.status },
      },
    )
  const before = await runBefore(deps.db, run.id)
  return {
    source: run.settings,
    day: run.businessDate,
    previous: before === undefined ? undefined : await getRun(deps.db, before),
    fileId: run.fileId,
    past: { ...(await inputsOf(deps, run.inputsBlobId)), heads: run.seenHeads },
  }
}

const inputsOf = ({ db, scratch }: Deps, blobId: string): Promise<RunInputs> =>
  withScratch(scratch, async (folder) => {
    const path = join(folder, newId())
    await writeBlobTo(db, blobId, path)
    return readInputs(path)
  })
