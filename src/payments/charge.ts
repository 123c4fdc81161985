import assert from 'node:assert/strict'
import type { Decline, LookUp, Outcome, PspTraits } from '../psp/psp.ts'
import { type Attempt, type AttemptStatus, isFinished, type Operation } from './attempt.ts'
import type { OrderStatus } from './payment.ts'
import { GIVE_UP_AFTER_MS, nextLookMs, SEND_WINDOW_MS } from './schedule.ts'

/**
 * The state machine of a charge: pure, and the only place that decides what a PSP's word means for us.
 *
 *     executing ─► captured | failed | requires_action | authorised | unknown
 *     requires_action, unknown ─► any of the others
 *     authorised ─► executing (a capture or void was sent) ─► captured | voided | authorised
 *     failed, voided ─► stay; money that comes after all is a late success, booked to suspense
 *
 * Outcomes always describe the charge, whichever attempt was asked: the answer to a void may be "captured".
 */

/** What somebody learned about a charge: by the answer to a call, by asking, or by a webhook. */
export type Report = {
  readonly paymentId: string
  readonly chargeId: string
  /** The attempt that was sent or looked up; for a webhook the charge itself. */
  readonly attemptId: string
  readonly via: 'answer' | 'look_up' | 'webhook'
  readonly outcome: LookUp
}

/** A charge as it stands in the middle of a batch: `apply` changes it in place, the caller writes what changed. */
export type ChargeInFlight = {
  readonly charge: AttemptChange
  /** Captures and voids of this charge that are not finished. */
  readonly followUps: AttemptChange[]
  /** Status shared by the orders that stand on this charge; `superseded` when a later charge took them over. */
  orders: OrderStatus | 'superseded'
  ordersChanged: boolean
  capturedAt: Date | undefined
  lateSuccessBooked: boolean
  readonly effects: Effect[]
  readonly steps: { readonly attemptId: string; readonly kind: string; readonly detail: Record<string, string> }[]
}

/** What the caller has to do besides writing rows. */
export type Effect =
  | { readonly effect: 'capture' | 'late_success'; readonly occurredAt: Date }
  | { readonly effect: 'void' }

export type AttemptChange = {
  readonly before: Attempt
  status: AttemptStatus
  pspReference: string | undefined
  actionUrl: string | undefined
  decline: Decline | undefined
  unknownCause: string | undefined
  ambiguous: boolean
  lookUps: number
  lastSentAt: Date
  /** Real milliseconds until somebody looks at it again; meaningless when finished. */
  dueInMs: number
  changed: boolean
}

export const changeOf = (attempt: Attempt): AttemptChange => ({
  before: attempt,
  status: attempt.status,
  pspReference: attempt.pspReference,
  actionUrl: attempt.actionUrl,
  decline: undefined,
  unknownCause: undefined,
  ambiguous: attempt.ambiguous,
  lookUps: attempt.lookUps,
  lastSentAt: attempt.lastSentAt,
  dueInMs: 0,
  changed: false,
})

export type Surroundings = {
  readonly now: Date
  readonly traits: Pick<PspTraits, 'consistencyWindowMs' | 'keyRetentionMs'>
  /** With automatic capture a refused capture fails the order; with manual the caller may try again. */
  readonly capture: 'automatic' | 'manual'
}

/** Applies one report. Reports may come in any order, any number of times. */
export function apply(state: ChargeInFlight, report: Report, around: Surroundings): void {
  const asked = [state.charge, ...state.followUps].find((attempt) => attempt.before.id === report.attemptId)
  if (asked === undefined) return applyTo(state, state.charge, report, around)
  applyTo(state, asked, report, around)
}

function applyTo(state: ChargeInFlight, asked: AttemptChange, report: Report, around: Surroundings): void {
  const outcome = trusted(state, report.outcome)
  noteStep(state, asked, report, outcome)
  if (report.via === 'look_up') asked.lookUps += 1
  switch (outcome.outcome) {
    case 'captured':
      return captured(state, outcome)
    case 'authorised':
      return authorised(state, asked, outcome.pspReference, report)
    case 'voided':
      return voided(state, outcome.pspReference)
    case 'declined':
      return declined(state, asked, outcome.decline, outcome.pspReference, around)
    case 'pending':
    case 'requires_action':
      return waiting(state, asked, outcome)
    case 'not_executed':
      return notExecuted(state, asked, report, outcome, around)
    case 'not_found':
      return notFound(state, asked, around)
    case 'unknown':
      return unknown(state, asked, report, outcome.cause, around)
    default:
      outcome satisfies never
  }
}

