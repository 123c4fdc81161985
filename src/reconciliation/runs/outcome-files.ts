import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeBlobTo } from '../../platform/blob.ts'
import type { Db } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import { createSlots } from '../../platform/slots.ts'

/** Outcomes of runs as files that DuckDB can read. */
export type OutcomeFiles = {
  /**
   * Does something with the file of an outcome. A few are read at once, and as many callers wait as a page of people would
   * make. Throws `overloaded`.
   */
  readonly read: <T>(blobId: string, work: (path: string, folder: string) => Promise<T>) => Promise<T>
}

// Each reader has a DuckDB of its own, with memory to match.
const READERS = 2
const WAITING = 32
// Whoever looks through a run asks for page after page. The outcome of a million records takes some 60 MB.
const KEPT = 4

type Kept = { readonly folder: string; readonly path: Promise<string>; users: number; usedAt: number }

/** Keeps the outcomes that were read last in a folder, because fetching one takes longer than reading a page of it. */
export function createOutcomeFiles({ db, scratch }: { readonly db: Db; readonly scratch: string }): OutcomeFiles {
  const kept = new Map<string, Kept>()
  const inSlot = createSlots({
    slots: READERS,
    waiting: WAITING,
    whenFull: () => new Refusal('overloaded', 'Many outcomes of runs are being read.', { retryAfterSeconds: 2 }),
  })
  let uses = 0

  const fetch = (blobId: string): Kept => {
    const folder = join(scratch, newId())
    const write = async (): Promise<string> => {
      const path = join(folder, 'outcome.parquet')
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await writeBlobTo(db, blobId, path)
      return path
    }
    return { folder, path: write(), users: 0, usedAt: 0 }
  }
  // Forgotten at once and removed then: whoever comes meanwhile fetches another one, which is none of this.
  const forget = (blobId: string, file: Kept): Promise<void> => {
    if (kept.get(blobId) === file) kept.delete(blobId)
    return rm(file.folder, { recursive: true, force: true })
  }
  const tidy = async (): Promise<void> => {
    const idle = [...kept].filter(([, { users }]) => users === 0).sort(([, a], [, b]) => a.usedAt - b.usedAt)
    const over = idle.slice(0, Math.max(0, kept.size - KEPT))
    await Promise.all(over.map(([blobId, each]) => forget(blobId, each)))
  }

  return {
    read: (blobId, work) =>
      inSlot(async () => {
        const file = kept.get(blobId) ?? fetch(blobId)
        kept.set(blobId, file)
        file.users += 1
        uses += 1
        file.usedAt = uses
        try {
          const path = await file.path.catch(async (error: unknown) => {
            await forget(blobId, file)
            throw error
          })
          return await work(path, file.folder)
        } finally {
          file.users -= 1
          await tidy()
        }
      }),
  }
}
