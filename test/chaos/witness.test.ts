import { describe, expect, it } from 'vitest'
import type { OrderStatus, PaymentSeen } from './snapshot.ts'
import { createWitness } from './witness.ts'

const payment = (status: OrderStatus, pspReference = 'ch_1', amount = 100n): PaymentSeen => ({
  id: 'pay_1',
  status: 'processing',
  amount,
  currency: 'EUR',
  orders: [{ id: 'po_1', seller: 'ada', amount, platformFee: 0n, status, psp: 'simulator', pspReference }],
})

const backwardsAfter = (...sights: readonly PaymentSeen[]): readonly string[] => {
  const witness = createWitness()
  for (const sight of sights) witness.saw(sight, performance.now())
  return witness.testimony().observations.backwards
}

describe('witness', () => {
  it('accepts an order that moves on', () => {
    expect(backwardsAfter(payment('executing'), payment('unknown'), payment('captured'), payment('captured'))).toEqual(
      [],
    )
  })

  it.each<[OrderStatus, OrderStatus]>([
    ['captured', 'executing'],
    ['captured', 'failed'],
    ['failed', 'captured'],
    ['voided', 'captured'],
  ])('names an order that went from %s to %s', (before, after) => {
    expect(backwardsAfter(payment(before), payment(after))).toHaveLength(1)
  })

  it('names a captured order whose charge or amount changed', () => {
    expect(backwardsAfter(payment('captured', 'ch_1'), payment('captured', 'ch_2'))).toHaveLength(1)
    expect(backwardsAfter(payment('executing', 'ch_1', 100n), payment('executing', 'ch_1', 101n))).toHaveLength(1)
  })

  it('makes nothing of an older read that was answered later', () => {
    const witness = createWitness()
    const asked = performance.now()
    witness.saw(payment('captured'), performance.now())

    witness.saw(payment('executing'), asked)

    expect(witness.testimony().observations.backwards).toEqual([])
  })

  it('lets a retry set a failed order going again', () => {
    const witness = createWitness()
    witness.saw(payment('failed'), performance.now())
    witness.openFollowUp({ key: 'k', paymentId: 'pay_1', action: 'retry', paymentMethod: 'pm_test_visa' })

    witness.saw(payment('executing'), performance.now())
    witness.saw(payment('captured'), performance.now())

    expect(witness.testimony().observations.backwards).toEqual([])
  })

  it('keeps every answer under its key', () => {
    const witness = createWitness()
    const asked = {
      checkoutId: undefined,
      currency: 'EUR',
      paymentMethod: 'pm_test_visa',
      chargeMode: 'per_order',
      capture: 'automatic',
      onPartial: 'keep',
      orders: [],
    } as const
    const first = witness.openKey({ key: 'k', asked, mustBeRefusedWith: undefined })
    const second = witness.openKey({ key: 'k', asked, mustBeRefusedWith: undefined })

    first({ accepted: 'pay_1', replayed: false })
    second({ accepted: 'pay_1', replayed: true })

    expect(witness.testimony().keys).toHaveLength(1)
    expect(witness.acknowledgedPayments()).toEqual(['pay_1', 'pay_1'])
  })
})
