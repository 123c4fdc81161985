import { setTimeout as delay } from 'node:timers/promises'
import type { ApiClient } from '../api-client.ts'
import type { ApiPayment } from '../api-types.ts'
import { runCrew } from './crew.ts'
import type { Patience } from './patience.ts'
import { countFinal, type Tally } from './tally.ts'

/** Pause between two rounds; doubles up to the longest while no payment becomes final. */
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 2_000
/**
 * So many payments that are not final end a round: the server is still at work on those behind them,
 * and asking for thousands of them would only take its time.
 */
const MISSES_PER_ROUND = 32

export type SettleOptions = {
  readonly client: Pick<ApiClient, 'get'>
  readonly tally: Tally
  readonly patience: Patience
  readonly concurrency: number
  /** Ends the wait when no payment has become final for this long. */
  readonly idleMs: number
  readonly onProgress: (final: number) => void
}

/**
 * Reads the accepted payments until each is final: oldest first, because they are executed in that
 * order, and one that is not final after all the others. Ends early when none has become final for
 * `idleMs`: an unknown outcome may stay so until the PSP speaks. What is left stays in `tally.open`.
 */
export async function settlePayments(options: SettleOptions): Promise<void> {
  const { tally } = options
  let final = 0
  let fruitless = 0
  let lastFinalAt = performance.now()
  while (tally.open.length > 0) {
    const found = await askOnce(options, (count) => options.onProgress(final + count))
    final += found
    fruitless = found > 0 ? 0 : fruitless + 1
    if (found > 0) lastFinalAt = performance.now()
    if (performance.now() - lastFinalAt > options.idleMs) return
    if (tally.open.length > 0) await delay(Math.min(FIRST_PAUSE_MS * 2 ** fruitless, LONGEST_PAUSE_MS))
  }
}

/** One round. Returns how many payments were final; the others are in `tally.open`, those just asked for last. */
async function askOnce({ client, tally, patience, concurrency }: SettleOptions, onFinal: (count: number) => void) {
  // Taken from the end, so that taking one is cheap: the next one last.
  const ids = tally.open.splice(0).reverse()
  const misses: string[] = []
  let final = 0
  await runCrew(Math.min(concurrency, ids.length), async (stopped) => {
    while (!stopped() && misses.length < MISSES_PER_ROUND) {
      const id = ids.pop()
      if (id === undefined) return
      const path = `/v1/payments/${encodeURIComponent(id)}`
      const payment = await patience.untilAnswered(() => client.get<ApiPayment>(path))
      if (countFinal(tally, payment)) onFinal(++final)
      else misses.push(id)
    }
  })
  for (const id of [...ids.reverse(), ...misses]) tally.open.push(id)
  return final
}
