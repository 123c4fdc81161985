import assert from 'node:assert/strict'
import type { LookUp, PspTraits } from '../psp/psp.ts'
import { type Attempt, isFinished, type Operation } from './attempt.ts'
import { type AttemptChange, changeOf } from './attempt-change.ts'
import { notExecuted, notFound, unknown, waiting } from './charge-doubts.ts'
import { authorised, captured, declined, voided } from './charge-facts.ts'
import type { OrderStatus } from './payment.ts'

/**
 * The state machine of a charge: pure, and the only place that decides what a PSP's word means for us.
 *
 *     executing ─► captured | failed | voided | requires_action | authorised | unknown
 *     requires_action, unknown ─► any of the others
 *     authorised ─► executing (a capture or void was sent) ─► captured | voided | failed | as it stood before
 *     captured, failed, voided ─► stay; money that comes after all is a late success, booked to suspense
 *
 * What is said by look-up, webhook or file, and every answer to a charge, describes the charge. The answer to a capture or a
 * void may describe the charge too ("captured", to a void that came too late); a decline, a refused connection or a lost
 * answer is about the capture or void alone.
 */

/** What somebody learned about a charge: by the answer to a call, by asking, by a webhook, or from a settlement file. */
export type Report = {
  readonly paymentId: string
  readonly chargeId: string
  /** The attempt that was sent or looked up; for a webhook and a file the charge itself. */
  readonly attemptId: string
  readonly via: 'answer' | 'look_up' | 'webhook' | 'file'
  readonly outcome: LookUp
  /** The attempt as it was stored, where this process sent it straight away: it may stand unchanged in the database. */
  readonly sent?: Attempt | undefined
}

/** A charge as it stands in the middle of a batch: `apply` changes it in place, the caller writes what changed. */
export type ChargeInFlight = {
  readonly charge: AttemptChange
  /** Captures and voids of this charge, finished ones too. */
  readonly followUps: readonly AttemptChange[]
  /** Status shared by the orders that stand on this charge; `superseded` when a later charge took them over. */
  orders: OrderStatus | 'superseded'
  ordersChanged: boolean
  capturedAt: Date | undefined
  lateSuccessBooked: boolean
  readonly effects: Effect[]
  readonly steps: { readonly attemptId: string; readonly kind: string; readonly detail: Record<string, string> }[]
}

/** A charge as it was read, before anything is applied. */
export const inFlight = (
  charge: Attempt,
  known: Pick<ChargeInFlight, 'followUps' | 'orders' | 'lateSuccessBooked'>,
): ChargeInFlight => ({
  charge: changeOf(charge),
  ...known,
  ordersChanged: false,
  capturedAt: undefined,
  effects: [],
  steps: [],
})

/** What the caller has to do besides writing rows. */
export type Effect =
  | { readonly effect: 'capture' | 'late_success'; readonly occurredAt: Date }
  | { readonly effect: 'void' }

export type Surroundings = {
  readonly now: Date
  readonly traits: Pick<PspTraits, 'consistencyWindowMs' | 'keyRetentionMs'>
  /** With automatic capture a refused capture fails the order; with manual the caller may try again. */
  readonly capture: 'automatic' | 'manual'
}

/** Applies one report. Reports may come in any order, any number of times. */
export function apply(state: ChargeInFlight, report: Report, around: Surroundings): void {
  const asked = [state.charge, ...state.followUps].find((attempt) => attempt.before.id === report.attemptId)
  assert(asked !== undefined, `attempt ${report.attemptId} belongs to charge ${report.chargeId}`)
  const outcome = trusted(state, report.outcome, around)
  noteStep(state, asked, report, outcome)
  if (report.via === 'look_up') asked.lookUps += 1
  switch (outcome.outcome) {
    case 'captured':
      return captured(state, outcome)
    case 'authorised':
      return authorised(state, asked, outcome, report.via, around)
    case 'voided':
      return voided(state, outcome)
    case 'declined':
      return declined(state, asked, outcome, report.via, around)
    case 'pending':
    case 'requires_action':
      return waiting(state, asked, outcome, report.via, around)
    case 'not_executed':
      return notExecuted(state, asked, outcome, report.via, around)
    case 'not_found':
      return notFound(state, asked, report.via, around)
    case 'unknown':
      return unknown(state, asked, outcome, report.via, around)
    default:
      outcome satisfies never
  }
}

/**
 * A captured or authorised amount other than what we asked for is no answer that we may book. What a PSP stamps later than our
 * clock has happened by now: a business day that has not come has no run, and its charge would wait for one.
 */
function trusted(state: ChargeInFlight, outcome: LookUp, { now }: Surroundings): LookUp {
  if (outcome.outcome !== 'captured' && outcome.outcome !== 'authorised') return outcome
  const { amount, currency } = state.charge.before
  if (outcome.amount === amount && outcome.currency === currency)
    return outcome.occurredAt <= now ? outcome : { ...outcome, occurredAt: now }
  return {
    outcome: 'unknown',
    cause: `the PSP says ${outcome.outcome} ${outcome.amount} ${outcome.currency}, we asked for ${amount} ${currency}`,
  }
}

/** A first, clear answer needs no story: the attempt itself says it. Everything else is kept. */
function noteStep(state: ChargeInFlight, asked: AttemptChange, report: Report, outcome: LookUp): void {
  const clear = ['captured', 'authorised', 'voided', 'declined'].includes(outcome.outcome)
  if (report.via === 'answer' && clear && (asked.status === 'dispatched' || isFinished(asked.status))) return
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
