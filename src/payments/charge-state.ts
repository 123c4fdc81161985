import { isFinished } from './attempt.ts'
import type { AttemptChange } from './attempt-change.ts'
import type { ChargeInFlight, Surroundings } from './charge.ts'
import type { OrderStatus } from './payment.ts'

/** The order statuses that no report leaves: only a retry takes a failed order up again. */
const FINAL: ReadonlySet<ChargeInFlight['orders']> = new Set(['captured', 'failed', 'voided', 'superseded'])

export const isFinal = (orders: ChargeInFlight['orders']): boolean => FINAL.has(orders)

export function setOrders(state: ChargeInFlight, status: OrderStatus): void {
  if (state.orders === status || isFinal(state.orders)) return
  state.orders = status
  state.ordersChanged = true
}

export const openFollowUps = (state: ChargeInFlight): readonly AttemptChange[] =>
  state.followUps.filter((followUp) => !isFinished(followUp.status))

/** Where the orders stand while no capture or void is under way: what the charge itself says. */
export function standing({ charge }: ChargeInFlight): OrderStatus {
  if (charge.status === 'succeeded') return 'authorised'
  if (charge.status === 'unknown') return 'unknown'
  return charge.status === 'pending' && charge.actionUrl !== undefined ? 'requires_action' : 'executing'
}

/** Gives back what is held on the buyer's payment method for nothing: once for a charge, whatever comes of it. */
export function voidOnce(state: ChargeInFlight): void {
  const sent = state.followUps.some((followUp) => followUp.before.operation === 'void')
  const asked = state.effects.some((effect) => effect.effect === 'void')
  if (!sent && !asked && !state.lateSuccessBooked) state.effects.push({ effect: 'void' })
}

const DAY_MS = 86_400_000

/** Milliseconds until the PSP's "not there" and "not done" about the last send are definitive; a day at most, to ask again. */
export function msUntilCertain(asked: AttemptChange, around: Surroundings): number {
  const sinceSentMs = around.now.getTime() - asked.lastSentAt.getTime()
  return Math.min(around.traits.consistencyWindowMs - sinceSentMs, DAY_MS)
}
