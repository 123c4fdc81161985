import assert from 'node:assert/strict'
import type { LookUp } from '../../psp/psp.ts'
import { type Attempt, isFinished } from '../attempt.ts'
import type { AttemptChange } from '../attempt-change.ts'
import { apply, type ChargeInFlight, type Report } from '../charge.ts'
import { aChargeInFlight, aFollowUp, around, at, type Standing } from './charge-state.ts'

/** One charge through many batches: what each report changed is written down and read again, as the database does. */
export type ChargeHistory = {
  readonly orders: () => ChargeInFlight['orders']
  readonly attempts: () => readonly Attempt[]
  readonly captures: () => number
  readonly lateSuccesses: () => number
  readonly voidsOfItsOwnAccord: () => number
  /** Applies a report to the attempt (the charge is 0), and gives what it changed. */
  readonly report: (via: Report['via'], outcome: LookUp, attempt?: number) => ChargeInFlight
  readonly wait: (ms: number) => void
  /** A capture or void that a caller asks for, when the orders stand so that it may. */
  readonly request: (operation: 'capture' | 'void') => boolean
  /** A later charge takes the failed orders over. */
  readonly retry: () => boolean
  readonly now: () => Date
}

export function chargeHistory(options: {
  readonly charge: 'automatic' | 'manual'
  readonly payment: 'automatic' | 'manual'
}): ChargeHistory {
  let standing: Standing = { orders: 'executing', charge: { capture: options.charge } }
  let elapsedMs = 0
  let [captures, lateSuccesses, voids] = [0, 0, 0]

  const attempts = (): readonly Attempt[] => {
    const { charge, followUps } = aChargeInFlight(standing)
    return [charge.before, ...followUps.map((followUp) => followUp.before)]
  }

  const addFollowUp = (operation: 'capture' | 'void'): void => {
    const followUps = standing.followUps ?? []
    const times = { createdAt: at(elapsedMs), lastSentAt: at(elapsedMs) }
    const followUp = aFollowUp(operation, { id: `${operation}-${followUps.length}`, ...times })
    const takesOver = standing.orders === 'authorised' || standing.orders === 'requires_action'
    standing = { ...standing, orders: takesOver ? 'executing' : standing.orders, followUps: [...followUps, followUp] }
  }

  const commit = (state: ChargeInFlight): void => {
    captures += state.effects.filter((effect) => effect.effect === 'capture').length
    lateSuccesses += state.effects.filter((effect) => effect.effect === 'late_success').length
    standing = {
      orders: state.orders,
      charge: written(state.charge),
      followUps: state.followUps.map(written),
      lateSuccessBooked: state.lateSuccessBooked,
    }
    for (const effect of state.effects) {
      if (effect.effect !== 'void') continue
      voids += 1
      addFollowUp('void')
    }
  }

  return {
    orders: () => standing.orders,
    attempts,
    captures: () => captures,
    lateSuccesses: () => lateSuccesses,
    voidsOfItsOwnAccord: () => voids,
    now: () => at(elapsedMs),
    report(via, outcome, index = 0) {
      const all = attempts()
      const asked = via === 'webhook' ? all[0] : all[index]
      assert(asked !== undefined)
      const state = aChargeInFlight(standing)
      const report = { paymentId: 'payment', chargeId: 'charge', attemptId: asked.id, via, outcome }
      apply(state, report, around({ now: at(elapsedMs), capture: options.payment }))
      commit(state)
      return state
    },
    wait(ms) {
      elapsedMs += ms
    },
    request(operation) {
      const from = operation === 'capture' ? ['authorised'] : ['authorised', 'requires_action']
      if (!from.includes(standing.orders)) return false
      addFollowUp(operation)
      return true
    },
    retry() {
      if (standing.orders !== 'failed' || lateSuccesses > 0) return false
      standing = { ...standing, orders: 'superseded' }
      return true
    },
  }
}

function written(change: AttemptChange): Attempt {
  const { before, status, pspReference, actionUrl, ambiguous, decline, lookUps, lastSentAt } = change
  if (change.changed && !isFinished(status)) assert(Number.isFinite(change.dueInMs), 'somebody looks at it again')
  // What is not said anew stands as it was written.
  return {
    ...before,
    status,
    pspReference,
    actionUrl,
    ambiguous,
    decline: decline ?? before.decline,
    lookUps,
    lastSentAt,
  }
}
