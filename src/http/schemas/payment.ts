import { type Static, Type } from 'typebox'
import { ORDER_STATUSES, PAYMENT_STATUSES } from '../../payments/index.ts'
import {
  AmountIn,
  AmountOut,
  CurrencyIn,
  CurrencyOut,
  closed,
  Instant,
  Metadata,
  OneOf,
  pageParameters,
  Replayed,
  refTo,
  Text,
} from './common.ts'

export const ORDERS_MAX = 1_000
export const BATCH_PAYMENTS_MAX = 1_000
export const BATCH_ORDERS_MAX = 10_000

/** In a path, these are no names: every client takes them out. */
const NO_DOTS = '^(?!\\.{1,2}$)'

const NewOrderSchema = Type.Object(
  {
    reference: Type.Optional(Text('Your reference of the order; unique within the payment.')),
    seller: Text(
      'Your id of the seller, not "." or "..": it is a part of the path of the wallet, which the first sale creates.',
      { pattern: NO_DOTS, examples: ['seller_ana'] },
    ),
    amount: AmountIn('What the buyer pays for this seller, in minor units of the currency.'),
    platform_fee: Type.Optional(AmountIn('Your commission out of the amount, in minor units. Omitted: 0.', 0)),
  },
  closed,
)

export const PaymentMethod = Text("The PSP's token of the buyer's payment method. Never a card number.", {
  examples: ['pm_test_visa'],
})

const newPaymentFields = {
  checkout_id: Type.Optional(
    Text('Your id of the checkout. A checkout has at most one payment that is not failed or canceled.'),
  ),
  buyer: Type.Object({ reference: Text('Your id of the buyer.', { examples: ['buyer_7'] }) }, closed),
  currency: CurrencyIn(),
  payment_method: PaymentMethod,
  charge_mode: Type.Optional(
    OneOf(['per_order', 'single'], 'One charge for each order (default), or one for all of them.'),
  ),
  capture: Type.Optional(OneOf(['automatic', 'manual'], 'Capture with the charge (default), or authorise only.')),
  on_partial: Type.Optional(
    OneOf(['keep', 'void_all'], 'When some orders fail: keep the others (default), or give everything back.'),
  ),
  psp: Type.Optional(Text('The PSP account. Omitted: the default one.', { examples: ['simulator'] })),
  orders: Type.Array(NewOrderSchema, {
    minItems: 1,
    maxItems: ORDERS_MAX,
    description: 'One order for each seller, 1 to 1,000.',
  }),
  metadata: Type.Optional(Metadata()),
}

export const NewPaymentSchema = Type.Object(newPaymentFields, {
  ...closed,
  examples: [
    {
      checkout_id: 'chk_1001',
      buyer: { reference: 'buyer_7' },
      currency: 'EUR',
      payment_method: 'pm_test_visa',
      orders: [
        { seller: 'seller_ana', amount: 1250, platform_fee: 125 },
        { seller: 'seller_ben', amount: 4999, platform_fee: 500 },
      ],
    },
  ],
})
export type NewPaymentBody = Static<typeof NewPaymentSchema>

export const BatchItemSchema = Type.Object(
  {
    idempotency_key: Type.Optional(
      Text('The key of this payment. Omitted: the `Idempotency-Key` of the request, a colon and the position.'),
    ),
    ...newPaymentFields,
  },
  closed,
)
export type BatchItemBody = Static<typeof BatchItemSchema>

export const NewBatchSchema = Type.Object(
  {
    payments: Type.Array(BatchItemSchema, {
      minItems: 1,
      maxItems: BATCH_PAYMENTS_MAX,
      description: 'Up to 1,000 payments with up to 10,000 orders in all. Each is accepted or refused on its own.',
    }),
  },
  closed,
)

/** The batch as a whole; its items are validated one by one, so that a bad one does not refuse the others. */
export const BatchEnvelopeSchema = Type.Object(
  { payments: Type.Array(Type.Unknown(), { minItems: 1, maxItems: BATCH_PAYMENTS_MAX }) },
  closed,
)

