import type { OrderStatus, Payment } from './payment.ts'

/** What `on_partial: void_all` asks for once the PSP has answered: all orders are captured, or none. */
export type NextStep = 'capture' | 'void'

export type OrderStanding = {
  readonly orderId: string
  readonly chargeId: string
  readonly status: OrderStatus
  readonly hasFollowUp: boolean
}

/**
 * The follow-ups that an all-or-nothing payment needs now. Its charges only authorise; when the last answer is in, all
 * are captured, or, when one failed, what was authorised is voided. A charge gets one follow-up of its own accord.
 */
export function nextSteps(
  payment: Pick<Payment, 'onPartial' | 'capture'>,
  orders: readonly OrderStanding[],
): { readonly step: NextStep; readonly orders: readonly OrderStanding[] } | undefined {
  if (payment.onPartial !== 'void_all') return undefined
  const statuses = new Set(orders.map((order) => order.status))
  if (statuses.has('pending') || statuses.has('executing') || statuses.has('unknown') || statuses.has('captured'))
    return undefined
  if (statuses.has('failed') || statuses.has('voided')) {
    const held = orders.filter((order) => order.status === 'authorised' || order.status === 'requires_action')
    return pick('void', held)
  }
  if (payment.capture === 'automatic' && statuses.size === 1 && statuses.has('authorised'))
    return pick('capture', orders)
  return undefined
}

function pick(step: NextStep, orders: readonly OrderStanding[]): ReturnType<typeof nextSteps> {
  const untouched = orders.filter((order) => !order.hasFollowUp)
  return untouched.length === 0 ? undefined : { step, orders: untouched }
}
