import assert from 'node:assert/strict'
import type { Decline } from '../psp/psp.ts'
import { type Attempt, type AttemptStatus, isFinished } from './attempt.ts'
import { nextLookMs } from './schedule.ts'

/** An attempt in the middle of a batch: as it was read, and as it will be written when `changed`. */
export type AttemptChange = {
  readonly before: Attempt
  status: AttemptStatus
  pspReference: string | undefined
  actionUrl: string | undefined
  decline: Decline | undefined
  unknownCause: string | undefined
  ambiguous: boolean
  lookUps: number
  lastSentAt: Date
  /** Real milliseconds until somebody looks at it again; meaningless when finished. */
  dueInMs: number
  changed: boolean
}

export const changeOf = (attempt: Attempt): AttemptChange => ({
  before: attempt,
  status: attempt.status,
  pspReference: attempt.pspReference,
  actionUrl: attempt.actionUrl,
  decline: attempt.decline,
  unknownCause: undefined,
  ambiguous: attempt.ambiguous,
  lookUps: attempt.lookUps,
  lastSentAt: attempt.lastSentAt,
  dueInMs: 0,
  changed: false,
})

/** Leaves the attempt in flight: somebody looks at it again after `dueInMs` real milliseconds. */
export function lookAgain(
  attempt: AttemptChange,
  status: AttemptStatus,
  dueInMs = nextLookMs(status, attempt.lookUps),
): void {
  assert(!isFinished(status), 'an attempt that is finished waits for nothing')
  assert(dueInMs >= 0 && dueInMs < Number.POSITIVE_INFINITY, 'an attempt in flight is due at some time')
  attempt.status = status
  attempt.dueInMs = dueInMs
  attempt.changed = true
}

/** Ends the attempt. A charge that was declined and turns out captured is corrected; a success is never taken back. */
export function finish(
  attempt: AttemptChange,
  status: 'succeeded' | 'declined',
  pspReference?: string,
  decline?: Decline,
): void {
  if (attempt.status === 'succeeded' || attempt.status === status) return
  attempt.status = status
  attempt.pspReference = pspReference ?? attempt.pspReference
  attempt.actionUrl = undefined
  attempt.decline = status === 'declined' ? decline : undefined
  attempt.unknownCause = undefined
  attempt.changed = true
}
