import type { Payment, PaymentOrder, TimelineItem, Whereabouts } from '../payments/index.ts'
import type { ApiKey } from '../platform/auth/index.ts'
import { publicId } from '../platform/ids.ts'
import type { StatementLine } from '../wallet/index.ts'
import { numberForBigint } from './problem.ts'
import type { EntryBody } from './schemas/ledger.ts'
import type { PaymentBody } from './schemas/payment.ts'
import type { JournalEntry } from './services.ts'

/** The wire forms of what the modules give: snake_case, public ids, RFC 3339 instants. */

/** Assigned field by field and not spread: this runs for every payment that is created. */
export function paymentBody(payment: Payment): PaymentBody {
  const body: PaymentBody = {
    id: publicId('pay', payment.id),
    object: 'payment',
    status: payment.status,
    buyer: { reference: payment.buyerReference },
    amount: payment.amount,
    currency: payment.currency,
    payment_method: payment.paymentMethod,
    charge_mode: payment.chargeMode,
    capture: payment.capture,
    on_partial: payment.onPartial,
    psp: payment.psp,
    orders: payment.orders.map(orderBody),
    metadata: payment.metadata,
    created_at: payment.createdAt.toISOString(),
  }
  if (payment.checkoutId !== undefined) body.checkout_id = payment.checkoutId
  return body
}

function orderBody(order: PaymentOrder): PaymentBody['orders'][number] {
  const body: PaymentBody['orders'][number] = {
    id: publicId('po', order.id),
    seller: order.seller,
    amount: order.amount,
    platform_fee: order.platformFee,
    status: order.status,
    psp: order.psp,
  }
  if (order.reference !== undefined) body.reference = order.reference
  if (order.pspReference !== undefined) body.psp_reference = order.pspReference
  if (order.decline !== undefined) body.decline = declineBody(order.decline)
  if (order.status === 'requires_action' && order.actionUrl !== undefined) {
    body.next_action = { type: 'redirect', url: order.actionUrl }
  }
  return body
}

const declineBody = ({ code, networkCode, advice, message }: NonNullable<PaymentOrder['decline']>) => ({
  code,
  ...(networkCode === undefined ? {} : { network_code: networkCode }),
  advice,
  message,
})

export const timelineBody = (items: readonly TimelineItem[]) => ({
  data: items.map(({ at, kind, orderId, detail }) => ({
    at: at.toISOString(),
    kind,
    ...(orderId === undefined ? {} : { order: publicId('po', orderId) }),
    detail: withoutBigint(detail),
  })),
})

/** A detail may hold amounts, which are bigint with us and JSON integers outside. */
const withoutBigint = (detail: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  JSON.parse(JSON.stringify(detail, numberForBigint))

export const whereaboutsBody = ({ sentence, steps }: Whereabouts) => ({
  sentence,
  steps: steps.map(({ at, ...step }) => ({ ...step, ...(at === undefined ? {} : { at: at.toISOString() }) })),
})

export const entryBody = (entry: JournalEntry): EntryBody => ({
  id: publicId('je', entry.id),
  object: 'journal_entry',
  kind: entry.kind,
  ...(entry.reference === undefined ? {} : { reference: entry.reference }),
  ...(entry.paymentId === undefined ? {} : { payment: publicId('pay', entry.paymentId) }),
  ...(entry.orderId === undefined ? {} : { order: publicId('po', entry.orderId) }),
  ...(entry.reverses === undefined ? {} : { reverses: publicId('je', entry.reverses) }),
  occurred_at: entry.occurredAt.toISOString(),
  booked_at: entry.bookedAt.toISOString(),
  accounting_date: entry.accountingDate,
  postings: [...entry.postings],
})

export const statementLineBody = (line: StatementLine) => ({
  at: line.at.toISOString(),
  entry: publicId('je', line.entryId),
  kind: line.kind,
  ...(line.paymentId === null ? {} : { payment: publicId('pay', line.paymentId) }),
  ...(line.orderId === null ? {} : { order: publicId('po', line.orderId) }),
  bucket: line.bucket,
  amount: line.amount,
  currency: line.currency,
})

export const apiKeyBody = (apiKey: ApiKey) => ({
  id: publicId('key', apiKey.id),
  name: apiKey.name,
  prefix: apiKey.prefix,
  scopes: [...apiKey.scopes],
  mode: apiKey.mode,
  created_at: apiKey.createdAt.toISOString(),
  ...(apiKey.revokedAt === undefined ? {} : { revoked_at: apiKey.revokedAt.toISOString() }),
  ...(apiKey.lastUsedAt === undefined ? {} : { last_used_at: apiKey.lastUsedAt.toISOString() }),
})
