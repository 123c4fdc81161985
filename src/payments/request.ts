import type { Clock } from '../platform/clock.ts'
import { type Db, statement, type Tx, violatedConstraint } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { newId, publicId } from '../platform/ids.ts'
import { checkoutExists, keyReused, readDispatched } from './accept.ts'
import { againWhenLost } from './again.ts'
import type { Attempt } from './attempt.ts'
import { type Holder, insertAttempts, insertFollowUps, newAttempt } from './follow-up.ts'
import type { CaptureMode, ChargeMode, OnPartial, OrderStatus, PaymentStatus } from './payment.ts'
import { DERIVE_STATUS, LATE_SUCCESS, READ_STANDINGS } from './sql.ts'

/** A request about a payment that exists: capture, cancel, or retry of its failed orders. Ids are UUIDs. */
export type PaymentRequest = {
  readonly endpoint: 'capture' | 'cancel' | 'retry'
  readonly paymentId: string
  readonly idempotencyKey: string
  readonly fingerprint: Buffer
  /** The token for the failed orders, with `retry` only. */
  readonly paymentMethod?: string
}

export type RequestDeps = { readonly db: Db; readonly clock: Clock; readonly holder: () => Holder }

export type RequestResult = { readonly attempts: readonly Attempt[]; readonly replayed: boolean }

type EventRow = {
  id: string
  status: PaymentStatus
  charge_mode: ChargeMode
  capture: CaptureMode
  on_partial: OnPartial
  psp: string
  currency: string
  checkout_id: string | null
}

const LOCK = statement(
  'payments.lock_for_request',
  'select id, status, charge_mode, capture, on_partial, psp, currency, checkout_id from payment_event where id = $1 for update',
)

const FIND_REQUEST = statement(
  'payments.find_request',
  'select id, payment_event_id, fingerprint from payment_request where endpoint = $1 and idempotency_key = $2',
)

const INSERT_REQUEST = statement(
  'payments.insert_request',
  `insert into payment_request (id, endpoint, idempotency_key, fingerprint, payment_event_id, requested_at)
   values ($1, $2, $3, $4, $5, $6)`,
)

// An order whose charge was captured after all is paid for: its money waits in suspense, and no second charge is made.
const FAILED_ORDERS = statement(
  'payments.failed_orders',
  `select o.id, o.amount from payment_order o
    where o.payment_event_id = $1 and o.status = 'failed'
      and ${LATE_SUCCESS('o.charge_attempt_id')} is null
    order by o.position`,
)

const PUT_ON_NEW_CHARGE = statement(
  'payments.put_on_new_charge',
  `update payment_order o set charge_attempt_id = c.charge_id, status = 'executing'
     from unnest($1::uuid[], $2::uuid[]) as c (order_id, charge_id) where o.id = c.order_id`,
)

const FIND_LIVE = statement('payments.find_live_checkout', `select id from payment_event where live_checkout_id = $1`)

/**
 * Stores a request about a payment and the attempts that carry it out, or refuses it and changes nothing. The same key
 * and body again find the request and change nothing either. Throws `not_found`, `payment_state`,
 * `idempotency_key_reused`, `checkout_exists`.
 */
export function handleRequest(deps: RequestDeps, request: PaymentRequest): Promise<RequestResult> {
  const id = newId()
  return againWhenLost(() => once(deps, id, request))
}

async function once(deps: RequestDeps, id: string, request: PaymentRequest): Promise<RequestResult> {
  try {
    return await deps.db.transaction((tx) => inTransaction(tx, deps, id, request))
  } catch (error) {
    const constraint = violatedConstraint(error)
    // Another node stored the same key at the same time: this one is the replay.
    if (constraint === 'payment_request_key_once')
      return deps.db.transaction((tx) => inTransaction(tx, deps, id, request))
    if (constraint === 'payment_event_live_checkout') throw await checkoutTaken(deps.db, request.paymentId)
    throw error
  }
}

