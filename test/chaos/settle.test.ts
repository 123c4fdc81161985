import { describe, expect, it } from 'vitest'
import type { Call, Client } from './client.ts'
import { settle } from './settle.ts'
import type { PaymentAsked } from './snapshot.ts'

const asked = (amount: bigint, paymentMethod: string): PaymentAsked => ({
  checkoutId: undefined,
  currency: 'EUR',
  paymentMethod,
  chargeMode: 'per_order',
  capture: 'automatic',
  onPartial: 'keep',
  orders: [{ seller: 'ada', amount, platformFee: 0n }],
})

const processing = (status: string, amount: number) => ({
  id: 'pay_1',
  status: 'processing',
  amount,
  currency: 'EUR',
  orders: [{ id: 'po_1', seller: 'ada', amount, platform_fee: 0, status, psp: 'simulator', psp_reference: null }],
})

/** A client that gives these lists of processing payments one after the other, then the last for ever. */
function scripted(lists: readonly (readonly unknown[])[]): { readonly client: Client; readonly asked: number[] } {
  const calls: number[] = []
  const insist = async (_call: Call) => {
    calls.push(performance.now())
    const data = lists[Math.min(calls.length, lists.length) - 1] ?? []
    return { status: 200, body: { data, has_more: false, next_cursor: null }, replayed: false, askedAt: 0 }
  }
  return { client: { insist, once: insist, close: async () => {} }, asked: calls }
}

describe('settling', () => {
  it('waits for what is processing', async () => {
    const { client, asked: calls } = scripted([[processing('executing', 100)], [processing('unknown', 100)], []])

    const stuck = await settle({ client, askedOf: () => asked(100n, 'pm_test_visa'), say: () => {} })

    expect(stuck).toEqual([])
    expect(calls).toHaveLength(3)
  })

  it.each([
    ['unknown', 1_045],
    ['executing', 1_060],
  ])('leaves alone what is %s until its night over %i', async (status, amount) => {
    const { client, asked: calls } = scripted([[processing(status, amount)]])

    await settle({ client, askedOf: () => asked(BigInt(amount), 'pm_test_magic'), say: () => {} })

    expect(calls).toHaveLength(1)
  })
})
