import assert from 'node:assert/strict'
import type { Clock } from '../platform/clock.ts'
import { type Db, type Queryable, statement } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { newId, publicId } from '../platform/ids.ts'
import { typedColumns } from '../platform/typed-columns.ts'
import { ATTEMPT_COLUMNS, type Attempt, type AttemptRow, attemptOf } from './attempt.ts'
import { type Holder, newAttempt } from './follow-up.ts'
import type { NewPayment, Payment, PaymentOrder } from './payment.ts'
import { FIND_CONFLICTS, INSERT_PAYMENTS } from './sql.ts'

/** A payment with the attempts that will charge it, made up in memory before anything is stored. */
export type Draft = { readonly input: NewPayment; readonly payment: Payment; readonly attempts: readonly Attempt[] }

/** What became of a draft: stored, or the payment that has its key already, or a refusal. */
export type Acceptance = Draft | { readonly replayOf: string } | Refusal

/**
 * All-or-nothing payments only authorise first and capture when every order is authorised, so that nothing has to be
 * given back when one of them fails.
 */
const authorisesFirst = (input: NewPayment): boolean =>
  input.capture === 'manual' ||
  (input.onPartial === 'void_all' && input.chargeMode === 'per_order' && input.orders.length > 1)

export function draft(input: NewPayment, by: { readonly now: Date; readonly holder: Holder }): Draft {
  const paymentId = newId()
  const capture = authorisesFirst(input) ? 'manual' : 'automatic'
  const { psp, paymentMethod, currency } = input
  const plan = { paymentId, operation: 'charge' as const, psp, paymentMethod, capture, currency } as const
  const total = input.orders.reduce((sum, order) => sum + order.amount, 0n)
  const orders = input.orders.map(
    (order): PaymentOrder => ({
      ...order,
      id: newId(),
      status: 'executing',
      psp,
      pspReference: undefined,
      decline: undefined,
      actionUrl: undefined,
      capturedAt: undefined,
    }),
  )
  // What an all-or-nothing payment or a manual capture needs next has to be read.
  const sold = capture === 'automatic' && input.onPartial === 'keep'
  const charge = (orderId: string | undefined, amount: bigint, on: readonly PaymentOrder[]): Attempt =>
    newAttempt(by, { ...plan, orderId, amount, orders: sold ? on : undefined })
  const attempts =
    input.chargeMode === 'single'
      ? [charge(undefined, total, orders)]
      : orders.map((order) => charge(order.id, order.amount, [order]))
  const { idempotencyKey: _key, fingerprint: _fingerprint, ...rest } = input
  return {
    input,
    payment: { ...rest, id: paymentId, status: 'processing', amount: total, orders, createdAt: by.now },
    attempts,
  }
}

/**
 * Stores a batch of payments with their orders and attempts, in one statement, before anything is sent. An item whose
 * key or checkout exists already gets the existing payment or a refusal, and leaves the others unharmed.
 */
export async function acceptBatch(
  deps: { readonly db: Db; readonly clock: Clock; readonly holder: () => Holder },
  drafts: readonly Draft[],
): Promise<readonly Acceptance[]> {
  const now = deps.clock.now()
  const holder = deps.holder()
  const rows = await deps.db.run<{ id: string }>(INSERT_PAYMENTS, [
    now,
    ...typedColumns(EVENT_COLUMNS, drafts.map(eventRow)),
    ...typedColumns(ORDER_COLUMNS, drafts.flatMap(orderRows)),
    ...typedColumns(ATTEMPT_ROW_COLUMNS, drafts.flatMap(attemptRows)),
    holder.nodeId,
    holder.leaseMs,
  ])
  const stored = new Set(rows.map((row) => row.id))
  const left = drafts.filter((item) => !stored.has(item.payment.id))
  const conflicts = left.length === 0 ? undefined : await findConflicts(deps.db, left)
  return drafts.map((item) =>
    conflicts === undefined || stored.has(item.payment.id) ? asStored(item, holder, now) : conflicts(item),
  )
}

/** The draft as it was stored: in the hands of the node that this process was, and at the time of that moment. */
function asStored(item: Draft, holder: Holder, now: Date): Draft {
  const nodeId = holder.nodeId ?? undefined
  const attempts = item.attempts.every((attempt) => attempt.nodeId === nodeId)
    ? item.attempts
    : item.attempts.map((attempt) => ({ ...attempt, nodeId }))
  return { ...item, payment: { ...item.payment, createdAt: now }, attempts }
}

