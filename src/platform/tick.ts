import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from './log.ts'

/**
 * Runs `work` every `everyMs`, never twice at the same time; a failure is logged and the next turn tries again. `hurry`
 * lets the next turn come at once, or right after the one that is under way.
 */
export function startTicking(
  everyMs: number,
  work: () => Promise<void>,
  log: Log,
): { readonly stop: () => Promise<void>; readonly hurry: () => void } {
  let stopped = false
  let pause = new AbortController()
  const loop = (async () => {
    while (!stopped) {
      pause = new AbortController()
      const { signal } = pause
      await work().catch((error: unknown) => log.warn({ err: error }, 'periodic work failed and is tried again'))
      await delay(everyMs, undefined, { signal }).catch(() => undefined)
    }
  })()
  return {
    hurry: () => pause.abort(),
    stop: async () => {
      stopped = true
      pause.abort()
      await loop
    },
  }
}
