import { isCurrency, MAX_AMOUNT } from '../money/index.ts'
import type { NewPayment } from '../payments/index.ts'
import { type FieldError, Refusal } from '../platform/errors.ts'
import { abridge } from './abridge.ts'
import { fingerprintOf } from './idempotency.ts'
import type { NewPaymentBody } from './schemas/payment.ts'
import type { Services } from './services.ts'
import { fieldsRefused } from './validation.ts'

type Psps = Pick<Services, 'defaultPsp' | 'pspNames'>

/**
 * What a body that its schema took asks for, in our types. Throws for what a schema cannot say: an unknown currency or
 * PSP, a fee above its amount, a reference given twice, a sum beyond 2^53 − 1. `at` is where the payment stands in the
 * body.
 */
export function newPaymentOf(body: NewPaymentBody, idempotencyKey: string, psps: Psps, at = ''): NewPayment {
  const errors = [...currencyErrors(body.currency, `${at}/currency`), ...orderErrors(body.orders, `${at}/orders`)]
  if (errors.length > 0) throw fieldsRefused('invalid_request', errors)
  if (body.psp !== undefined && !psps.pspNames.includes(body.psp)) throw pspNotFound(body.psp, psps, `${at}/psp`)
  return {
    idempotencyKey,
    fingerprint: fingerprintOf(canonical(body)),
    checkoutId: body.checkout_id,
    buyerReference: body.buyer.reference,
    currency: body.currency,
    paymentMethod: body.payment_method,
    chargeMode: body.charge_mode ?? 'per_order',
    capture: body.capture ?? 'automatic',
    onPartial: body.on_partial ?? 'keep',
    psp: body.psp ?? psps.defaultPsp,
    metadata: body.metadata ?? {},
    orders: body.orders.map((order) => ({
      reference: order.reference,
      seller: order.seller,
      amount: BigInt(order.amount),
      platformFee: BigInt(order.platform_fee ?? 0),
    })),
  }
}

/** The PSP stands as it was sent: another default tomorrow does not make yesterday's body another one. */
const canonical = (body: NewPaymentBody): readonly unknown[] => [
  'payment/1',
  body.checkout_id ?? null,
  body.buyer.reference,
  body.currency,
  body.payment_method,
  body.charge_mode ?? 'per_order',
  body.capture ?? 'automatic',
  body.on_partial ?? 'keep',
  body.psp ?? null,
  body.orders.map((order) => [order.reference ?? null, order.seller, order.amount, order.platform_fee ?? 0]),
  Object.entries(body.metadata ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
]

/** What is wrong with the code of a currency, if anything is. */
export function currencyErrors(code: string, pointer: string): FieldError[] {
  if (isCurrency(code)) return []
  return [{ pointer, detail: `${abridge(code)} is not a currency of ISO 4217; see GET /v1/currencies.` }]
}

function orderErrors(orders: NewPaymentBody['orders'], pointer: string): FieldError[] {
  const errors: FieldError[] = []
  const references = new Map<string, number>()
  let sum = 0n
  for (const [index, { reference, amount, platform_fee: fee = 0 }] of orders.entries()) {
    sum += BigInt(amount)
    if (fee > amount) {
      const detail = `The platform fee of ${fee} is more than the amount of ${amount} that it comes out of.`
      errors.push({ pointer: `${pointer}/${index}/platform_fee`, detail })
    }
    if (reference === undefined) continue
    const earlier = references.get(reference)
    if (earlier === undefined) references.set(reference, index)
    else
      errors.push({ pointer: `${pointer}/${index}/reference`, detail: `Order ${earlier} has this reference already.` })
  }
  if (sum > MAX_AMOUNT) {
    errors.push({ pointer, detail: `The orders add up to ${sum}; the largest amount is ${MAX_AMOUNT} (2^53 − 1).` })
  }
  return errors
}

function pspNotFound(name: string, psps: Psps, pointer: string): Refusal {
  const detail = `There is no PSP account ${abridge(name)}. There is: ${psps.pspNames.join(', ')}.`
  return new Refusal('psp_not_found', detail, { errors: [{ pointer, detail }] })
}
