import { setTimeout as delay } from 'node:timers/promises'
import type { ApiClient } from '../api-client.ts'
import type { ApiPayment } from '../api-types.ts'
import { runCrew } from './crew.ts'
import type { Patience } from './patience.ts'
import { countFinal, type Tally } from './tally.ts'

/** A payment that is not final is asked for again after this long; doubles up to the longest. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000

export type SettleOptions = {
  readonly client: ApiClient
  readonly tally: Tally
  readonly patience: Patience
  readonly concurrency: number
  /** Ends the wait when no payment has become final for this long. */
  readonly idleMs: number
  readonly onProgress: (final: number) => void
}

/**
 * Reads the accepted payments until each is final, oldest first, because they were executed in that
 * order. Ends when all are, or when none has become final for `idleMs`: an unknown outcome may stay
 * so until the PSP speaks. What is left stays in `tally.open`.
 */
export async function settlePayments(options: SettleOptions): Promise<void> {
  const { tally } = options
  const waiting = tally.open.splice(0).map((id) => ({ id, attempt: 0, askAt: 0 }))
  const total = waiting.length
  let head = 0
  let final = 0
  let lastFinalAt = performance.now()
  const idle = () => performance.now() - lastFinalAt > options.idleMs

  await runCrew(Math.min(options.concurrency, total), async (stopped) => {
    while (head < waiting.length && !stopped()) {
      const next = waiting[head]
      head += 1
      if (next === undefined) return
      await delay(Math.max(0, next.askAt - performance.now()))
      const payment = await options.patience.untilAnswered(() =>
        options.client.get<ApiPayment>(`/v1/payments/${encodeURIComponent(next.id)}`),
      )
      if (countFinal(tally, payment)) {
        final += 1
        lastFinalAt = performance.now()
        options.onProgress(final)
      } else if (idle()) {
        tally.open.push(next.id)
      } else {
        const pause = Math.min(FIRST_PAUSE_MS * 2 ** next.attempt, LONGEST_PAUSE_MS)
        waiting.push({ id: next.id, attempt: next.attempt + 1, askAt: performance.now() + pause })
      }
    }
  })
}
