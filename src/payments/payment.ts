import type { Decline } from '../psp/psp.ts'

/** A payment event: the buyer's checkout, with one payment order per seller. Amounts are minor units of `currency`. */
export type Payment = {
  readonly id: string
  readonly status: PaymentStatus
  readonly checkoutId: string | undefined
  readonly buyerReference: string
  readonly amount: bigint
  readonly currency: string
  readonly paymentMethod: string
  readonly chargeMode: ChargeMode
  readonly capture: CaptureMode
  readonly onPartial: OnPartial
  readonly psp: string
  readonly metadata: Readonly<Record<string, string>>
  readonly orders: readonly PaymentOrder[]
  readonly createdAt: Date
}

export type PaymentOrder = {
  readonly id: string
  readonly reference: string | undefined
  readonly seller: string
  readonly amount: bigint
  readonly platformFee: bigint
  readonly status: OrderStatus
  readonly psp: string
  /** The PSP's id of the charge, once known. With `charge_mode: single` the orders share it. */
  readonly pspReference: string | undefined
  readonly decline: Decline | undefined
  /** Where the buyer must go while the order is `requires_action`. */
  readonly actionUrl: string | undefined
  /** The PSP's stamp of the capture. */
  readonly capturedAt: Date | undefined
}

export type ChargeMode = 'per_order' | 'single'
export type CaptureMode = 'automatic' | 'manual'
export type OnPartial = 'keep' | 'void_all'

export const ORDER_STATUSES = [
  'pending',
  'executing',
  'requires_action',
  'authorised',
  'captured',
  'failed',
  'voided',
  'unknown',
] as const
export type OrderStatus = (typeof ORDER_STATUSES)[number]

export const PAYMENT_STATUSES = [
  'processing',
  'requires_action',
  'authorised',
  'succeeded',
  'partially_succeeded',
  'failed',
  'canceled',
  'partially_refunded',
  'refunded',
] as const
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number]

/** What a caller asks for: validated already, in our types. Strings are well-formed and hold no card number. */
export type NewPayment = {
  readonly idempotencyKey: string
  /** SHA-256 of the canonical parsed body: the same key with another fingerprint is refused. */
  readonly fingerprint: Buffer
  readonly checkoutId: string | undefined
  readonly buyerReference: string
  readonly currency: string
  readonly paymentMethod: string
  readonly chargeMode: ChargeMode
  readonly capture: CaptureMode
  readonly onPartial: OnPartial
  readonly psp: string
  readonly metadata: Readonly<Record<string, string>>
  readonly orders: readonly NewOrder[]
}

export type NewOrder = {
  readonly reference: string | undefined
  readonly seller: string
  readonly amount: bigint
  readonly platformFee: bigint
}
