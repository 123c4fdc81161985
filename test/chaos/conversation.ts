import { setTimeout as delay } from 'node:timers/promises'
import { answerOf, insistOnItems, itemAnswer } from './answers.ts'
import { bookEntries } from './bookkeeping.ts'
import type { Client } from './client.ts'
import type { Random } from './random.ts'
import type { Answer, PaymentAsked, PaymentSeen } from './snapshot.ts'
import { readPayment } from './wire.ts'
import type { Witness } from './witness.ts'
import { bodyOf, type Checkout, type Unit } from './workload.ts'

export type Conversations = {
  /** Carries one unit from its first request to its last read. */
  readonly hold: (unit: Unit, random: Random) => Promise<void>
}

/** How long a conversation watches a payment before it goes on without knowing the end. */
const WATCH_MS = 12_000

/** Requests that are sent at once under one key, to race each other. */
const PARALLEL = 5

export function createConversations(deps: { readonly client: Client; readonly witness: Witness }): Conversations {
  const { client, witness } = deps

  const create = async (checkout: Checkout): Promise<Answer> => {
    const { key, asked, mustBeRefusedWith } = checkout
    const record = witness.openKey({ key, asked, mustBeRefusedWith })
    const reply = await client.insist({
      method: 'POST',
      path: '/v1/payments',
      key,
      body: checkout.body,
      ...(checkout.waitSeconds === undefined ? {} : { prefer: `wait=${checkout.waitSeconds}` }),
    })
    const answer = answerOf(reply)
    record(answer)
    if ('accepted' in answer) witness.saw(readPayment(reply.body), reply.askedAt)
    return answer
  }

  const createBatch = async (key: string, checkouts: readonly Checkout[]): Promise<readonly Answer[]> => {
    const records = checkouts.map(({ key: itemKey, asked, mustBeRefusedWith }) =>
      witness.openKey({ key: itemKey, asked, mustBeRefusedWith }),
    )
    const payments = checkouts.map(({ key: itemKey, body }) =>
      // A key that is the batch's and the index is what the server gives an item without one.
      itemKey.startsWith(`${key}:`) ? body : { ...body, idempotency_key: itemKey },
    )
    const { items, askedAt } = await insistOnItems(deps, {
      method: 'POST',
      path: '/v1/payments/batch',
      key,
      body: { payments },
    })
    const answers = items.map(itemAnswer)
    for (const [index, answer] of answers.entries()) {
      records[index]?.(answer)
      if ('accepted' in answer) witness.saw(readPayment(items[index]), askedAt)
    }
    if (answers.length !== checkouts.length)
      witness.unexpected(`batch ${key} of ${checkouts.length} got ${answers.length} answers`)
    return answers
  }

  const read = async (id: string): Promise<PaymentSeen | undefined> => {
    const reply = await client.once({ method: 'GET', path: `/v1/payments/${id}` }).catch(() => undefined)
    if (reply === undefined) return undefined
    if (reply.status === 404) witness.unexpected(`${id} was acknowledged and is not found`)
    if (reply.status !== 200) return undefined
    const payment = readPayment(reply.body)
    witness.saw(payment, reply.askedAt)
    return payment
  }

  /** Reads until the payment is no longer processing, or gives up with what it saw last. */
  const watch = async (id: string, random: Random): Promise<PaymentSeen | undefined> => {
    const end = performance.now() + WATCH_MS
    let last: PaymentSeen | undefined
    while (performance.now() < end) {
      last = (await read(id)) ?? last
      if (last !== undefined && last.status !== 'processing') return last
      await delay(random.int(50, 600))
    }
    return last
  }

  const followUp = async (id: string, key: string, action: 'retry' | 'capture' | 'cancel', paymentMethod?: string) => {
    const record = witness.openFollowUp({ key, paymentId: id, action, paymentMethod })
    const reply = await client.insist({
      method: 'POST',
      path: `/v1/payments/${id}/${action}`,
      key,
      ...(paymentMethod === undefined ? {} : { body: { payment_method: paymentMethod } }),
    })
    const answer = answerOf(reply)
    if ('refused' in answer && answer.refused !== 'payment_state')
      witness.unexpected(`${action} of ${id} was refused with ${answer.status} ${answer.refused}`)
    record(answer)
  }

  const followUps = async (id: string, checkout: Checkout, random: Random): Promise<void> => {
    const payment = await watch(id, random)
    switch (checkout.followUp) {
      case 'none':
        return
      case 'retry':
        if (payment?.orders.some((order) => order.status === 'failed'))
          await followUp(id, `${checkout.key}-retry`, 'retry', checkout.retryWith)
        break
      case 'capture_and_cancel':
        await Promise.all([
          followUp(id, `${checkout.key}-capture`, 'capture'),
          followUp(id, `${checkout.key}-cancel`, 'cancel'),
        ])
        break
      case 'capture':
      case 'cancel':
        await followUp(id, `${checkout.key}-${checkout.followUp}`, checkout.followUp)
    }
    await watch(id, random)
  }

  const reuse = async (checkout: Checkout): Promise<void> => {
    const record = witness.openReuse(checkout.key)
    const body = bodyOf(dearer(checkout.asked), checkout.key)
    record(answerOf(await client.insist({ method: 'POST', path: '/v1/payments', key: checkout.key, body })))
  }

  const holdCheckout = async (checkout: Checkout, random: Random): Promise<void> => {
    const copies = checkout.mischief === 'parallel' ? Array.from({ length: PARALLEL }, () => checkout) : [checkout]
    if (checkout.mischief === 'double_click') copies.push({ ...checkout, key: `${checkout.key}-click` })
    const answers = await Promise.all(copies.map(create))
    const id = answers.flatMap((answer) => ('accepted' in answer ? [answer.accepted] : []))[0]
    if (id === undefined) return
    if (checkout.mischief === 'reuse') await reuse(checkout)
    await followUps(id, checkout, random)
    if (checkout.mischief !== 'replay') return
    await delay(random.int(500, 6_000))
    const again = await create(checkout)
    if ('accepted' in again && !again.replayed)
      witness.unexpected(`the replay of key ${checkout.key} was not marked as one`)
  }

  const hold = async (unit: Unit, random: Random): Promise<void> => {
    if (unit.kind === 'checkout') return holdCheckout(unit.checkout, random)
    if (unit.kind === 'entries') return bookEntries(deps, unit)
    const answers = await createBatch(unit.key, unit.checkouts)
    await Promise.all(
      unit.checkouts.map(async (checkout, index) => {
        const answer = answers[index]
        if (answer !== undefined && 'accepted' in answer) await followUps(answer.accepted, checkout, random)
      }),
    )
  }
  return { hold }
}

/** The same checkout with one minor unit more on its first order. */
const dearer = (asked: PaymentAsked): PaymentAsked => ({
  ...asked,
  orders: asked.orders.map((order, index) => (index === 0 ? { ...order, amount: order.amount + 1n } : order)),
})