/** A captured or authorised amount other than what we asked for is no answer that we may book. */
function trusted(state: ChargeInFlight, outcome: LookUp): LookUp {
  if (outcome.outcome !== 'captured' && outcome.outcome !== 'authorised') return outcome
  const { amount, currency } = state.charge.before
  if (outcome.amount === amount && outcome.currency === currency) return outcome
  return {
    outcome: 'unknown',
    cause: `the PSP says ${outcome.amount} ${outcome.currency}, we asked for ${amount} ${currency}`,
  }
}

function captured(state: ChargeInFlight, outcome: Outcome & { outcome: 'captured' }): void {
  const { charge } = state
  finish(charge, 'succeeded', outcome.pspReference)
  for (const followUp of state.followUps) {
    const done = followUp.before.operation === 'capture'
    finish(followUp, done ? 'succeeded' : 'declined', outcome.pspReference, done ? undefined : CAPTURED_FIRST)
  }
  if (state.orders === 'captured') return
  if (state.orders === 'failed' || state.orders === 'voided' || state.orders === 'superseded') {
    if (state.lateSuccessBooked) return
    state.lateSuccessBooked = true
    state.effects.push({ effect: 'late_success', occurredAt: outcome.occurredAt })
    return
  }
  setOrders(state, 'captured')
  state.capturedAt = outcome.occurredAt
  state.effects.push({ effect: 'capture', occurredAt: outcome.occurredAt })
}

function authorised(state: ChargeInFlight, asked: AttemptChange, pspReference: string, report: Report): void {
  if (state.orders === 'captured' || state.orders === 'voided') return
  const open = state.followUps.filter((followUp) => !isFinished(followUp.status))
  if (state.orders === 'failed' || state.orders === 'superseded') {
    finish(state.charge, 'succeeded', pspReference)
    // The buyer's money is held for nothing: give it back, once.
    if (open.length === 0) state.effects.push({ effect: 'void' })
    return
  }
  if (open.length > 0) {
    // The charge waits for its capture or void: what was sent is not done. A stale webhook says nothing about that.
    if (report.via !== 'webhook' && open.includes(asked)) await_(asked, 'retry_wait')
    return
  }
  if (state.charge.before.capture === 'automatic') {
    // On its way to captured: the end comes by webhook or look-up.
    if (isFinished(state.charge.status)) return
    state.charge.pspReference = pspReference
    return await_(state.charge, 'pending')
  }
  finish(state.charge, 'succeeded', pspReference)
  setOrders(state, 'authorised')
}

function voided(state: ChargeInFlight, pspReference: string): void {
  if (!isFinished(state.charge.status)) finish(state.charge, 'declined', pspReference, CANCELED)
  for (const followUp of state.followUps) {
    const done = followUp.before.operation === 'void'
    finish(followUp, done ? 'succeeded' : 'declined', pspReference, done ? undefined : CANCELED)
  }
  if (state.orders !== 'captured' && state.orders !== 'failed' && state.orders !== 'superseded')
    setOrders(state, 'voided')
}

function declined(
  state: ChargeInFlight,
  asked: AttemptChange,
  decline: Decline,
  pspReference: string | undefined,
  around: Surroundings,
): void {
  const { charge } = state
  if (asked.before.operation === 'charge') {
    if (isFinished(charge.status)) return
    finish(charge, 'declined', pspReference, decline)
    for (const followUp of state.followUps) finish(followUp, 'declined', pspReference, decline)
    if (state.orders !== 'superseded' && state.orders !== 'captured') setOrders(state, 'failed')
    return
  }
  if (isFinished(asked.status)) return
  finish(asked, 'declined', pspReference, decline)
  if (state.orders !== 'executing' && state.orders !== 'unknown') return
  if (asked.before.operation === 'capture' && around.capture === 'automatic') {
    charge.decline = decline
    charge.changed = true
    setOrders(state, 'failed')
    state.effects.push({ effect: 'void' })
    return
  }
  setOrders(state, 'authorised')
}

function waiting(
  state: ChargeInFlight,
  asked: AttemptChange,
  outcome: Outcome & { outcome: 'pending' | 'requires_action' },
): void {
  if (isFinished(asked.status)) return
  asked.pspReference = outcome.pspReference
  if (asked.before.operation !== 'charge') {
    // A capture or void that the PSP works on is asked after; a charge that still waits for its buyer was not voided.
    return await_(asked, outcome.outcome === 'pending' ? 'pending' : 'retry_wait')
  }
  asked.actionUrl = outcome.outcome === 'requires_action' ? outcome.url : undefined
  await_(asked, 'pending')
  if (state.orders === 'executing' || state.orders === 'unknown' || state.orders === 'requires_action') {
    setOrders(state, outcome.outcome === 'requires_action' ? 'requires_action' : 'executing')
  }
}

