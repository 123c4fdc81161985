import type { Check } from './audit.ts'
import { isPayable, mayEndAs } from './expectation.ts'
import type { FollowUp, OrderStatus, PaymentAsked, PaymentSeen, Snapshot } from './snapshot.ts'

/** A share of payable orders below this means that the product saved itself by giving up. */
const MIN_PAID_SHARE = 0.7

/** Orders and payments: final, derived rightly, the same in the API and in the database. */
export const orderChecks: readonly Check[] = [
  {
    name: 'every order is final',
    examine: (snapshot, tally) => {
      for (const { payment } of paymentsAsked(snapshot)) {
        for (const order of payment.orders) {
          tally.checked()
          if (order.status === 'pending' || order.status === 'executing' || order.status === 'unknown')
            tally.violation(`${order.id} of ${payment.id} is still ${order.status}`)
        }
      }
    },
  },
  {
    name: 'every order ended as its token and amount say',
    examine: (snapshot, tally) => {
      for (const { payment, asked, followUps } of paymentsAsked(snapshot)) {
        for (const [position, order] of payment.orders.entries()) {
          tally.checked()
          const ends = mayEndAs(asked, position, followUps)
          if (!ends.has(order.status))
            tally.violation(
              `${order.id} of ${payment.id} (${asked.paymentMethod}, ${order.amount} ${payment.currency}) ` +
                `is ${order.status}, may be ${[...ends].join(' or ')}`,
            )
        }
      }
    },
  },
  {
    name: 'void_all keeps nothing of a payment that failed in part',
    examine: (snapshot, tally) => {
      for (const { payment, asked } of paymentsAsked(snapshot)) {
        if (asked.onPartial !== 'void_all') continue
        tally.checked()
        if (!payment.orders.some((order) => order.status === 'failed')) continue
        for (const order of payment.orders)
          if (order.status === 'captured' || order.status === 'authorised')
            tally.violation(`${order.id} of ${payment.id} is ${order.status} beside a failed order`)
      }
    },
  },
  {
    name: 'the orders of one charge end alike',
    examine: (snapshot, tally) => {
      for (const { payment, asked } of paymentsAsked(snapshot)) {
        if (asked.chargeMode !== 'single') continue
        tally.checked()
        if (new Set(payment.orders.map((order) => order.status)).size > 1)
          tally.violation(`${payment.id} has one charge and orders that differ in status`)
      }
    },
  },
  {
    name: "each payment's status follows from its orders",
    examine: (snapshot, tally) => {
      for (const payment of snapshot.payments) {
        tally.checked()
        const allowed = statusesOf(payment.orders.map((order) => order.status))
        if (!allowed.includes(payment.status))
          tally.violation(`${payment.id} is ${payment.status}, its orders say ${allowed.join(' or ')}`)
      }
    },
  },
  {
    name: 'the API shows what the database holds',
    examine: (snapshot, tally) => {
      const stored = new Map(snapshot.orders.map((order) => [order.id, order]))
      const events = new Map(snapshot.events.map((event) => [event.id, event]))
      for (const payment of snapshot.payments) {
        if (events.get(payment.id)?.status !== payment.status)
          tally.violation(`${payment.id} is ${payment.status} in the API, ${events.get(payment.id)?.status} stored`)
        for (const order of payment.orders) {
          tally.checked()
          const row = stored.get(order.id)
          if (row === undefined) tally.violation(`${order.id} is in the API and not in the database`)
          else if (row.status !== order.status || row.amount !== order.amount || row.seller !== order.seller)
            tally.violation(`${order.id} differs between the API and the database`)
        }
      }
      const shown = new Set(snapshot.payments.map((payment) => payment.id))
      for (const event of snapshot.events)
        if (!shown.has(event.id)) tally.violation(`${event.id} is stored and not in the API's list`)
    },
  },
  {
    name: `at least ${MIN_PAID_SHARE * 100} % of the payable orders were paid`,
    examine: (snapshot, tally) => {
      const { payable, paid } = paidShare(snapshot)
      tally.checked(payable)
      if (paid < payable * MIN_PAID_SHARE) tally.violation(`only ${paid} of ${payable} payable orders were paid`)
    },
  },
]

/** How many orders could have been paid, and how many were. */
export function paidShare(snapshot: Snapshot): { readonly payable: number; readonly paid: number } {
  let payable = 0
  let paid = 0
  for (const { payment, asked, followUps } of paymentsAsked(snapshot)) {
    for (const [position, order] of payment.orders.entries()) {
      if (!isPayable(asked, position, followUps)) continue
      payable += 1
      if (order.status === 'captured' || order.status === 'authorised') paid += 1
    }
  }
  return { payable, paid }
}

type PaymentAndAsked = {
  readonly payment: PaymentSeen
  readonly asked: PaymentAsked
  readonly followUps: readonly FollowUp[]
}

/** Each payment beside what was asked for it. Payments that nobody asked for are another check's. */
function paymentsAsked(snapshot: Snapshot): readonly PaymentAndAsked[] {
  const askedByKey = new Map(snapshot.keys.map((history) => [history.key, history.asked]))
  const keyById = new Map(snapshot.events.map((event) => [event.id, event.key]))
  const followUps = Map.groupBy(snapshot.followUps, (followUp) => followUp.paymentId)
  return snapshot.payments.flatMap((payment) => {
    const asked = askedByKey.get(keyById.get(payment.id) ?? '')
    return asked === undefined ? [] : [{ payment, asked, followUps: followUps.get(payment.id) ?? [] }]
  })
}

/** The statuses that a payment may show over orders in these states; more than one where the rules leave it open. */
function statusesOf(orders: readonly OrderStatus[]): readonly string[] {
  const has = (status: OrderStatus): boolean => orders.includes(status)
  if (has('pending') || has('executing') || has('unknown')) return ['processing']
  if (has('requires_action')) return ['requires_action']
  if (has('authorised')) return ['authorised']
  if (orders.every((status) => status === 'captured')) return ['succeeded']
  if (has('captured')) return ['partially_succeeded']
  if (orders.every((status) => status === 'voided')) return ['canceled']
  return has('voided') ? ['failed', 'canceled'] : ['failed']
}
