import { setTimeout as delay } from 'node:timers/promises'
import type { NewPayment, Payment } from '../../src/payments/index.ts'
import { isTransient } from '../../src/platform/db.ts'
import { Refusal } from '../../src/platform/errors.ts'
import { newId } from '../../src/platform/ids.ts'
import { anOrder, aPayment } from '../support/money-path.ts'
import type { Seeded } from '../support/seeded.ts'
import type { Nodes } from './nodes.ts'

/** Those who pay, capture, cancel and try again, through whichever node answers. */
export type Customers = {
  /** Sends a new payment, again and again under its key until some node has accepted it. */
  readonly pay: () => Promise<void>
  /** Sends an earlier payment again under its key. */
  readonly payAgain: () => Promise<void>
  /** Asks for a capture, a cancellation or a retry of some payment, which may be refused. */
  readonly request: () => Promise<void>
  readonly accepted: () => ReadonlyMap<string, string>
}

export function makeCustomers(nodes: Nodes, pspNames: readonly string[], seeded: Seeded): Customers {
  const accepted = new Map<string, string>()
  const inputs: NewPayment[] = []

  const aNewPayment = (): NewPayment => {
    const orders = Array.from({ length: seeded.integer(1, 4) }, () => {
      const amount = BigInt(seeded.integer(1, 100_000))
      return anOrder(`seller-${seeded.integer(1, 12)}`, amount, (amount * BigInt(seeded.integer(0, 3))) / 10n)
    })
    return aPayment({
      psp: seeded.pick(pspNames),
      currency: seeded.pick(['EUR', 'USD', 'JPY']),
      orders,
      checkoutId: seeded.chance(0.5) ? newId() : undefined,
      chargeMode: seeded.chance(0.2) ? 'single' : 'per_order',
      capture: seeded.chance(0.3) ? 'manual' : 'automatic',
      onPartial: seeded.chance(0.3) ? 'void_all' : 'keep',
    })
  }

  const send = async (input: NewPayment): Promise<void> => {
    for (;;) {
      const payment = await nodes.ask(nodes.any(), (node) => node.payments.accept([input])).then(onlyPayment, expected)
      if (payment !== undefined) {
        const earlier = accepted.get(input.idempotencyKey)
        if (earlier !== undefined && earlier !== payment.id)
          throw new Error(`key ${input.idempotencyKey} made two payments`)
        accepted.set(input.idempotencyKey, payment.id)
        return
      }
      await delay(20)
    }
  }

  return {
    async pay() {
      const input = aNewPayment()
      inputs.push(input)
      await send(input)
    },
    async payAgain() {
      if (inputs.length > 0) await send(seeded.pick(inputs))
    },
    async request() {
      if (accepted.size === 0) return
      const paymentId = seeded.pick([...accepted.values()])
      const endpoint = seeded.pick(['capture', 'capture', 'cancel', 'retry'] as const)
      const request = {
        endpoint,
        paymentId,
        idempotencyKey: newId(),
        fingerprint: Buffer.alloc(32),
        paymentMethod: 'pm_test_visa',
      }
      // Twice under one key, as callers do who did not hear the first answer.
      for (let time = 0; time < 2; time += 1) {
        await nodes.ask(nodes.any(), (node) => node.payments.request(request)).catch(expected)
      }
    },
    accepted: () => accepted,
  }
}

function onlyPayment(results: readonly ({ readonly payment: Payment } | Refusal)[] | undefined): Payment | undefined {
  const [result] = results ?? []
  return result === undefined || result instanceof Refusal ? undefined : result.payment
}

/** A refusal is an answer, and a database that was away is expected here; anything else is a bug. */
function expected(error: unknown): undefined {
  if (error instanceof Refusal || isTransient(error)) return undefined
  throw error
}