function notExecuted(
  state: ChargeInFlight,
  asked: AttemptChange,
  report: Report,
  outcome: Outcome & { outcome: 'not_executed' },
  around: Surroundings,
): void {
  if (isFinished(asked.status)) return
  if (report.via === 'look_up') return await_(asked, asked.status)
  // What was ambiguous before stays so: this send was not executed, an earlier one may have been.
  if (asked.ambiguous)
    return await_(asked, 'unknown', Math.max(outcome.retryAfterMs ?? 0, nextLookMs('retry_wait', asked.before.sends)))
  const age = around.now.getTime() - asked.before.createdAt.getTime()
  if (asked.before.operation === 'charge' && age > GIVE_UP_AFTER_MS) {
    finish(asked, 'declined', undefined, NEVER_REACHED)
    if (state.orders !== 'superseded') setOrders(state, 'failed')
    return
  }
  await_(asked, 'retry_wait', Math.max(outcome.retryAfterMs ?? 0, nextLookMs('retry_wait', asked.before.sends)))
}

function notFound(state: ChargeInFlight, asked: AttemptChange, around: Surroundings): void {
  if (isFinished(asked.status)) return
  // The PSP named this charge before, or we capture what it authorised: it cannot be absent. Keep asking.
  if (asked.status === 'pending' || asked.before.operation !== 'charge') return await_(asked, asked.status)
  const age = around.now.getTime() - asked.before.createdAt.getTime()
  if (age < Math.min(SEND_WINDOW_MS, around.traits.keyRetentionMs)) {
    return await_(asked, 'retry_wait', nextLookMs('unknown', asked.lookUps))
  }
  const sinceSent = around.now.getTime() - asked.lastSentAt.getTime()
  if (sinceSent < around.traits.consistencyWindowMs) {
    return await_(asked, 'unknown', around.traits.consistencyWindowMs - sinceSent)
  }
  finish(asked, 'declined', undefined, NEVER_REACHED)
  if (state.orders !== 'superseded') setOrders(state, 'failed')
}

function unknown(
  state: ChargeInFlight,
  asked: AttemptChange,
  report: Report,
  cause: string,
  around: Surroundings,
): void {
  if (isFinished(asked.status)) return
  if (report.via === 'webhook') return
  if (report.via === 'look_up') return await_(asked, asked.status === 'pending' ? 'pending' : 'unknown')
  asked.ambiguous = true
  asked.unknownCause = cause
  asked.lastSentAt = around.now
  await_(asked, 'unknown')
  if (state.orders === 'executing' || state.orders === 'requires_action') setOrders(state, 'unknown')
}

function await_(attempt: AttemptChange, status: AttemptStatus, dueInMs = nextLookMs(status, attempt.lookUps)): void {
  assert(!isFinished(status), 'an attempt that is finished waits for nothing')
  attempt.status = status
  attempt.dueInMs = dueInMs
  attempt.changed = true
}

function finish(
  attempt: AttemptChange,
  status: 'succeeded' | 'declined',
  pspReference?: string,
  decline?: Decline,
): void {
  // A charge that was declined and turns out captured is corrected; a success is never taken back.
  if (attempt.status === 'succeeded' || attempt.status === status) return
  attempt.status = status
  attempt.pspReference = pspReference ?? attempt.pspReference
  attempt.actionUrl = undefined
  attempt.decline = status === 'declined' ? decline : undefined
  attempt.unknownCause = undefined
  attempt.changed = true
}

function setOrders(state: ChargeInFlight, status: OrderStatus): void {
  if (state.orders === status) return
  state.orders = status
  state.ordersChanged = true
}

/** A first, clear answer needs no story: the attempt itself says it. Everything else is kept. */
function noteStep(state: ChargeInFlight, asked: AttemptChange, report: Report, outcome: LookUp): void {
  const clear = ['captured', 'authorised', 'voided', 'declined'].includes(outcome.outcome)
  if (report.via === 'answer' && clear && asked.status === 'dispatched') return
  const detail: Record<string, string> = { operation: asked.before.operation, via: report.via }
  if (outcome.outcome === 'unknown') detail['cause'] = outcome.cause
  if (outcome.outcome === 'not_executed') detail['cause'] = outcome.reason
  if (outcome.outcome === 'declined') detail['code'] = outcome.decline.code
  state.steps.push({
    attemptId: asked.before.id,
    kind: stepKind(report.via, outcome.outcome, asked.before.operation),
    detail,
  })
}

const stepKind = (via: Report['via'], outcome: LookUp['outcome'], operation: Operation): string =>
  `${operation}.${via === 'answer' ? '' : `${via}.`}${outcome}`

const NEVER_REACHED: Decline = {
  code: 'never_reached_psp',
  advice: 'try_again_later',
  message: 'The PSP has no charge under our reference: nothing was charged.',
}
const CAPTURED_FIRST: Decline = {
  code: 'already_captured',
  advice: 'do_not_try_again',
  message: 'The charge was captured before it could be voided.',
}
const CANCELED: Decline = { code: 'canceled', advice: 'do_not_try_again', message: 'The charge was voided.' }
