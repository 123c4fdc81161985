import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from './log.ts'

/** Runs `work` every `everyMs`, never twice at the same time; a failure is logged and the next turn tries again. */
export function startTicking(
  everyMs: number,
  work: () => Promise<void>,
  log: Log,
): { readonly stop: () => Promise<void> } {
  const stopping = new AbortController()
  const { signal } = stopping
  const loop = (async () => {
    while (!signal.aborted) {
      await work().catch((error: unknown) => log.warn({ err: error }, 'periodic work failed and is tried again'))
      await delay(everyMs, undefined, { signal }).catch(() => undefined)
    }
  })()
  return {
    stop: async () => {
      stopping.abort()
      await loop
    },
  }
}
