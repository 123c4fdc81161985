import type { AttemptStatus } from './attempt.ts'

/** A charge whose answer was lost is sent again only this long after it was created, in business time. */
export const SEND_WINDOW_MS = 30_000

/** A charge that provably never reached its PSP is given up after this long: the buyer has left by then. */
export const GIVE_UP_AFTER_MS = 60 * 60_000

const SECOND = 1_000
const MINUTE = 60 * SECOND

// Unknown money is asked after quickly and then ever more calmly; nothing is ever given up without an answer.
const UNKNOWN_DELAYS_MS = [
  100,
  250,
  500,
  SECOND,
  2 * SECOND,
  5 * SECOND,
  15 * SECOND,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  60 * MINUTE,
]

// A pending charge normally ends by webhook; look-ups are for the webhook that is lost.
const PENDING_DELAYS_MS = [
  SECOND,
  2 * SECOND,
  5 * SECOND,
  15 * SECOND,
  30 * SECOND,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  60 * MINUTE,
]

// A PSP that refuses connections is down: let it come back.
const RETRY_DELAYS_MS = [200, 500, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND]

/** Real milliseconds until an attempt in flight is looked at again, after it was looked at `times` times. */
export function nextLookMs(status: AttemptStatus, times: number): number {
  const delays =
    status === 'pending' ? PENDING_DELAYS_MS : status === 'retry_wait' ? RETRY_DELAYS_MS : UNKNOWN_DELAYS_MS
  return delays[Math.min(times, delays.length - 1)] ?? 60 * MINUTE
}
