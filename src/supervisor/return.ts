import { setTimeout as delay } from 'node:timers/promises'
import { isConnectionError } from '../platform/db.ts'
import { StartRefusal } from '../platform/start-refusal.ts'

const RETURN_LIMIT_MS = 60_000 // Recovery after a crash, on a busy machine.
const PAUSE_MS = 100

const wentAway = (error: unknown): boolean =>
  isConnectionError(error) || (error instanceof StartRefusal && isConnectionError(error.cause))

/** Repeats a step of the start while the database is away, which somebody brings back meanwhile, for up to a minute. */
export async function onceItReturns<T>(step: () => Promise<T>, limitMs = RETURN_LIMIT_MS): Promise<T> {
  const end = performance.now() + limitMs
  for (;;) {
    try {
      return await step()
    } catch (error) {
      if (!wentAway(error) || performance.now() >= end) throw error
      await delay(PAUSE_MS)
    }
  }
}