const DeclineSchema = Type.Object({
  code: Type.String({ examples: ['insufficient_funds'] }),
  network_code: Type.Optional(Type.String()),
  advice: OneOf(['do_not_try_again', 'try_again_later', 'confirm_card_data'], 'What to do with the payment method.'),
  message: Type.String({ description: 'For you, not for the buyer: it may reveal a fraud rule.' }),
})

export const OrderSchema = Type.Object(
  {
    id: Type.String({ examples: ['po_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6'] }),
    reference: Type.Optional(Type.String()),
    seller: Type.String(),
    amount: AmountOut('Minor units.'),
    platform_fee: AmountOut('Minor units.'),
    status: OneOf(ORDER_STATUSES, '`unknown`: the PSP has not told yet whether it charged.'),
    psp: Type.String(),
    psp_reference: Type.Optional(Type.String({ description: "The PSP's id of the charge." })),
    decline: Type.Optional(DeclineSchema),
    next_action: Type.Optional(
      Type.Object({ type: OneOf(['redirect'], 'What the buyer has to do.'), url: Type.String() }),
    ),
  },
  { $id: 'PaymentOrder', description: 'What the buyer pays for one seller.' },
)

export const PaymentSchema = Type.Object(
  {
    id: Type.String({ examples: ['pay_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6'] }),
    object: OneOf(['payment'], 'Always `payment`.'),
    replayed: Type.Optional(Replayed),
    status: OneOf(PAYMENT_STATUSES, 'Derived from the orders.'),
    checkout_id: Type.Optional(Type.String()),
    buyer: Type.Object({ reference: Type.String() }),
    amount: AmountOut('The sum of the orders in minor units.'),
    currency: CurrencyOut(),
    payment_method: Type.String(),
    charge_mode: OneOf(['per_order', 'single'], 'One charge for each order, or one for all.'),
    capture: OneOf(['automatic', 'manual'], 'When the money is taken.'),
    on_partial: OneOf(['keep', 'void_all'], 'What happens when some orders fail.'),
    psp: Type.String(),
    orders: Type.Array(refTo('PaymentOrder', OrderSchema)),
    metadata: Type.Unsafe<Readonly<Record<string, string>>>({
      type: 'object',
      additionalProperties: { type: 'string' },
    }),
    created_at: Instant('When it was stored.'),
  },
  { $id: 'Payment', description: "A payment event: the buyer's checkout with one order for each seller." },
)
export type PaymentBody = Static<typeof PaymentSchema>

export const PaymentListQuery = Type.Object(
  {
    ...pageParameters,
    status: Type.Optional(OneOf(PAYMENT_STATUSES, 'Only payments with this status.')),
    seller: Type.Optional(Text('Only payments with an order of this seller.')),
    checkout_id: Type.Optional(Text('Only payments of this checkout.')),
    'created[gte]': Type.Optional(
      Type.String({ maxLength: 40, description: 'Created at this instant or later (RFC 3339).' }),
    ),
    'created[lt]': Type.Optional(
      Type.String({ maxLength: 40, description: 'Created before this instant (RFC 3339).' }),
    ),
  },
  closed,
)

export const RetrySchema = Type.Object({ payment_method: PaymentMethod }, closed)

export const TimelineSchema = Type.Object({
  data: Type.Array(
    Type.Object({
      at: Instant('Business time.'),
      kind: Type.String({ examples: ['charge.succeeded'] }),
      order: Type.Optional(Type.String({ description: 'The order it happened to.' })),
      detail: Type.Unsafe<Readonly<Record<string, unknown>>>({ type: 'object', additionalProperties: true }),
    }),
  ),
})

export const WhereaboutsSchema = Type.Object({
  sentence: Type.String({ description: 'Where the money is, in a sentence.' }),
  steps: Type.Array(
    Type.Object({
      step: OneOf(['event', 'order', 'charge', 'wallet', 'ledger', 'settlement', 'bank'], 'From Buy to the bank.'),
      state: Type.String(),
      at: Type.Optional(Instant('When it got there.')),
      detail: Type.String(),
    }),
  ),
})
