import assert from 'node:assert/strict'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../test/support/database.ts'
import { anOrder, aPayment, type MoneyPath, startMoneyPath } from '../../test/support/money-path.ts'
import { Refusal } from '../platform/errors.ts'
import { newId } from '../platform/ids.ts'
import { createSimulatorPsp } from '../psp/index.ts'
import { type RunningSimulator, startSimulator } from '../psp/simulator/testing.ts'
import type { NewPayment, Payment } from './index.ts'

/** A payment from acceptance to the ledger, with the real simulator and a real database. */

let database: TestDatabase
let simulator: RunningSimulator
let path: MoneyPath

beforeAll(async () => {
  database = await createTestDatabase()
  simulator = await startSimulator()
  const psp = createSimulatorPsp({
    name: 'simulator',
    url: simulator.url,
    webhookSecret: `whsec_${btoa('a'.repeat(32))}`,
  })
  path = await startMoneyPath({ url: database.url, psps: [psp] })
})

afterAll(async () => {
  await path.stop()
  await simulator.stop()
  await database.drop()
})

async function pay(input: NewPayment): Promise<Payment> {
  const [accepted] = await path.payments.accept([input])
  assert(accepted !== undefined)
  if (accepted instanceof Refusal) throw accepted
  return path.payments.waitForFinal(accepted.payment.id, 10_000)
}

describe('payment', () => {
  it('of two sellers is charged once per order, credits both wallets and balances', async () => {
    const payment = await pay(aPayment())

    expect(payment.status).toBe('succeeded')
    expect(payment.orders.map((order) => order.status)).toEqual(['captured', 'captured'])
    const balance = await path.ledger.trialBalance(undefined)
    const eur = balance.currencies.find((currency) => currency.currency === 'EUR')
    expect(eur?.accounts.map(({ account, balance: sum }) => [account, sum])).toEqual([
      ['psp:simulator:receivable', 10000n],
      ['revenue:commission', -1000n],
      ['seller:seller-a:pending', -5400n],
      ['seller:seller-b:pending', -3600n],
    ])
  })

  it('in one charge shares the PSP reference among its orders', async () => {
    const payment = await pay(aPayment({ chargeMode: 'single' }))

    expect(payment.status).toBe('succeeded')
    expect(new Set(payment.orders.map((order) => order.pspReference)).size).toBe(1)
  })

  it('that is declined books nothing and says why', async () => {
    const payment = await pay(aPayment({ paymentMethod: 'pm_test_insufficient_funds' }))

    expect(payment.status).toBe('failed')
    expect(payment.orders[0]?.decline?.code).toBe('insufficient_funds')
    expect((await path.ledger.listEntries({ paymentId: payment.id, limit: 10 })).data).toEqual([])
  })

  it('with a fee of its whole amount credits the seller nothing and still balances', async () => {
    const payment = await pay(aPayment({ orders: [anOrder('seller-fee', 100n, 100n)] }))

    const entries = await path.ledger.listEntries({ paymentId: payment.id, limit: 10 })
    expect(entries.data[0]?.postings.map((posting) => posting.account)).toEqual([
      'psp:simulator:receivable',
      'revenue:commission',
    ])
  })

  it('is made once for a key, and its replay is marked', async () => {
    const input = aPayment()
    const results = await Promise.all(Array.from({ length: 50 }, () => path.payments.accept([input])))

    const accepted = results.flat().flatMap((result) => (result instanceof Refusal ? [] : result))
    expect(new Set(accepted.map((result) => result.payment.id)).size).toBe(1)
    const [replay] = await path.payments.accept([input])
    assert(replay !== undefined && !(replay instanceof Refusal))
    expect(replay.replayed).toBe(true)
  })

  it('is refused for a key that was used with another body', async () => {
    const input = aPayment()
    await pay(input)
    const [refusal] = await path.payments.accept([
      aPayment({ idempotencyKey: input.idempotencyKey, buyerReference: 'other' }),
    ])
    expect(refusal).toMatchObject({ code: 'idempotency_key_reused' })
  })

  it('is charged once for a checkout under two keys, at the same time or later', async () => {
    const checkoutId = newId()
    const results = await path.payments.accept([aPayment({ checkoutId }), aPayment({ checkoutId })])
    const [later] = await path.payments.accept([aPayment({ checkoutId })])

    expect(results.filter((result) => result instanceof Refusal)).toMatchObject([{ code: 'checkout_exists' }])
    expect(later).toMatchObject({ code: 'checkout_exists' })
  })

  it('of a checkout whose payment failed may be made again', async () => {
    const checkoutId = newId()
    await pay(aPayment({ checkoutId, paymentMethod: 'pm_test_declined' }))
    expect((await pay(aPayment({ checkoutId }))).status).toBe('succeeded')
  })

  it('of all or nothing captures every order or none', async () => {
    const good = await pay(aPayment({ onPartial: 'void_all' }))
    expect(good.status).toBe('succeeded')

    const bad = await pay(
      aPayment({
        onPartial: 'void_all',
        paymentMethod: 'pm_test_magic',
        orders: [anOrder('seller-a', 1000n), anOrder('seller-b', 1042n)],
      }),
    )
    expect(['processing', 'failed']).toContain(bad.status)
    expect(bad.orders.map((order) => order.status)).not.toContain('captured')
  })

  it('that is captured by hand holds the money until then', async () => {
    const held = await pay(aPayment({ capture: 'manual' }))
    expect(held.status).toBe('authorised')

    const key = { idempotencyKey: newId(), fingerprint: Buffer.alloc(32) }
    await path.payments.request({ endpoint: 'capture', paymentId: held.id, ...key })
    const captured = await path.payments.waitForFinal(held.id, 10_000)
    expect(captured.status).toBe('succeeded')
    const again = await path.payments.request({ endpoint: 'capture', paymentId: held.id, ...key })
    expect(again.replayed).toBe(true)
  })

  it('that is canceled before capture is voided', async () => {
    const held = await pay(aPayment({ capture: 'manual' }))
    await path.payments.request({
      endpoint: 'cancel',
      paymentId: held.id,
      idempotencyKey: newId(),
      fingerprint: Buffer.alloc(32),
    })
    expect((await path.payments.waitForFinal(held.id, 10_000)).status).toBe('canceled')
  })

  it('is charged again for its failed orders only', async () => {
    const failed = await pay(aPayment({ paymentMethod: 'pm_test_declined' }))
    const request = { endpoint: 'retry', paymentId: failed.id, paymentMethod: 'pm_test_visa' } as const
    await path.payments.request({ ...request, idempotencyKey: newId(), fingerprint: Buffer.alloc(32) })
    expect((await path.payments.waitForFinal(failed.id, 10_000)).status).toBe('succeeded')
    await expect(
      path.payments.request({ ...request, idempotencyKey: newId(), fingerprint: Buffer.alloc(32) }),
    ).rejects.toMatchObject({ code: 'payment_state' })
  })

  it('whose answer was lost is captured by look-up', async () => {
    const payment = await pay(aPayment({ paymentMethod: 'pm_test_magic', orders: [anOrder('seller-a', 1041n)] }))
    expect(payment.status).toBe('succeeded')
    const timeline = await path.payments.timeline(payment.id)
    expect(timeline?.map((item) => item.kind)).toContain('charge.unknown')
  })

  it('leaves every invariant whole and the chain verified', async () => {
    expect((await path.invariants()).checks.filter((check) => !check.ok)).toEqual([])
    const verification = await path.ledger.verify()
    expect(verification.findings).toEqual([])
    expect(verification.checked.postings).toBeGreaterThan(0)
  })
})
