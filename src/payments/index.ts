/**
 * Payments: payment events, their orders and the attempts that carry them to a PSP, as data with their state machines.
 *
 *     payment event   processing ─► requires_action | authorised | succeeded | partially_succeeded | failed | canceled
 *     payment order   see charge.ts
 *     attempt         see attempt.ts
 *
 * Everything is stored before anything happens: an event commits with its orders and with attempts that are already
 * marked as dispatched, under the key that the PSP will see. What is learned about a charge commits in one transaction
 * with the wallet, the ledger and the hash chain. This module never calls a PSP: the executor does.
 */

export { ATTEMPT_COLUMNS, type Attempt, type AttemptRow, attemptOf, type Operation } from './attempt.ts'
export type { Report } from './charge.ts'
export type { Holder } from './follow-up.ts'
export { COVERED_BY, IN_FLIGHT } from './in-flight.ts'
export { PAYMENT_INVARIANTS } from './invariants.ts'
export type { PaymentFilter } from './list.ts'
export * from './payment.ts'
export type { PaymentRequest } from './request.ts'
export { GIVE_UP_AFTER_MS, SEND_WINDOW_MS } from './schedule.ts'
export { type SearchHit, search } from './search.ts'
export type { Accepted, Payments, PaymentsDeps, Recorded } from './service.ts'
export { createPayments } from './service.ts'
export type { TimelineItem } from './timeline.ts'
export type { Settlement, Whereabouts, WhereaboutsStep } from './whereabouts.ts'
