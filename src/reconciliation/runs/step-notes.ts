import type { Db } from '../../platform/db.ts'
import { noteRecordsRead, noteStep, type RunStep } from './run.ts'

/** Says where a run stands, seldom enough to cost nothing. */
export type StepNotes = {
  readonly at: (step: RunStep) => Promise<void>
  /** So many records have come. */
  readonly read: (records: bigint) => void
}

const EVERY_MS = 1_000

export function createStepNotes(db: Db, runId: string): StepNotes {
  let records = 0n
  let notedAt = performance.now()
  return {
    at: (step) => noteStep(db, runId, step, records === 0n ? undefined : records),
    read(count) {
      records = count
      if (performance.now() - notedAt < EVERY_MS) return
      notedAt = performance.now()
      // A note that gets lost is followed by another one.
      noteRecordsRead(db, runId, records).catch(() => undefined)
    },
  }
}
