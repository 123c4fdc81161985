import type { Decline } from '../psp/psp.ts'
import type { CaptureMode, PaymentOrder } from './payment.ts'

export type Operation = 'charge' | 'capture' | 'void'

/**
 * One call to a PSP under one idempotency key, durable before anything is sent.
 *
 *     dispatched ──► succeeded | declined                      (finished)
 *         │
 *         ├────────► pending ───────► succeeded | declined     (the PSP decides later)
 *         ├────────► retry_wait ────► sent again, same key     (proven not executed, or proven absent in the send window)
 *         └────────► unknown ───────► looked up until known    (may have moved money)
 */
export type AttemptStatus = 'dispatched' | 'pending' | 'succeeded' | 'declined' | 'retry_wait' | 'unknown'

export type Attempt = {
  readonly id: string
  readonly paymentId: string
  /** Undefined when one charge stands for all orders of the payment. */
  readonly orderId: string | undefined
  readonly operation: Operation
  /** The charge it speaks of: itself, or the charge that is captured or voided. */
  readonly chargeId: string
  readonly psp: string
  readonly paymentMethod: string
  readonly capture: CaptureMode
  readonly amount: bigint
  readonly currency: string
  readonly status: AttemptStatus
  readonly pspReference: string | undefined
  readonly actionUrl: string | undefined
  readonly ambiguous: boolean
  /** Why it was declined; of a capture or void in flight, what the answer to a later send said (see `charge-facts.ts`). */
  readonly decline: Decline | undefined
  readonly lookUps: number
  readonly sends: number
  /** Business time. */
  readonly createdAt: Date
  readonly lastSentAt: Date
  /** The node that carries it out now. */
  readonly nodeId: number | undefined
  /**
   * The orders that stand on it, known only where it comes straight from being stored as the charge of a payment that
   * keeps what is captured, automatically. What they say here never changes.
   */
  readonly orders?: readonly SoldOrder[] | undefined
}

export type SoldOrder = Pick<PaymentOrder, 'id' | 'seller' | 'amount' | 'platformFee'>

export const isFinished = (status: AttemptStatus): boolean => status === 'succeeded' || status === 'declined'

/** The columns of `attempt` that make an `Attempt`, for a table alias `a`. */
export const ATTEMPT_COLUMNS = `a.id, a.payment_event_id, a.payment_order_id, a.operation, a.charge_attempt_id, a.psp,
  a.payment_method, a.capture, a.amount, a.currency, a.status, a.psp_reference, a.action_url, a.ambiguous, a.look_ups, a.sends,
  a.created_at, a.last_sent_at, a.node_id, a.decline_code, a.decline_network_code, a.decline_advice, a.decline_message`

export type AttemptRow = {
  id: string
  payment_event_id: string
  payment_order_id: string | null
  operation: Operation
  charge_attempt_id: string
  psp: string
  payment_method: string
  capture: CaptureMode
  amount: bigint
  currency: string
  status: AttemptStatus
  psp_reference: string | null
  action_url: string | null
  ambiguous: boolean
  look_ups: number
  sends: number
  created_at: Date
  last_sent_at: Date
  node_id: number | null
} & DeclineRow

export type DeclineRow = {
  decline_code: string | null
  decline_network_code: string | null
  decline_advice: Decline['advice'] | null
  decline_message: string | null
}

export function declineOf(row: DeclineRow): Decline | undefined {
  if (row.decline_code === null || row.decline_advice === null) return undefined
  return {
    code: row.decline_code,
    ...(row.decline_network_code === null ? {} : { networkCode: row.decline_network_code }),
    advice: row.decline_advice,
    message: row.decline_message ?? '',
  }
}

export const attemptOf = (row: AttemptRow): Attempt => ({
  id: row.id,
  paymentId: row.payment_event_id,
  orderId: row.payment_order_id ?? undefined,
  operation: row.operation,
  chargeId: row.charge_attempt_id,
  psp: row.psp,
  paymentMethod: row.payment_method,
  capture: row.capture,
  amount: row.amount,
  currency: row.currency,
  status: row.status,
  pspReference: row.psp_reference ?? undefined,
  actionUrl: row.action_url ?? undefined,
  ambiguous: row.ambiguous,
  decline: declineOf(row),
  lookUps: row.look_ups,
  sends: row.sends,
  createdAt: row.created_at,
  lastSentAt: row.last_sent_at,
  nodeId: row.node_id ?? undefined,
})
