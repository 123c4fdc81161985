import type { Check } from './audit.ts'
import { wasAccepted } from './expectation.ts'
import type { Answer, KeyHistory, PaymentAsked, PaymentSeen } from './snapshot.ts'

/** What the client was told, against what the API and the database say afterwards. */
export const requestChecks: readonly Check[] = [
  {
    name: 'every request got a definitive answer',
    examine: (snapshot, tally) => {
      for (const history of [...snapshot.keys, ...snapshot.manual]) {
        tally.checked()
        if (history.answers.length === 0) tally.violation(`key ${history.key} was never answered`)
      }
      for (const request of [...snapshot.followUps, ...snapshot.reuses]) {
        tally.checked()
        if (request.answer === undefined) tally.violation(`key ${request.key} was never answered`)
      }
    },
  },
  {
    name: 'every acknowledged payment exists',
    examine: (snapshot, tally) => {
      const seen = new Set(snapshot.payments.map((payment) => payment.id))
      const stored = new Set(snapshot.events.map((event) => event.id))
      for (const { key, answers } of snapshot.keys) {
        for (const id of acceptedIds(answers)) {
          tally.checked()
          if (!seen.has(id)) tally.violation(`${id}, acknowledged under key ${key}, is not in the API's list`)
          if (!stored.has(id)) tally.violation(`${id}, acknowledged under key ${key}, is not in the database`)
        }
      }
    },
  },
  {
    name: 'one payment per key',
    examine: (snapshot, tally) => {
      const eventsByKey = Map.groupBy(snapshot.events, (event) => event.key)
      for (const { key, answers } of snapshot.keys) {
        tally.checked()
        const events = eventsByKey.get(key) ?? []
        const ids = new Set([...acceptedIds(answers), ...events.map((event) => event.id)])
        if (ids.size > 1 || events.length > 1) tally.violation(`key ${key} made ${[...ids].join(', ')}`)
      }
    },
  },
  {
    name: 'no payment that nobody asked for',
    examine: (snapshot, tally) => {
      const asked = new Set(snapshot.keys.map((history) => history.key))
      for (const event of snapshot.events) {
        tally.checked()
        if (!asked.has(event.key)) tally.violation(`${event.id} has key ${event.key}, which was never sent`)
      }
    },
  },
  {
    name: 'each payment is what was asked for',
    examine: (snapshot, tally) => {
      const askedByKey = new Map(snapshot.keys.map((history) => [history.key, history.asked]))
      const seen = new Map(snapshot.payments.map((payment) => [payment.id, payment]))
      for (const event of snapshot.events) {
        const asked = askedByKey.get(event.key)
        const payment = seen.get(event.id)
        if (asked === undefined || payment === undefined) continue
        tally.checked()
        for (const difference of differences(asked, payment)) tally.violation(`${event.id}: ${difference}`)
      }
    },
  },
  {
    name: 'wrong requests are refused and leave nothing',
    examine: (snapshot, tally) => {
      const stored = new Set(snapshot.events.map((event) => event.key))
      for (const history of snapshot.keys) {
        if (history.mustBeRefusedWith === undefined) continue
        tally.checked()
        for (const sentence of wronglyAnswered(history)) tally.violation(sentence)
        if (stored.has(history.key)) tally.violation(`key ${history.key} had to be refused and made a payment`)
      }
    },
  },
  {
    name: 'right requests are accepted',
    examine: (snapshot, tally) => {
      for (const history of snapshot.keys) {
        if (history.mustBeRefusedWith !== undefined) continue
        tally.checked()
        for (const answer of history.answers) {
          if ('accepted' in answer) continue
          if (answer.refused === 'checkout_exists' && history.asked.checkoutId !== undefined) continue
          tally.violation(`key ${history.key} was refused with ${answer.status} ${answer.refused}`)
        }
      }
    },
  },
  {
    name: 'another body under a used key is refused',
    examine: (snapshot, tally) => {
      for (const { key, answer } of snapshot.reuses) {
        if (answer === undefined) continue
        tally.checked()
        if ('accepted' in answer) tally.violation(`key ${key} with another body made or gave ${answer.accepted}`)
        else if (answer.status !== 422 || answer.refused !== 'idempotency_key_reused')
          tally.violation(`key ${key} with another body gave ${answer.status} ${answer.refused}`)
      }
    },
  },
  {
    name: 'one live payment per checkout',
    examine: (snapshot, tally) => {
      const checkouts = Map.groupBy(snapshot.events, (event) => event.checkoutId)
      for (const [checkoutId, events] of checkouts) {
        if (checkoutId === undefined) continue
        tally.checked()
        const live = events.filter((event) => event.status !== 'failed' && event.status !== 'canceled')
        if (live.length > 1)
          tally.violation(`checkout ${checkoutId} is live in ${live.map((event) => event.id).join(', ')}`)
      }
    },
  },
  {
    name: 'acknowledged captures and cancellations took effect',
    examine: (snapshot, tally) => {
      const payments = new Map(snapshot.payments.map((payment) => [payment.id, payment]))
      for (const followUp of snapshot.followUps) {
        if (followUp.action === 'retry' || !wasAccepted(followUp)) continue
        tally.checked()
        const payment = payments.get(followUp.paymentId)
        if (payment === undefined) continue
        for (const order of payment.orders)
          if (order.status === 'authorised')
            tally.violation(`${order.id} is still authorised after the accepted ${followUp.action} of ${payment.id}`)
      }
    },
  },
  {
    name: 'no 5xx but 503 was answered',
    examine: ({ observations }, tally) => {
      tally.checked(observations.requests)
      for (const sentence of observations.serverErrors) tally.violation(sentence)
    },
  },
  {
    name: 'no read went backwards',
    examine: ({ observations }, tally) => {
      tally.checked(observations.reads)
      for (const sentence of observations.backwards) tally.violation(sentence)
    },
  },
  {
    name: 'nothing else unexpected was seen',
    examine: ({ observations }, tally) => {
      tally.checked(observations.requests)
      for (const sentence of observations.unexpected) tally.violation(sentence)
    },
  },
]

