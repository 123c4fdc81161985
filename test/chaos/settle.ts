import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from './client.ts'
import { isWaitingForItsNight } from './expectation.ts'
import type { PaymentAsked, PaymentSeen } from './snapshot.ts'
import { asArray, asObject, asText, readPayment } from './wire.ts'

/** Unknown outcomes resolve by themselves within the send window; only after this is the clock helped along. */
const PATIENCE_MS = 45_000
const ADVANCE_EVERY_MS = 10_000
const LONGEST_MS = 150_000

/**
 * Waits until no payment is processing that may not stay so. Returns what is stuck when the time is up,
 * each with its orders, so that the report can name it.
 */
export async function settle(deps: {
  /** Without faults between it and the server. */
  readonly client: Client
  readonly askedOf: (paymentId: string) => PaymentAsked | undefined
  readonly say: (sentence: string) => void
}): Promise<readonly string[]> {
  const { client, askedOf, say } = deps
  const begin = performance.now()
  let nextAdvance = begin + PATIENCE_MS
  let reported = -1
  for (;;) {
    const stuck = (await processing(client)).filter((payment) => !mayStay(payment, askedOf(payment.id)))
    if (stuck.length === 0) return []
    const now = performance.now()
    if (stuck.length !== reported) say(`settling: ${stuck.length} payments are processing`)
    reported = stuck.length
    if (now - begin > LONGEST_MS) return stuck.map(describe)
    if (now > nextAdvance) {
      nextAdvance = now + ADVANCE_EVERY_MS
      say(
        `settling: the test clock goes on by an hour, for ${stuck
          .map((payment) => payment.id)
          .slice(0, 5)
          .join(', ')}`,
      )
      const call = {
        method: 'POST',
        path: '/v1/test/clock/advance',
        key: `chaos-clock-${now}`,
        body: { hours: 1 },
      } as const
      const reply = await client.once(call).catch(() => undefined)
      // The clock waits for what is in progress; when that never ends, the list of it below is what matters.
      if (reply?.status !== 200) say(`settling: the clock did not go on (${reply?.status ?? 'no answer in time'})`)
    }
    await delay(500)
  }
}

async function processing(client: Client): Promise<readonly PaymentSeen[]> {
  const payments: PaymentSeen[] = []
  for (let cursor = ''; ; ) {
    const path = `/v1/payments?status=processing&limit=200${cursor}`
    const { status, body } = await client.insist({ method: 'GET', path })
    if (status !== 200) throw new Error(`GET ${path} gave ${status}: ${JSON.stringify(body)}`)
    const page = asObject(body, 'list of payments')
    payments.push(...asArray(page['data'], 'data').map(readPayment))
    if (page['has_more'] !== true) return payments
    cursor = `&cursor=${encodeURIComponent(asText(page['next_cursor'], 'next_cursor'))}`
  }
}

/** Only an order that the table of magic amounts makes wait for its night may keep its payment processing. */
function mayStay(payment: PaymentSeen, asked: PaymentAsked | undefined): boolean {
  if (asked === undefined) return false
  return payment.orders.every(
    (order, position) => !OPEN.has(order.status) || isWaitingForItsNight(asked, position, order.status),
  )
}

const OPEN: ReadonlySet<string> = new Set(['pending', 'executing', 'unknown'])

const describe = (payment: PaymentSeen): string => {
  const orders = payment.orders.filter((order) => OPEN.has(order.status))
  return `${payment.id} is stuck: ${orders.map((order) => `${order.id} ${order.status}`).join(', ')}`
}
