import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../platform/log.ts'

export type Watch = {
  /** Ends the watching; resolves when no restart is under way any more. */
  readonly stop: () => Promise<void>
}

export type Watched = {
  readonly name: string
  readonly isUp: () => boolean
  /** Brings it back, or throws. Called again after a pause when it throws. */
  readonly restart: () => Promise<void>
}

const POLL_MS = 200 // How long a death may go unnoticed. A look costs one read of a small kernel file.
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000
const GIVE_UP_MS = 120_000 // Of failed restarts in a row: a fault that lasts this long needs a human.
const CRASH_WINDOW_MS = 10_000
const CRASHES_AT_ONCE = 5 // This many deaths in the window are restarted at once, then each waits longer.

const pauseAfter = (failures: number): number =>
  Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 10))

/**
 * Watches a process that this one started or adopted, and brings it back whenever it dies. When it cannot be
 * brought back for two minutes, `onGiveUp` is told why and the watching ends.
 */
export function watch(
  watched: Watched,
  deps: {
    readonly log: Log
    /** Told in one line what happened. */
    readonly say: (line: string) => void
    readonly onGiveUp: (name: string, cause: unknown) => void
  },
): Watch {
  const { log, say, onGiveUp } = deps
  const stopping = new AbortController()
  let deaths: number[] = []

  const sleep = async (ms: number): Promise<void> => {
    await delay(ms, undefined, { signal: stopping.signal }).catch(() => {
      // The only reason is that we stop, which the loop sees next.
    })
  }

  const bringBack = async (): Promise<boolean> => {
    const began = performance.now()
    for (let failures = 0; !stopping.signal.aborted; failures += 1) {
      try {
        await watched.restart()
        const tookMs = Math.round(performance.now() - began)
        log.warn({ took_ms: tookMs }, `${watched.name} had died and runs again`)
        say(`${watched.name} had died and runs again (${tookMs} ms).`)
        return true
      } catch (error) {
        if (performance.now() - began > GIVE_UP_MS) {
          onGiveUp(watched.name, error)
          return false
        }
        log.error({ err: error }, `${watched.name} has died and could not be started; trying again`)
        await sleep(pauseAfter(failures))
      }
    }
    return false
  }

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      if (watched.isUp()) {
        await sleep(POLL_MS)
        continue
      }
      const now = performance.now()
      deaths = [...deaths.filter((at) => now - at < CRASH_WINDOW_MS), now]
      if (deaths.length > CRASHES_AT_ONCE) await sleep(pauseAfter(deaths.length - CRASHES_AT_ONCE))
      if (stopping.signal.aborted || !(await bringBack())) return
    }
  }

  const running = run()
  return {
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
