import { toColumns } from '../platform/columns.ts'
import { statement, type Tx } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import { ATTEMPT_COLUMNS, type Attempt, type AttemptRow, attemptOf, type Operation } from './attempt.ts'
import type { CaptureMode } from './payment.ts'
import { INSERT_ATTEMPTS, SET_ORDERS_EXECUTING } from './sql.ts'

/**
 * Who carries out what is stored now. A node that executes takes its own work at once and keeps it for `leaseMs` (real
 * milliseconds); one that only serves the API leaves it, due at once, to the workers: `nodeId` null and 0.
 */
export type Holder = { readonly nodeId: number | null; readonly leaseMs: number }

const READ_CHARGES = statement(
  'payments.read_charges',
  `select ${ATTEMPT_COLUMNS} from attempt a where a.id = any($1::uuid[]) order by a.id`,
)

/** Captures or voids charges: new attempts, durable as dispatched by this node. Orders become `executing`. */
export async function insertFollowUps(
  tx: Tx,
  by: { readonly now: Date; readonly holder: Holder },
  followUps: readonly { readonly operation: 'capture' | 'void'; readonly chargeId: string }[],
): Promise<readonly Attempt[]> {
  if (followUps.length === 0) return []
  const chargeIds = followUps.map((followUp) => followUp.chargeId)
  const charges = new Map((await tx.run<AttemptRow>(READ_CHARGES, [chargeIds])).map((row) => [row.id, attemptOf(row)]))
  const attempts = followUps.flatMap(({ operation, chargeId }): Attempt[] => {
    const charge = charges.get(chargeId)
    return charge === undefined ? [] : [newAttempt(by, { ...charge, operation, chargeId })]
  })
  await insertAttempts(tx, by, attempts)
  // A late void of a charge whose order has failed leaves the order as it is.
  await tx.run(SET_ORDERS_EXECUTING, [chargeIds])
  return attempts
}

export async function insertAttempts(
  tx: Tx,
  by: { readonly now: Date; readonly holder: Holder },
  attempts: readonly Attempt[],
): Promise<void> {
  const rows = attempts.map((attempt) => [
    attempt.id,
    attempt.paymentId,
    attempt.orderId,
    attempt.operation,
    attempt.chargeId,
    attempt.psp,
    attempt.paymentMethod,
    attempt.capture,
    attempt.amount,
    attempt.currency,
    attempt.pspReference,
  ])
  await tx.run(INSERT_ATTEMPTS, [by.now, by.holder.nodeId, by.holder.leaseMs, ...toColumns(11, rows)])
}

/** What an attempt needs to know; a charge is its own charge. */
export type AttemptPlan = {
  readonly paymentId: string
  readonly orderId: string | undefined
  readonly operation: Operation
  readonly chargeId?: string
  readonly psp: string
  readonly paymentMethod: string
  readonly capture: CaptureMode
  readonly amount: bigint
  readonly currency: string
  readonly pspReference?: string | undefined
  readonly orders?: Attempt['orders']
}

/** A new attempt under a new key, as it is right after it was stored. */
export function newAttempt(by: { readonly now: Date; readonly holder: Holder }, plan: AttemptPlan): Attempt {
  const { now, holder } = by
  const id = newId()
  return {
    id,
    paymentId: plan.paymentId,
    orderId: plan.orderId,
    operation: plan.operation,
    chargeId: plan.chargeId ?? id,
    psp: plan.psp,
    paymentMethod: plan.paymentMethod,
    capture: plan.capture,
    amount: plan.amount,
    currency: plan.currency,
    status: 'dispatched',
    pspReference: plan.pspReference,
    actionUrl: undefined,
    ambiguous: false,
    decline: undefined,
    lookUps: 0,
    sends: holder.nodeId === null ? 0 : 1,
    createdAt: now,
    lastSentAt: now,
    nodeId: holder.nodeId ?? undefined,
    orders: plan.orders,
  }
}
