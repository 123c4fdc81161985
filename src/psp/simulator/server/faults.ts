import type { Random } from './random.ts'
import type { Settings } from './settings.ts'

/** What goes wrong with one request, drawn before it is processed. */
export type Misfortune = {
  /** Instead of processing it. */
  readonly before: 'none' | 'cut' | 'reject' | 'error_500'
  /** Instead of its answer. */
  readonly after: 'none' | 'cut' | 'error_500' | 'timeout'
  readonly delayBeforeMs: number
  readonly delayAfterMs: number
}

/**
 * The longest a request waits before it is processed. The adapter declares that a charge is found two
 * seconds after it was sent, so a longer latency is spent after the charge is written.
 */
const MAX_DELAY_BEFORE_MS = 500

export function drawMisfortune({ faults, latency_ms }: Settings, random: Random): Misfortune {
  const chance = (rate: number): boolean => random.next() < rate
  // Every number is drawn every time, so that one rate does not shift what the others give.
  const [cut, reject, error] = [
    chance(faults.lose_request_rate),
    chance(faults.reject_rate),
    chance(faults.error_500_before_rate),
  ]
  const [lost, late, silent] = [
    chance(faults.lose_answer_rate),
    chance(faults.error_500_after_rate),
    chance(faults.timeout_rate),
  ]
  const latency = latency_ms.min + random.next() * (latency_ms.max - latency_ms.min)
  const delayBeforeMs = Math.min(latency / 2, MAX_DELAY_BEFORE_MS)
  return {
    before: cut ? 'cut' : reject ? 'reject' : error ? 'error_500' : 'none',
    after: lost ? 'cut' : late ? 'error_500' : silent ? 'timeout' : 'none',
    delayBeforeMs,
    delayAfterMs: latency - delayBeforeMs,
  }
}
