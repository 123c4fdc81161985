import type { Check } from './audit.ts'
import type { Charge, OrderSeen, Snapshot } from './snapshot.ts'

/** What a charge in the book has to be for an order in this state, when there is a charge at all. */
const CHARGE_STATUS_FOR: Readonly<Record<string, readonly string[]>> = {
  captured: ['captured'],
  authorised: ['authorised'],
  voided: ['voided', 'canceled'],
  requires_action: ['requires_action'],
  failed: ['declined', 'failed', 'voided', 'canceled', 'expired'],
}

/** Our orders against the simulator's own book, charge by charge. */
export const chargeChecks: readonly Check[] = [
  {
    name: 'each captured order has exactly one captured charge, to the cent',
    examine: (snapshot, tally) => {
      const charges = Map.groupBy(snapshot.book, (charge) => charge.attemptId)
      const byCharge = Map.groupBy(snapshot.orders, (order) => order.chargeAttemptId)
      const seen = ordersSeen(snapshot)
      for (const order of snapshot.orders) {
        if (order.status !== 'captured') continue
        tally.checked()
        const captured = (charges.get(order.chargeAttemptId) ?? []).filter((charge) => charge.status === 'captured')
        const [charge] = captured
        if (charge === undefined || captured.length > 1) {
          tally.violation(`${order.id} is captured and the book has ${captured.length} captured charges for it`)
          continue
        }
        const together = byCharge.get(order.chargeAttemptId) ?? []
        const amount = together.reduce((sum, one) => sum + one.amount, 0n)
        if (charge.amount !== amount || charge.currency !== order.currency)
          tally.violation(
            `${order.id}: ${amount} ${order.currency} with us, ${charge.amount} ${charge.currency} in ${charge.id}`,
          )
        if (together.some((one) => one.status !== 'captured'))
          tally.violation(`${charge.id} is captured and stands for an order that is not`)
        if (seen.get(order.id)?.pspReference !== charge.id)
          tally.violation(`${order.id} shows PSP reference ${seen.get(order.id)?.pspReference}, the book ${charge.id}`)
      }
    },
  },
  {
    name: 'each captured charge in the book is ours and captured with us',
    examine: (snapshot, tally) => {
      const byCharge = Map.groupBy(snapshot.orders, (order) => order.chargeAttemptId)
      const late = new Set(snapshot.entries.flatMap((entry) => entry.lateChargeId ?? []))
      for (const charge of snapshot.book) {
        if (charge.status !== 'captured') continue
        tally.checked()
        const orders = byCharge.get(charge.attemptId ?? '') ?? []
        if (orders.length === 0) tally.violation(`${describe(charge)} is captured and stands for no order of ours`)
        for (const order of orders) {
          if (order.status === 'captured' || late.has(charge.attemptId ?? '')) continue
          tally.violation(`${describe(charge)} is captured and ${order.id} is ${order.status}`)
        }
      }
    },
  },
  {
    name: 'no order has two charges that took money',
    examine: (snapshot, tally) => {
      const attempts = new Map(snapshot.attempts.map((attempt) => [attempt.id, attempt.paymentId]))
      const orders = Map.groupBy(snapshot.orders, (order) => order.paymentId)
      const taking = snapshot.book.filter((charge) => charge.status === 'captured' || charge.status === 'authorised')
      const byPayment = Map.groupBy(taking, (charge) => attempts.get(charge.attemptId ?? ''))
      for (const [paymentId, charges] of byPayment) {
        if (paymentId === undefined) continue
        tally.checked()
        const ours = orders.get(paymentId) ?? []
        const owed = ours.reduce((sum, order) => sum + order.amount, 0n)
        const taken = charges.reduce((sum, charge) => sum + charge.amount, 0n)
        const standing = new Set(ours.map((order) => order.chargeAttemptId))
        if (taken > owed) tally.violation(`${paymentId} is over ${owed} and the book took ${taken}`)
        for (const charge of charges)
          if (!standing.has(charge.attemptId ?? ''))
            tally.violation(`${describe(charge)} is ${charge.status} beside the charges that stand for ${paymentId}`)
      }
    },
  },
  {
    name: 'one charge per attempt and per PSP key',
    examine: (snapshot, tally) => {
      for (const [what, groups] of [
        ['reference', Map.groupBy(snapshot.book, (charge) => charge.reference)],
        ['key', Map.groupBy(snapshot.book, (charge) => charge.idempotencyKey)],
        ['id', Map.groupBy(snapshot.book, (charge) => charge.id)],
      ] as const) {
        for (const [value, charges] of groups) {
          tally.checked()
          if (charges.length > 1) tally.violation(`${what} ${value} has charges ${charges.map(describe).join(', ')}`)
        }
      }
    },
  },
  {
    name: 'each charge in the book comes from an attempt of ours',
    examine: (snapshot, tally) => {
      const attempts = new Map(snapshot.attempts.map((attempt) => [attempt.id, attempt]))
      for (const charge of snapshot.book) {
        tally.checked()
        const attempt = attempts.get(charge.attemptId ?? '')
        if (attempt === undefined) tally.violation(`${describe(charge)} comes from no attempt`)
        else if (attempt.amount !== charge.amount || attempt.currency !== charge.currency)
          tally.violation(`${describe(charge)} differs from ${attempt.id}: ${attempt.amount} ${attempt.currency}`)
      }
    },
  },
  {
    name: 'declined, voided, authorised and waiting orders agree with the book',
    examine: (snapshot, tally) => {
      const charges = Map.groupBy(snapshot.book, (charge) => charge.attemptId)
      for (const order of snapshot.orders) {
        const allowed = CHARGE_STATUS_FOR[order.status]
        if (allowed === undefined) continue
        tally.checked()
        const ofOrder = charges.get(order.chargeAttemptId) ?? []
        if (ofOrder.length === 0 && (order.status === 'authorised' || order.status === 'requires_action'))
          tally.violation(`${order.id} is ${order.status} and has no charge in the book`)
        for (const charge of ofOrder) {
          // Captured charges of orders that are not captured are told by their own check.
          if (charge.status === 'captured') continue
          if (!allowed.includes(charge.status)) tally.violation(`${order.id} is ${order.status}, ${describe(charge)}`)
        }
      }
    },
  },
  {
    name: 'nothing is under way at the PSP',
    examine: (snapshot, tally) => {
      for (const charge of snapshot.book) {
        tally.checked()
        if (charge.status === 'pending') tally.violation(`${describe(charge)} is still pending`)
      }
    },
  },
]

const describe = (charge: Charge): string =>
  `charge ${charge.id} (${charge.reference}, ${charge.amount} ${charge.currency}, ${charge.status})`

const ordersSeen = (snapshot: Snapshot): ReadonlyMap<string, OrderSeen> =>
  new Map(snapshot.payments.flatMap((payment) => payment.orders.map((order) => [order.id, order])))
