import type { ApiPayment } from '../api-types.ts'
import type { Checkout } from './book.ts'

/** Refusals are counted by code in full; this many are named one by one. */
const NAMED_FAILURES = 100

export type ImportFailure = {
  readonly checkout: string
  readonly line: number
  readonly code: string
  readonly detail: string
}

/** What happened to the checkouts so far. */
export type Tally = {
  created: number
  existing: number
  failed: number
  readonly failures: ImportFailure[]
  readonly failuresByCode: Map<string, number>
  /** Final payments by status. */
  readonly byStatus: Map<string, number>
  /** Minor units of captured orders of final payments, by currency. */
  readonly captured: Map<string, bigint>
  /** Ids of payments whose end is not known yet, in the order they were accepted. */
  readonly open: string[]
}

export const createTally = (): Tally => ({
  created: 0,
  existing: 0,
  failed: 0,
  failures: [],
  failuresByCode: new Map(),
  byStatus: new Map(),
  captured: new Map(),
  open: [],
})

const isFinal = (payment: ApiPayment): boolean => payment.status !== 'processing'

export function countAccepted(tally: Tally, payment: ApiPayment, replayed: boolean): void {
  if (replayed) tally.existing += 1
  else tally.created += 1
  if (!countFinal(tally, payment)) tally.open.push(payment.id)
}

/** The checkout has a payment under another key: whatever made it, there is nothing left to create. */
export function countExisting(tally: Tally, id: string): void {
  tally.existing += 1
  tally.open.push(id)
}

export function countFailed(tally: Tally, checkout: Checkout, code: string, detail: string): void {
  tally.failed += 1
  tally.failuresByCode.set(code, (tally.failuresByCode.get(code) ?? 0) + 1)
  if (tally.failures.length >= NAMED_FAILURES) return
  tally.failures.push({ checkout: checkout.checkout, line: checkout.lineNumber, code, detail })
}

/** Adds a payment to the sums once its end is known; says whether it is. */
export function countFinal(tally: Tally, payment: ApiPayment): boolean {
  if (!isFinal(payment)) return false
  tally.byStatus.set(payment.status, (tally.byStatus.get(payment.status) ?? 0) + 1)
  for (const order of payment.orders) {
    if (order.status !== 'captured') continue
    tally.captured.set(payment.currency, (tally.captured.get(payment.currency) ?? 0n) + BigInt(order.amount))
  }
  return true
}
