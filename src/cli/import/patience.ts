import { setTimeout as delay } from 'node:timers/promises'
import { ApiProblem, isWorthRepeating } from '../api-client.ts'
import { withoutPeriod } from '../failure.ts'

/** First pause after a failed request; doubles up to the longest. */
const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 1_000
/** How often a lasting outage is mentioned again. */
const MENTION_EVERY_MS = 2_000

/** The server stayed away for as long as we wait. `message` says why. */
export class ServerStayedAway extends Error {
  readonly seconds: number
  constructor(reason: string, seconds: number, cause: unknown) {
    super(reason, { cause })
    this.name = 'ServerStayedAway'
    this.seconds = seconds
  }
}

export type Patience = {
  /**
   * Sends until there is an answer. No answer, 429 and 5xx are tried again, visibly; any other
   * refusal is thrown as it is. Only for requests that may be sent twice.
   */
  readonly untilAnswered: <T>(send: () => Promise<T>) => Promise<T>
}

/**
 * One outage is shared by all requests: it begins with the first failure and ends with the first
 * answer to any of them. Throws `ServerStayedAway` once it has lasted `patienceMs`.
 */
export function createPatience(options: {
  readonly patienceMs: number
  readonly mention: (text: string) => void
}): Patience {
  const seconds = Math.round(options.patienceMs / 1_000)
  let outage: { since: number; mentionedAt: number } | undefined

  function answered(): void {
    if (outage === undefined) return
    options.mention(`the server answers again after ${((performance.now() - outage.since) / 1_000).toFixed(1)} s`)
    outage = undefined
  }

  function failed(error: Error): void {
    const now = performance.now()
    const reason = withoutPeriod(error.message)
    if (outage === undefined) {
      outage = { since: now, mentionedAt: now }
      options.mention(`${reason}; trying again for ${seconds} s`)
      return
    }
    const lasted = now - outage.since
    if (lasted >= options.patienceMs) throw new ServerStayedAway(reason, seconds, error)
    if (now - outage.mentionedAt < MENTION_EVERY_MS) return
    outage.mentionedAt = now
    options.mention(`${reason}; still trying, ${Math.ceil((options.patienceMs - lasted) / 1_000)} s left`)
  }

  /** As long as the server asks for, but never past the moment when patience ends. */
  function pauseMs(error: unknown, attempt: number): number {
    const own = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS)
    const asked = error instanceof ApiProblem ? (error.retryAfterSeconds ?? 0) * 1_000 : 0
    const left = outage === undefined ? options.patienceMs : options.patienceMs - (performance.now() - outage.since)
    return Math.max(0, Math.min(Math.max(own, asked), left))
  }

  return {
    untilAnswered: async (send) => {
      for (let attempt = 0; ; attempt += 1) {
        try {
          const answer = await send()
          answered()
          return answer
        } catch (error) {
          if (!isWorthRepeating(error)) throw error
          failed(error)
          await delay(pauseMs(error, attempt))
        }
      }
    },
  }
}
