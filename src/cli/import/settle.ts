import { setTimeout as delay } from 'node:timers/promises'
import type { ApiClient } from '../api-client.ts'
import type { ApiPayment } from '../api-types.ts'
import { runCrew } from './crew.ts'
import type { Patience } from './patience.ts'
import { countFinal, type Tally } from './tally.ts'

/** Pause between two rounds over what is not final yet; doubles up to the longest. */
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
 * Reads the accepted payments, oldest first, because they are executed in that order, and again what
 * is left of them, until each is final. Ends early when none has become final for `idleMs`: an
 * unknown outcome may stay so until the PSP speaks. What is left stays in `tally.open`.
 */
export async function settlePayments(options: SettleOptions): Promise<void> {
  const { tally } = options
  let final = 0
  let lastFinalAt = performance.now()
  for (let round = 0; tally.open.length > 0; round += 1) {
    // Taken from the end, so that taking one is cheap: the oldest last.
    const ids = tally.open.splice(0).reverse()
    await runCrew(Math.min(options.concurrency, ids.length), async (stopped) => {
      for (let id = ids.pop(); id !== undefined && !stopped(); id = ids.pop()) {
        const payment = await readPayment(options, id)
        if (countFinal(tally, payment)) {
          final += 1
          lastFinalAt = performance.now()
          options.onProgress(final)
        } else tally.open.push(id)
      }
    })
    if (performance.now() - lastFinalAt > options.idleMs) return
    if (tally.open.length > 0) await delay(Math.min(FIRST_PAUSE_MS * 2 ** round, LONGEST_PAUSE_MS))
  }
}

const readPayment = ({ client, patience }: SettleOptions, id: string): Promise<ApiPayment> =>
  patience.untilAnswered(() => client.get<ApiPayment>(`/v1/payments/${encodeURIComponent(id)}`))
