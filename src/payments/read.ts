import { type Queryable, statement } from '../platform/db.ts'
import { type DeclineRow, declineOf } from './attempt.ts'
import type {
  CaptureMode,
  ChargeMode,
  OnPartial,
  OrderStatus,
  Payment,
  PaymentOrder,
  PaymentStatus,
} from './payment.ts'

/**
 * Events with their orders in one statement, because two would see two moments: a payment that has succeeded with orders
 * that are still executing. What an event has once, and may be long, comes with its first order only.
 */
const GET = statement(
  'payments.get',
  `select e.id, e.status, e.amount, e.currency, e.charge_mode, e.capture, e.on_partial, e.created_at, e.psp,
          case when o.position = 1 then e.metadata end as metadata,
          case when o.position = 1 then e.checkout_id end as checkout_id,
          case when o.position = 1 then e.buyer_reference end as buyer_reference,
          case when o.position = 1 then e.payment_method end as payment_method,
          o.id as order_id, o.reference, o.seller, o.amount as order_amount, o.platform_fee, o.status as order_status,
          o.captured_at, a.psp as order_psp, a.psp_reference, a.action_url, a.decline_code, a.decline_network_code,
          a.decline_advice, a.decline_message
     from payment_event e
     join payment_order o on o.payment_event_id = e.id
     join attempt a on a.id = o.charge_attempt_id
    where e.id = any($1::uuid[])
    order by e.id, o.position`,
)

type EventRow = {
  id: string
  status: PaymentStatus
  checkout_id: string | null
  buyer_reference: string
  amount: bigint
  currency: string
  payment_method: string
  charge_mode: ChargeMode
  capture: CaptureMode
  on_partial: OnPartial
  psp: string
  metadata: Record<string, string>
  created_at: Date
}

type OrderRow = {
  order_id: string
  reference: string | null
  seller: string
  order_amount: bigint
  platform_fee: bigint
  order_status: OrderStatus
  captured_at: Date | null
  order_psp: string
  psp_reference: string | null
  action_url: string | null
} & DeclineRow

/** Payments by id, in the order of the ids; an id that is not there is left out. */
export async function getPayments(db: Queryable, ids: readonly string[]): Promise<readonly Payment[]> {
  if (ids.length === 0) return []
  const rows = await db.run<EventRow & OrderRow>(GET, [ids])
  const rowsOf = Map.groupBy(rows, (row) => row.id)
  return ids.flatMap((id) => {
    const [first, ...rest] = rowsOf.get(id) ?? []
    return first === undefined ? [] : [paymentOf(first, [first, ...rest])]
  })
}

function paymentOf(event: EventRow, orders: readonly OrderRow[]): Payment {
  return {
    id: event.id,
    status: event.status,
    checkoutId: event.checkout_id ?? undefined,
    buyerReference: event.buyer_reference,
    amount: event.amount,
    currency: event.currency,
    paymentMethod: event.payment_method,
    chargeMode: event.charge_mode,
    capture: event.capture,
    onPartial: event.on_partial,
    psp: event.psp,
    metadata: event.metadata,
    orders: orders.map(orderOf),
    createdAt: event.created_at,
  }
}

function orderOf(row: OrderRow): PaymentOrder {
  return {
    id: row.order_id,
    reference: row.reference ?? undefined,
    seller: row.seller,
    amount: row.order_amount,
    platformFee: row.platform_fee,
    status: row.order_status,
    psp: row.order_psp,
    pspReference: row.psp_reference ?? undefined,
    decline: row.order_status === 'failed' ? declineOf(row) : undefined,
    actionUrl: row.order_status === 'requires_action' ? (row.action_url ?? undefined) : undefined,
    capturedAt: row.captured_at ?? undefined,
  }
}
