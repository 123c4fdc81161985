import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { anOrder, aPayment } from '../../test/support/money-path.ts'
import { waitFor } from '../../test/support/wait-for.ts'
import { newId } from '../platform/ids.ts'
import type { LookUp } from '../psp/psp.ts'
import type { NewPayment, Operation, OrderStatus, Payment, PaymentRequest, PaymentStatus } from './index.ts'
import { type Books, losesAnswer, openBooks, reportOf } from './testing/books.ts'

/** Capture, cancel and retry, and what all-or-nothing payments ask for of their own accord. The test plays the PSP. */

let database: TestDatabase
let node: Books
let other: Books

beforeAll(async () => {
  database = await createTestDatabase()
  node = openBooks(database.url, 1)
  other = openBooks(database.url, 2)
})

afterAll(async () => {
  await node.close()
  await other.close()
  await database.drop()
})

const THREE_ORDERS = [anOrder('seller-a', 100n), anOrder('seller-b', 200n), anOrder('seller-c', 300n)]

const pay = (overrides: Partial<NewPayment> = {}): Promise<Payment> =>
  node.accept(aPayment({ orders: THREE_ORDERS, ...overrides }))

/** What the PSP says to the charges of the payment, in the order of its orders. */
async function answer(
  payment: Payment,
  operation: Operation,
  ...outcomes: readonly LookUp['outcome'][]
): Promise<void> {
  const attempts = await node.attempts(payment.id, operation)
  const open = attempts.filter(({ status }) => status !== 'succeeded' && status !== 'declined')
  await Promise.all(
    outcomes.map((outcome, index) => {
      const attempt = open[index]
      assert(attempt !== undefined, `there is a ${operation} to answer`)
      return node.payments.record(reportOf(attempt, outcome, attempt.status === 'unknown' ? 'look_up' : 'answer'))
    }),
  )
}

const request = (payment: Payment, endpoint: PaymentRequest['endpoint'], key = newId()): PaymentRequest => ({
  endpoint,
  paymentId: payment.id,
  idempotencyKey: key,
  fingerprint: Buffer.alloc(32),
  ...(endpoint === 'retry' ? { paymentMethod: 'pm_test_visa' } : {}),
})

const standing = async ({ id }: Payment): Promise<[PaymentStatus, ...OrderStatus[]]> => {
  const payment = await node.payment(id)
  return [payment.status, ...payment.orders.map((order) => order.status)]
}

const operations = async ({ id }: Payment): Promise<readonly Operation[]> =>
  (await node.attempts(id))
    .map((attempt) => attempt.operation)
    .filter((operation) => operation !== 'charge')
    .toSorted()

describe('request', () => {
  it('is carried out once for its key, however often and wherever it is sent', async () => {
    const payment = await pay({ capture: 'manual' })
    await answer(payment, 'charge', 'authorised', 'authorised', 'authorised')
    const same = request(payment, 'capture')

    const results = await Promise.all(
      Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? node : other).payments.request(same)),
    )

    expect(results.filter((result) => !result.replayed)).toHaveLength(1)
    expect(await operations(payment)).toEqual(['capture', 'capture', 'capture'])
  })

  it('is refused for a key that another payment or body has used', async () => {
    const [payment, another] = [await pay({ capture: 'manual' }), await pay({ capture: 'manual' })]
    await answer(payment, 'charge', 'authorised', 'authorised', 'authorised')
    await answer(another, 'charge', 'authorised', 'authorised', 'authorised')
    const first = request(payment, 'cancel')
    await node.payments.request(first)

    const reused = { code: 'idempotency_key_reused' }
    await expect(node.payments.request({ ...first, fingerprint: Buffer.alloc(32, 1) })).rejects.toMatchObject(reused)
    await expect(node.payments.request({ ...first, paymentId: another.id })).rejects.toMatchObject(reused)
    expect(await operations(another)).toEqual([])
  })

  it('whose answer was lost with the connection is carried out once', async () => {
    const cut = openBooks(database.url, 3, losesAnswer('transaction'))
    const payment = await pay({ capture: 'manual' })
    await answer(payment, 'charge', 'authorised', 'authorised', 'authorised')

    const { replayed } = await cut.payments.request(request(payment, 'capture'))

    expect(replayed).toBe(false)
    expect(await operations(payment)).toHaveLength(3)
    expect(cut.dispatched).toHaveLength(3)
    await cut.close()
  })

  it('that is refused uses no key up', async () => {
    const payment = await pay({ capture: 'manual' })
    const early = request(payment, 'capture')
    await expect(node.payments.request(early)).rejects.toMatchObject({ code: 'payment_state' })
    await answer(payment, 'charge', 'authorised', 'authorised', 'authorised')

    expect((await node.payments.request(early)).replayed).toBe(false)
  })

  it('in great number leaves connections to the database for everything else', async () => {
    const payment = await pay()
    const { promise: held, resolve: release } = Promise.withResolvers<void>()
    const holding = other.db.transaction(async (tx) => {
      await tx.query('select from payment_event where id = $1 for update', [payment.id])
      await held
    })
    const requests = Promise.allSettled(
      Array.from({ length: 100 }, () => node.payments.request(request(payment, 'capture'))),
    )
    await waitFor(async () => (await blockedTransactions()) >= 4, { what: 'requests that wait for the payment' })

    const another = await pay()
    await answer(another, 'charge', 'captured', 'captured', 'captured')

    expect((await standing(another))[0]).toBe('succeeded')
    release()
    await holding
    expect((await requests).every((result) => result.status === 'rejected')).toBe(true)
  })
})