export const acceptedIds = (answers: readonly Answer[]): readonly string[] =>
  answers.flatMap((answer) => ('accepted' in answer ? [answer.accepted] : []))

/** The answers that a request which had to be refused should not have got. */
export function wronglyAnswered(history: Pick<KeyHistory, 'key' | 'answers' | 'mustBeRefusedWith'>): readonly string[] {
  return history.answers.flatMap((answer) => {
    if ('accepted' in answer) return [`key ${history.key} had to be refused and made ${answer.accepted}`]
    if (answer.refused === history.mustBeRefusedWith) return []
    return [`key ${history.key} was refused with ${answer.refused} instead of ${history.mustBeRefusedWith}`]
  })
}

function differences(asked: PaymentAsked, payment: PaymentSeen): readonly string[] {
  const found: string[] = []
  const total = asked.orders.reduce((sum, order) => sum + order.amount, 0n)
  if (payment.currency !== asked.currency) found.push(`currency ${payment.currency}, asked ${asked.currency}`)
  if (payment.amount !== total) found.push(`amount ${payment.amount}, asked ${total}`)
  if (payment.orders.length !== asked.orders.length)
    found.push(`${payment.orders.length} orders, asked ${asked.orders.length}`)
  for (const [position, want] of asked.orders.entries()) {
    const order = payment.orders[position]
    if (order === undefined) continue
    if (order.seller !== want.seller) found.push(`${order.id} is for ${order.seller}, asked ${want.seller}`)
    if (order.amount !== want.amount) found.push(`${order.id} is over ${order.amount}, asked ${want.amount}`)
    if (order.platformFee !== want.platformFee)
      found.push(`${order.id} has fee ${order.platformFee}, asked ${want.platformFee}`)
  }
  return found
}
