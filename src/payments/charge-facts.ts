import type { Decline, Outcome } from '../psp/psp.ts'
import { isFinished } from './attempt.ts'
import { type AttemptChange, finish, lookAgain } from './attempt-change.ts'
import type { ChargeInFlight, Report, Surroundings } from './charge.ts'
import { isFinal, msUntilCertain, openFollowUps, setOrders, standing, voidOnce } from './charge-state.ts'
import { nextLookMs } from './schedule.ts'

/** What a PSP said that is definite: money was taken, is held, was given back, or never will be taken. */

type Said<O extends Outcome['outcome']> = Outcome & { readonly outcome: O }

export function captured(state: ChargeInFlight, outcome: Said<'captured'>): void {
  finish(state.charge, 'succeeded', outcome.pspReference)
  for (const followUp of openFollowUps(state)) {
    if (followUp.before.operation === 'capture') finish(followUp, 'succeeded', outcome.pspReference)
    else finish(followUp, 'declined', outcome.pspReference, CAPTURED_FIRST)
  }
  if (state.orders === 'captured') return
  if (!isFinal(state.orders)) {
    setOrders(state, 'captured')
    state.capturedAt = outcome.occurredAt
    state.effects.push({ effect: 'capture', occurredAt: outcome.occurredAt })
    return
  }
  if (state.lateSuccessBooked) return
  state.lateSuccessBooked = true
  state.effects.push({ effect: 'late_success', occurredAt: outcome.occurredAt })
}

export function authorised(
  state: ChargeInFlight,
  asked: AttemptChange,
  outcome: Said<'authorised'>,
  via: Report['via'],
  around: Surroundings,
): void {
  const { charge } = state
  if (state.orders === 'captured' || state.orders === 'voided') return
  if (isFinal(state.orders)) return authorisedForNothing(state, asked, outcome, via, around)
  const open = openFollowUps(state)
  if (!isFinished(charge.status)) {
    charge.pspReference = outcome.pspReference
    charge.actionUrl = undefined
    // With automatic capture it is on its way to captured: the end comes by webhook or look-up.
    if (charge.before.capture === 'automatic') lookAgain(charge, 'pending')
    else finish(charge, 'succeeded', outcome.pspReference)
  }
  // The charge waits for its capture or void: what was sent is not done. A webhook may be older than what was sent.
  if (open.length > 0) return via === 'webhook' ? undefined : notDone(state, asked, around)
  setOrders(state, standing(state))
}

/** The order has failed and the buyer's money is held all the same. */
function authorisedForNothing(
  state: ChargeInFlight,
  asked: AttemptChange,
  outcome: Said<'authorised'>,
  via: Report['via'],
  around: Surroundings,
): void {
  const { charge } = state
  if (charge.pspReference === undefined) {
    charge.pspReference = outcome.pspReference
    charge.changed = true
  }
  voidOnce(state)
  if (via !== 'webhook') notDone(state, asked, around)
}

export function voided(state: ChargeInFlight, outcome: Said<'voided'>): void {
  if (!isFinished(state.charge.status)) finish(state.charge, 'declined', outcome.pspReference, CANCELED)
  for (const followUp of openFollowUps(state)) {
    if (followUp.before.operation === 'void') finish(followUp, 'succeeded', outcome.pspReference)
    else finish(followUp, 'declined', outcome.pspReference, CANCELED)
  }
  setOrders(state, 'voided')
}

export function declined(
  state: ChargeInFlight,
  asked: AttemptChange,
  outcome: Said<'declined'>,
  via: Report['via'],
  around: Surroundings,
): void {
  const { decline, pspReference } = outcome
  if (asked === state.charge) return chargeDeclined(state, decline, pspReference)
  if (isFinished(asked.status)) return
  if (via === 'answer') {
    // The PSP may be declining what an earlier send of it has done: the charge tells which.
    if (!asked.ambiguous) return followUpDeclined(state, asked, decline, around)
    asked.decline = decline
    lookAgain(asked, 'unknown', Math.max(0, msUntilCertain(asked, around)))
    return setOrders(state, 'unknown')
  }
  // Asked for the sake of a capture or void, the PSP says that the charge itself came to nothing.
  if (!isFinished(state.charge.status)) return chargeDeclined(state, decline, pspReference)
  if (!isFinal(state.orders)) noteDecline(state, decline)
  endDeclined(state, decline, pspReference)
}

function chargeDeclined(state: ChargeInFlight, decline: Decline, pspReference?: string): void {
  if (isFinished(state.charge.status)) return
  finish(state.charge, 'declined', pspReference, decline)
  endDeclined(state, decline, pspReference)
}

function endDeclined(state: ChargeInFlight, decline: Decline, pspReference?: string): void {
  for (const followUp of openFollowUps(state)) finish(followUp, 'declined', pspReference, decline)
  setOrders(state, 'failed')
}

function followUpDeclined(state: ChargeInFlight, asked: AttemptChange, decline: Decline, around: Surroundings): void {
  finish(asked, 'declined', undefined, decline)
  if (isFinal(state.orders)) return
  if (asked.before.operation === 'capture' && around.capture === 'automatic') {
    noteDecline(state, decline)
    setOrders(state, 'failed')
    voidOnce(state)
    return
  }
  setOrders(state, standing(state))
}

/** Why the order failed, although the charge was authorised: it is read from the charge. */
function noteDecline({ charge }: ChargeInFlight, decline: Decline): void {
  charge.decline = decline
  charge.changed = true
}

/**
 * A capture or void was not done, or not yet: it is sent again under its key, unless the PSP has declined it. Once the PSP has forgotten the key it
 * never will be; then it is given up, after the consistency window, and what the PSP says about the charge counts.
 */
export function notDone(state: ChargeInFlight, asked: AttemptChange, around: Surroundings): void {
  if (asked === state.charge || isFinished(asked.status)) return
  if (asked.decline !== undefined) {
    const untilCertainMs = msUntilCertain(asked, around)
    if (untilCertainMs > 0) return lookAgain(asked, 'unknown', untilCertainMs)
    return followUpDeclined(state, asked, asked.decline, around)
  }
  const age = around.now.getTime() - asked.before.createdAt.getTime()
  if (age < around.traits.keyRetentionMs) {
    return lookAgain(asked, 'retry_wait', nextLookMs('retry_wait', Math.max(asked.before.sends - 1, asked.lookUps)))
  }
  const untilCertainMs = msUntilCertain(asked, around)
  if (untilCertainMs > 0) return lookAgain(asked, 'unknown', untilCertainMs)
  followUpDeclined(state, asked, NEVER_DONE, around)
}

const NEVER_DONE: Decline = {
  code: 'never_reached_psp',
  advice: 'try_again_later',
  message: 'The PSP did not do what was asked, and its memory of the request has ended: ask again.',
}
const CAPTURED_FIRST: Decline = {
  code: 'already_captured',
  advice: 'do_not_try_again',
  message: 'The charge was captured before it could be voided.',
}
const CANCELED: Decline = { code: 'canceled', advice: 'do_not_try_again', message: 'The charge was voided.' }
