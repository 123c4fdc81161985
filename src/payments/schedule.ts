import type { AttemptStatus } from './attempt.ts'

/** A charge whose answer was lost is sent again only this long after it was created, in business time. */
export const SEND_WINDOW_MS = 30_000

/** A charge that provably never reached its PSP is given up after this long: the buyer has left by then. */
export const GIVE_UP_AFTER_MS = 60 * 60_000

/** A PSP may ask for patience, but not for ever: a typing error in its header must not park a charge for days. */
export const MAX_RETRY_AFTER_MS = 10 * 60_000

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

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
  HOUR,
]

// A pending charge normally ends by webhook; look-ups are for the webhook that is lost. Buyers who never come back from
// the PSP's page leave ever more of them, so that each must cost little in the end.
const PENDING_DELAYS_MS = [
  SECOND,
  2 * SECOND,
  5 * SECOND,
  15 * SECOND,
  30 * SECOND,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  HOUR,
  HOUR,
  HOUR,
  6 * HOUR,
  6 * HOUR,
  6 * HOUR,
  24 * HOUR,
]

// A PSP that refuses connections is down: let it come back.
const RETRY_DELAYS_MS = [200, 500, SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND]

/** Real milliseconds until an attempt in flight is looked at again, after it was looked at `times` times. */
export function nextLookMs(status: AttemptStatus, times: number): number {
  const delays =
    status === 'pending' ? PENDING_DELAYS_MS : status === 'retry_wait' ? RETRY_DELAYS_MS : UNKNOWN_DELAYS_MS
  return delays[Math.max(0, Math.min(times, delays.length - 1))] ?? HOUR
}