type ConflictRow = {
  id: string
  idempotency_key: string
  fingerprint: Buffer
  checkout_id: string | null
  status: string
}

async function findConflicts(db: Db, drafts: readonly Draft[]): Promise<(item: Draft) => Acceptance> {
  const keys = drafts.map((item) => item.input.idempotencyKey)
  const checkouts = drafts.flatMap((item) => item.input.checkoutId ?? [])
  const rows = await db.run<ConflictRow>(FIND_CONFLICTS, [keys, checkouts])
  const dispatched = await readDispatched(
    db,
    drafts.flatMap(({ payment }) => (rows.some((row) => row.id === payment.id) ? payment.id : [])),
  )
  return (item) => {
    const { input } = item
    const sameKey = rows.find((row) => row.idempotency_key === input.idempotencyKey)
    // This very draft: an earlier try committed, and its answer was lost with the connection.
    if (sameKey?.id === item.payment.id) {
      return { ...item, attempts: dispatched.filter((attempt) => attempt.paymentId === item.payment.id) }
    }
    if (sameKey !== undefined) {
      return sameKey.fingerprint.equals(input.fingerprint) ? { replayOf: sameKey.id } : keyReused(sameKey.id)
    }
    const live = (row: ConflictRow): boolean => row.status !== 'failed' && row.status !== 'canceled'
    const sameCheckout = rows.find((row) => row.checkout_id === input.checkoutId && live(row))
    if (sameCheckout !== undefined && input.checkoutId !== undefined)
      return checkoutExists(input.checkoutId, sameCheckout.id)
    // The payment that stood in the way failed between the two statements: the caller may try again at once.
    return new Refusal('request_in_progress', 'Another request for this checkout was just finishing; send it again.', {
      retryAfterSeconds: 1,
    })
  }
}

const DISPATCHED = statement(
  'payments.dispatched',
  `select ${ATTEMPT_COLUMNS} from attempt a where a.payment_event_id = any($1::uuid[]) and a.status = 'dispatched'`,
)

/** What of these payments was handed to a node and has no answer yet, as it is stored. */
export async function readDispatched(db: Queryable, paymentIds: readonly string[]): Promise<readonly Attempt[]> {
  if (paymentIds.length === 0) return []
  return (await db.run<AttemptRow>(DISPATCHED, [paymentIds])).map(attemptOf)
}

export const keyReused = (paymentId: string): Refusal =>
  new Refusal(
    'idempotency_key_reused',
    'This key was used before with another body. Use a new key for a new request.',
    {
      facts: { payment: publicId('pay', paymentId) },
    },
  )

export const checkoutExists = (checkoutId: string, paymentId: string): Refusal =>
  new Refusal(
    'checkout_exists',
    `Checkout "${checkoutId}" has a payment that is not failed or canceled: ${publicId('pay', paymentId)}.`,
    {
      errors: [{ pointer: '/checkout_id', detail: 'A checkout has at most one live payment.' }],
      facts: { payment: publicId('pay', paymentId) },
    },
  )

const texts = (count: number) => Array.from({ length: count }, () => 'text' as const)
const EVENT_COLUMNS = ['uuid', 'text', 'bytea', ...texts(10)] as const
const ORDER_COLUMNS = ['uuid', 'uuid', ...texts(6), 'uuid'] as const
const ATTEMPT_ROW_COLUMNS = ['uuid', 'uuid', 'uuid', ...texts(5)] as const

function eventRow({ input, payment }: Draft): readonly unknown[] {
  return [
    payment.id,
    input.idempotencyKey,
    input.fingerprint,
    input.checkoutId,
    input.buyerReference,
    payment.amount,
    input.currency,
    input.paymentMethod,
    input.chargeMode,
    input.capture,
    input.onPartial,
    input.psp,
    JSON.stringify(input.metadata),
  ]
}

function orderRows({ payment, attempts }: Draft): readonly (readonly unknown[])[] {
  return payment.orders.map((order, index) => {
    const charge = attempts[index] ?? attempts[0]
    assert(charge !== undefined, 'every order has a charge')
    const { id, reference, seller, amount, platformFee } = order
    return [payment.id, id, index + 1, reference, seller, amount, payment.currency, platformFee, charge.id]
  })
}

const attemptRows = ({ attempts }: Draft): readonly (readonly unknown[])[] =>
  attempts.map((attempt) => [
    attempt.id,
    attempt.paymentId,
    attempt.orderId,
    attempt.psp,
    attempt.paymentMethod,
    attempt.capture,
    attempt.amount,
    attempt.currency,
  ])