async function inTransaction(tx: Tx, deps: RequestDeps, id: string, request: PaymentRequest): Promise<RequestResult> {
  const { endpoint, paymentId, idempotencyKey, fingerprint } = request
  const [event] = await tx.run<EventRow>(LOCK, [paymentId])
  const [earlier] = await tx.run<{ id: string; payment_event_id: string; fingerprint: Buffer }>(FIND_REQUEST, [
    endpoint,
    idempotencyKey,
  ])
  // This very request: an earlier try committed, and its answer was lost with the connection.
  if (earlier?.id === id) return { attempts: await readDispatched(tx, [paymentId]), replayed: false }
  if (earlier !== undefined) {
    if (earlier.payment_event_id !== paymentId || !earlier.fingerprint.equals(fingerprint)) {
      throw keyReused(earlier.payment_event_id)
    }
    return { attempts: [], replayed: true }
  }
  if (event === undefined) throw new Refusal('not_found', `There is no payment ${publicId('pay', paymentId)}.`)
  const now = deps.clock.now()
  const by = { now, holder: deps.holder() }
  const attempts =
    endpoint === 'retry'
      ? await retryFailed(tx, by, event, request.paymentMethod ?? '')
      : await followUp(tx, by, event, endpoint === 'capture' ? 'capture' : 'void')
  await tx.run(INSERT_REQUEST, [id, endpoint, idempotencyKey, fingerprint, paymentId, now])
  await tx.run(DERIVE_STATUS, [[paymentId]])
  return { attempts, replayed: false }
}

type By = { readonly now: Date; readonly holder: Holder }

async function followUp(tx: Tx, by: By, event: EventRow, operation: 'capture' | 'void'): Promise<readonly Attempt[]> {
  const standings = await tx.run<{ chargeId: string; status: OrderStatus }>(READ_STANDINGS, [[event.id]])
  const held = operation === 'capture' ? ['authorised'] : ['authorised', 'requires_action']
  const chargeIds = new Set(standings.filter((order) => held.includes(order.status)).map((order) => order.chargeId))
  if (event.status === 'processing' || chargeIds.size === 0) {
    const needed =
      operation === 'capture' ? 'an authorised order' : 'an order that is authorised or waits for its buyer'
    throw new Refusal(
      'payment_state',
      `The payment is ${event.status}; this needs ${needed} and nothing still in progress.`,
      {
        facts: { status: event.status },
      },
    )
  }
  return insertFollowUps(
    tx,
    by,
    [...chargeIds].map((chargeId) => ({ operation, chargeId })),
  )
}

async function retryFailed(tx: Tx, by: By, event: EventRow, paymentMethod: string): Promise<readonly Attempt[]> {
  refuseRetry(event)
  const orders = await tx.run<{ id: string; amount: bigint }>(FAILED_ORDERS, [event.id])
  if (orders.length === 0) {
    throw new Refusal(
      'payment_state',
      'The PSP captured the failed orders after all: their money waits in suspense, and charging again would take it twice.',
      { facts: { status: event.status } },
    )
  }
  const plan = {
    paymentId: event.id,
    operation: 'charge' as const,
    psp: event.psp,
    paymentMethod,
    capture: event.capture,
    currency: event.currency,
  }
  const total = orders.reduce((sum, order) => sum + order.amount, 0n)
  const attempts =
    event.charge_mode === 'single'
      ? [newAttempt(by, { ...plan, orderId: undefined, amount: total })]
      : orders.map((order) => newAttempt(by, { ...plan, orderId: order.id, amount: order.amount }))
  await insertAttempts(tx, by, attempts)
  const charges = orders.map((_, index) => (attempts[index] ?? attempts[0])?.id)
  await tx.run(PUT_ON_NEW_CHARGE, [orders.map((order) => order.id), charges])
  return attempts
}

function refuseRetry(event: EventRow): void {
  if (event.status !== 'failed' && event.status !== 'partially_succeeded') {
    throw new Refusal(
      'payment_state',
      `The payment is ${event.status}; only the failed orders of a failed or partially succeeded payment are retried.`,
      {
        facts: { status: event.status },
      },
    )
  }
  if (event.on_partial === 'void_all') {
    throw new Refusal(
      'payment_state',
      'An all-or-nothing payment failed as a whole; create a new payment for the checkout.',
      {
        facts: { status: event.status },
      },
    )
  }
}

async function checkoutTaken(db: Db, paymentId: string): Promise<Refusal> {
  const [event] = await db.query<{ checkout_id: string }>('select checkout_id from payment_event where id = $1', [
    paymentId,
  ])
  const checkoutId = event?.checkout_id ?? ''
  const [live] = await db.run<{ id: string }>(FIND_LIVE, [checkoutId])
  return checkoutExists(checkoutId, live?.id ?? paymentId)
}
