import { setTimeout as delay } from 'node:timers/promises'
import { isTransient } from '../platform/db.ts'

// A database that restarts or moves is back within seconds; longer, and the caller should hear of it.
const DELAYS_MS = [100, 400, 1_500]

/**
 * Does work that finds itself when it was done before, a few times over a lost connection: the commit may have happened
 * although its answer was lost, and only doing it again tells. Anything but a database that was away is thrown at once.
 */
export async function againWhenLost<T>(work: () => Promise<T>): Promise<T> {
  for (const waitMs of DELAYS_MS) {
    try {
      return await work()
    } catch (error) {
      if (!isTransient(error)) throw error
      await delay(waitMs)
    }
  }
  return work()
}
