import { setTimeout as delay } from 'node:timers/promises'
import { Refusal } from '../platform/errors.ts'
import { publicId } from '../platform/ids.ts'
import type { Payment } from './payment.ts'

/** Callers who hold a request open until their payment is final. */
export type Waiting = {
  /** The payment as soon as nothing of it is in progress, or what it is after `timeoutMs`, or at once after `release`. */
  readonly waitForFinal: (id: string, timeoutMs: number) => Promise<Payment>
  /** Something of this payment was committed. */
  readonly wake: (paymentId: string) => void
  /** The process stops: everybody gets the payment as it is now. */
  readonly release: () => void
}

// Another node may finish the payment, which wakes nobody here.
const POLL_MS = 500

export function createWaiting(get: (id: string) => Promise<Payment | undefined>): Waiting {
  const waiters = new Map<string, Set<() => void>>()
  let released = false

  const waitForFinal = async (id: string, timeoutMs: number): Promise<Payment> => {
    const end = performance.now() + timeoutMs
    for (;;) {
      // Before the payment is read, so that what is committed in between wakes this waiter.
      const woken = Promise.withResolvers<void>()
      const set = waiters.get(id) ?? new Set()
      waiters.set(id, set.add(woken.resolve))
      try {
        const payment = await get(id)
        if (payment === undefined) throw new Refusal('not_found', `There is no payment ${publicId('pay', id)}.`)
        const leftMs = end - performance.now()
        if (payment.status !== 'processing' || leftMs <= 0 || released) return payment
        const timer = new AbortController()
        const pause = delay(Math.min(POLL_MS, leftMs), undefined, { signal: timer.signal }).catch(() => undefined)
        await Promise.race([woken.promise, pause])
        timer.abort()
      } finally {
        set.delete(woken.resolve)
        if (set.size === 0) waiters.delete(id)
      }
    }
  }

  return {
    waitForFinal,
    wake(paymentId) {
      for (const wake of waiters.get(paymentId) ?? []) wake()
    },
    release() {
      released = true
      for (const set of waiters.values()) for (const wake of set) wake()
    },
  }
}