const blockedTransactions = async (): Promise<number> =>
  (await other.db.query(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`))
    .length

describe('acceptance', () => {
  it('whose answer was lost with the connection is no replay, and is handed to the executor once', async () => {
    const cut = openBooks(database.url, 3, losesAnswer('payments.insert'))

    const payment = await cut.accept(aPayment({ orders: THREE_ORDERS }))

    expect(cut.dispatched.map((attempt) => attempt.paymentId)).toEqual([payment.id, payment.id, payment.id])
    expect(cut.dispatched.map((attempt) => attempt.id).toSorted()).toEqual(
      (await cut.attempts(payment.id)).map((attempt) => attempt.id).toSorted(),
    )
    await cut.close()
  })
})

describe('capture by hand', () => {
  it('takes what was authorised, once', async () => {
    const payment = await pay({ capture: 'manual' })
    await answer(payment, 'charge', 'authorised', 'declined', 'authorised')
    expect(await standing(payment)).toEqual(['authorised', 'authorised', 'failed', 'authorised'])

    await node.payments.request(request(payment, 'capture'))
    await expect(node.payments.request(request(payment, 'capture'))).rejects.toMatchObject({ code: 'payment_state' })
    await answer(payment, 'capture', 'captured', 'captured')

    expect(await standing(payment)).toEqual(['partially_succeeded', 'captured', 'failed', 'captured'])
    await expect(node.payments.request(request(payment, 'capture'))).rejects.toMatchObject({ code: 'payment_state' })
  })

  it('that was declined may be asked for again', async () => {
    const payment = await pay({ capture: 'manual', orders: [anOrder('seller-a', 100n)] })
    await answer(payment, 'charge', 'authorised')
    await node.payments.request(request(payment, 'capture'))
    await answer(payment, 'capture', 'declined')
    expect(await standing(payment)).toEqual(['authorised', 'authorised'])

    await node.payments.request(request(payment, 'capture'))
    await answer(payment, 'capture', 'unknown')
    expect(await standing(payment)).toEqual(['processing', 'unknown'])
    await answer(payment, 'capture', 'captured')

    expect(await standing(payment)).toEqual(['succeeded', 'captured'])
  })
})

describe('cancellation', () => {
  it('of a payment that waits for its buyer voids it', async () => {
    const payment = await pay({ orders: [anOrder('seller-a', 100n)] })
    await answer(payment, 'charge', 'requires_action')
    await node.payments.request(request(payment, 'cancel'))
    expect(await standing(payment)).toEqual(['processing', 'executing'])

    await answer(payment, 'void', 'voided')

    expect(await standing(payment)).toEqual(['canceled', 'voided'])
  })

  it('that comes later than the buyer finds the payment captured', async () => {
    const payment = await pay({ orders: [anOrder('seller-a', 100n)] })
    await answer(payment, 'charge', 'requires_action')
    await node.payments.request(request(payment, 'cancel'))

    await answer(payment, 'void', 'captured')

    expect(await standing(payment)).toEqual(['succeeded', 'captured'])
  })

  it('that is refused leaves the payment waiting for its buyer', async () => {
    const payment = await pay({ orders: [anOrder('seller-a', 100n)] })
    await answer(payment, 'charge', 'requires_action')
    await node.payments.request(request(payment, 'cancel'))

    await answer(payment, 'void', 'declined')

    expect(await standing(payment)).toEqual(['requires_action', 'requires_action'])
    await node.payments.request(request(payment, 'cancel'))
    await answer(payment, 'void', 'voided')
    expect(await standing(payment)).toEqual(['canceled', 'voided'])
  })
})

describe('retry', () => {
  it('charges the failed orders under new keys, and the others not', async () => {
    const payment = await pay()
    await answer(payment, 'charge', 'captured', 'declined', 'declined')

    await node.payments.request(request(payment, 'retry'))
    await expect(node.payments.request(request(payment, 'retry'))).rejects.toMatchObject({ code: 'payment_state' })
    await answer(payment, 'charge', 'captured', 'captured')

    expect(await standing(payment)).toEqual(['succeeded', 'captured', 'captured', 'captured'])
    expect(await node.attempts(payment.id, 'charge')).toHaveLength(5)
  })

  it('of one charge for all orders charges all of them again', async () => {
    const payment = await pay({ chargeMode: 'single' })
    await answer(payment, 'charge', 'declined')
    await node.payments.request(request(payment, 'retry'))
    await answer(payment, 'charge', 'captured')

    expect(await standing(payment)).toEqual(['succeeded', 'captured', 'captured', 'captured'])
    expect((await node.attempts(payment.id, 'charge')).map((charge) => charge.amount)).toEqual([600n, 600n])
  })

  it('of a payment that is captured by hand authorises, and waits again', async () => {
    const payment = await pay({ capture: 'manual', orders: [anOrder('seller-a', 100n)] })
    await answer(payment, 'charge', 'declined')
    await node.payments.request(request(payment, 'retry'))
    await answer(payment, 'charge', 'authorised')
    expect(await standing(payment)).toEqual(['authorised', 'authorised'])

    await node.payments.request(request(payment, 'capture'))
    await answer(payment, 'capture', 'captured')
    expect(await standing(payment)).toEqual(['succeeded', 'captured'])
  })

  it('is refused while another payment has the checkout', async () => {
    const checkoutId = newId()
    const payment = await pay({ checkoutId })
    await answer(payment, 'charge', 'declined', 'declined', 'declined')
    const another = await pay({ checkoutId })

    const retry = request(payment, 'retry')
    await expect(node.payments.request(retry)).rejects.toMatchObject({ code: 'checkout_exists' })
    expect(await standing(payment)).toEqual(['failed', 'failed', 'failed', 'failed'])

    await answer(another, 'charge', 'declined', 'declined', 'declined')
    await node.payments.request(retry)
    expect((await standing(payment))[0]).toBe('processing')
  })

  it('and a new payment for the checkout at the same moment are not both made', async () => {
    const rounds = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const checkoutId = newId()
        const payment = await pay({ checkoutId, orders: [anOrder('seller-a', 100n)] })
        await answer(payment, 'charge', 'declined')
        const retry = node.payments.request(request(payment, 'retry'))
        const made = other.payments.accept([aPayment({ checkoutId })])
        const [retried] = await Promise.allSettled([retry, made])
        const [accepted] = await made
        return [retried?.status === 'fulfilled', accepted !== undefined && 'payment' in accepted]
      }),
    )

    for (const won of rounds) expect(won.filter(Boolean)).toHaveLength(1)
  })
})

describe('payment of all or nothing', () => {
  const allOrNothing = (overrides: Partial<NewPayment> = {}): Promise<Payment> =>
    pay({ onPartial: 'void_all', ...overrides })

  it('is captured when every order is authorised', async () => {
    const payment = await allOrNothing()
    await answer(payment, 'charge', 'authorised', 'unknown', 'authorised')
    expect(await operations(payment)).toEqual([])
    await answer(payment, 'charge', 'authorised')
    expect(await operations(payment)).toEqual(['capture', 'capture', 'capture'])

    await answer(payment, 'capture', 'captured', 'captured', 'captured')

    expect(await standing(payment)).toEqual(['succeeded', 'captured', 'captured', 'captured'])
  })

  it('is voided when one order failed, also the one that waits for its buyer', async () => {
    const payment = await allOrNothing()
    await answer(payment, 'charge', 'authorised', 'requires_action', 'declined')
    expect(await operations(payment)).toEqual(['void', 'void'])

    await answer(payment, 'void', 'voided', 'voided')

    expect(await standing(payment)).toEqual(['failed', 'voided', 'voided', 'failed'])
  })

  it('waits for an unknown order before it gives back the others', async () => {
    const payment = await allOrNothing()
    await answer(payment, 'charge', 'authorised', 'unknown', 'declined')
    expect(await operations(payment)).toEqual([])

    const [, unknown] = await node.attempts(payment.id, 'charge')
    assert(unknown !== undefined)
    await node.payments.record(reportOf(unknown, 'authorised', 'webhook'))

    expect(await operations(payment)).toEqual(['void', 'void'])
  })

  it('fails the order whose capture is refused, and gives its money back', async () => {
    const payment = await allOrNothing()
    await answer(payment, 'charge', 'authorised', 'authorised', 'authorised')
    await answer(payment, 'capture', 'captured', 'declined', 'captured')
    expect(await operations(payment)).toEqual(['capture', 'capture', 'capture', 'void'])

    await answer(payment, 'void', 'voided')

    expect(await standing(payment)).toEqual(['partially_succeeded', 'captured', 'failed', 'captured'])
    expect((await node.payment(payment.id)).orders[1]?.decline?.code).toBe('generic_decline')
  })

  it('of one order or one charge is simply charged', async () => {
    const one = await allOrNothing({ orders: [anOrder('seller-a', 100n)] })
    const single = await allOrNothing({ chargeMode: 'single' })
    for (const payment of [one, single]) {
      expect((await node.attempts(payment.id)).map((charge) => charge.capture)).toEqual(['automatic'])
      await answer(payment, 'charge', 'captured')
      expect((await standing(payment))[0]).toBe('succeeded')
    }
  })

  it('is not retried in part', async () => {
    const payment = await allOrNothing()
    await answer(payment, 'charge', 'declined', 'declined', 'declined')
    await expect(node.payments.request(request(payment, 'retry'))).rejects.toMatchObject({ code: 'payment_state' })
  })
})

describe('everything above', () => {
  it('leaves every invariant whole and the chain verified', async () => {
    expect(await node.findings()).toEqual([])
  })
})
