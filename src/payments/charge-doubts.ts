import type { Decline, Outcome } from '../psp/psp.ts'
import { isFinished } from './attempt.ts'
import { type AttemptChange, finish, lookAgain } from './attempt-change.ts'
import type { ChargeInFlight, Report, Surroundings } from './charge.ts'
import { notDone } from './charge-facts.ts'
import { msUntilCertain, openFollowUps, setOrders, standing } from './charge-state.ts'
import { GIVE_UP_AFTER_MS, MAX_RETRY_AFTER_MS, nextLookMs, SEND_WINDOW_MS } from './schedule.ts'

/** What leaves the end open: the PSP works on it, was not reached, does not know it, or its answer was lost. */

type Said<O extends Outcome['outcome']> = Outcome & { readonly outcome: O }

export function waiting(
  state: ChargeInFlight,
  asked: AttemptChange,
  outcome: Said<'pending'> | Said<'requires_action'>,
  via: Report['via'],
  around: Surroundings,
): void {
  if (isFinished(asked.status)) return
  if (asked !== state.charge) {
    // A capture or void that the PSP works on is asked after; a charge that still waits for its buyer was not voided.
    return outcome.outcome === 'pending' ? lookAgain(asked, 'pending') : notDone(state, asked, around)
  }
  // Webhooks come late and in any order: which of two kinds of waiting is the newer, the PSP tells when it is asked.
  const known = asked.status === 'pending'
  const actionUrl = outcome.outcome === 'requires_action' ? outcome.url : undefined
  if (via === 'webhook' && known && actionUrl !== asked.actionUrl)
    return lookAgain(asked, 'pending', nextLookMs('unknown', 0))
  asked.pspReference = outcome.pspReference
  asked.actionUrl = actionUrl
  lookAgain(asked, 'pending')
  if (openFollowUps(state).length === 0) setOrders(state, standing(state))
}

export function notExecuted(
  state: ChargeInFlight,
  asked: AttemptChange,
  outcome: Said<'not_executed'>,
  via: Report['via'],
  around: Surroundings,
): void {
  if (isFinished(asked.status) || via === 'webhook') return
  const retryAfterMs = Math.min(outcome.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)
  if (via === 'look_up') {
    const status = isKnownToPsp(state, asked) ? 'pending' : asked.status
    return lookAgain(asked, status, Math.max(retryAfterMs, nextLookMs(status, asked.lookUps)))
  }
  // This send was not executed; an earlier one was, or may have been.
  if (isKnownToPsp(state, asked)) return lookAgain(asked, 'pending')
  const dueInMs = Math.max(retryAfterMs, nextLookMs('retry_wait', asked.before.sends - 1))
  if (asked.ambiguous) return lookAgain(asked, 'unknown', dueInMs)
  const age = around.now.getTime() - asked.before.createdAt.getTime()
  if (asked === state.charge && age > GIVE_UP_AFTER_MS) return neverReached(state)
  lookAgain(asked, 'retry_wait', dueInMs)
}

export function notFound(state: ChargeInFlight, asked: AttemptChange, via: Report['via'], around: Surroundings): void {
  if (isFinished(asked.status) || via !== 'look_up') return
  // The PSP named this charge before, or we capture what it authorised: it cannot be absent. Keep asking.
  if (asked !== state.charge) return lookAgain(asked, asked.status === 'pending' ? 'pending' : 'unknown')
  if (isKnownToPsp(state, asked)) return lookAgain(asked, 'pending')
  const age = around.now.getTime() - asked.before.createdAt.getTime()
  if (age < Math.min(SEND_WINDOW_MS, around.traits.keyRetentionMs)) {
    return lookAgain(asked, 'retry_wait', nextLookMs('unknown', asked.lookUps))
  }
  const untilCertainMs = msUntilCertain(asked, around)
  if (untilCertainMs > 0) return lookAgain(asked, 'unknown', untilCertainMs)
  neverReached(state)
}

export function unknown(
  state: ChargeInFlight,
  asked: AttemptChange,
  outcome: Said<'unknown'>,
  via: Report['via'],
  around: Surroundings,
): void {
  if (isFinished(asked.status) || via === 'webhook') return
  if (via === 'answer') {
    asked.ambiguous = true
    asked.lastSentAt = around.now
  }
  asked.unknownCause = outcome.cause
  // The PSP has it: only what became of it is open, as before.
  if (asked.status === 'pending' || isKnownToPsp(state, asked)) return lookAgain(asked, 'pending')
  lookAgain(asked, 'unknown')
  setOrders(state, 'unknown')
}

/** A charge under a PSP reference exists, whatever later answers say. */
const isKnownToPsp = (state: ChargeInFlight, asked: AttemptChange): boolean =>
  asked === state.charge && asked.pspReference !== undefined

function neverReached(state: ChargeInFlight): void {
  finish(state.charge, 'declined', undefined, NEVER_REACHED)
  setOrders(state, 'failed')
}

const NEVER_REACHED: Decline = {
  code: 'never_reached_psp',
  advice: 'try_again_later',
  message: 'The PSP has no charge under our reference: nothing was charged.',
}
