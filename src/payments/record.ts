import assert from 'node:assert/strict'
import { type AccountDirectory, type NewEntry, postEntries } from '../ledger/index.ts'
import type { Clock } from '../platform/clock.ts'
import { toArray, toColumns } from '../platform/columns.ts'
import type { Db, Tx } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import type { PspTraits } from '../psp/psp.ts'
import { creditPending } from '../wallet/index.ts'
import { type Attempt, type AttemptRow, attemptOf, isFinished } from './attempt.ts'
import { type AttemptChange, changeOf } from './attempt-change.ts'
import { apply, type ChargeInFlight, inFlight, type Report } from './charge.ts'
import { captureEntry, lateSuccessEntry, pendingCredit, type Sale } from './entries.ts'
import { type FirstCapture, firstCaptures, lockOnly, Overtaken, salesOf, writeFirstCaptures } from './first-capture.ts'
import { type Holder, insertFollowUps } from './follow-up.ts'
import { nextSteps, type OrderStanding } from './next-steps.ts'
import type { CaptureMode, OnPartial, OrderStatus } from './payment.ts'
import {
  DERIVE_STATUS,
  INSERT_STEPS,
  LOCK_EVENTS,
  READ_ATTEMPTS,
  READ_ORDERS_OF_CHARGES,
  READ_STANDINGS,
  UPDATE_ATTEMPTS,
  UPDATE_ORDERS,
} from './sql.ts'

export type RecordDeps = {
  readonly db: Db
  readonly directory: AccountDirectory
  readonly clock: Clock
  readonly holder: () => Holder
  readonly traitsOf: (psp: string) => Pick<PspTraits, 'consistencyWindowMs' | 'keyRetentionMs'>
}

type EventRow = { id: string; capture: CaptureMode; on_partial: OnPartial }
type OrderRow = {
  id: string
  payment_event_id: string
  seller: string
  amount: bigint
  platform_fee: bigint
  currency: string
  status: OrderStatus
  charge_attempt_id: string
}

/**
 * Commits what was learned about charges, in one transaction: attempts, orders, payments, wallets, journal entries and
 * the hash chain move together or not at all. Gives the attempts that this makes necessary (captures and voids of an
 * all-or-nothing payment), already durable as dispatched by this node.
 *
 * Safe to repeat: a report that was recorded before finds the state it made and changes nothing.
 */
export async function recordReports(deps: RecordDeps, reports: readonly Report[]): Promise<readonly Attempt[]> {
  const now = deps.clock.now()
  const { captures, rest } = firstCaptures(reports, (psp) => ({
    now,
    traits: deps.traitsOf(psp),
    capture: 'automatic',
  }))
  if (captures.length > 0) {
    try {
      return await deps.db.transaction((tx) => recordIn(tx, { ...deps, now }, captures, rest))
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error
    }
  }
  return deps.db.transaction((tx) => recordIn(tx, { ...deps, now }, [], reports))
}

async function recordIn(
  tx: Tx,
  deps: RecordDeps & { readonly now: Date },
  captures: readonly FirstCapture[],
  reports: readonly Report[],
): Promise<readonly Attempt[]> {
  const { now } = deps
  const paymentIds = [...new Set([...captures.map(({ charge }) => charge.paymentId), ...reports.map(idOfPayment)])]
  if (reports.length === 0) {
    const sales = salesOf(captures)
    await Promise.all([
      lockOnly(tx, paymentIds),
      writeFirstCaptures(tx, captures, now),
      creditPending(tx, sales.map(pendingCredit)),
    ])
    await postEntries(tx, deps.directory, sales.map(captureEntry), now)
    await tx.run(DERIVE_STATUS, [toArray(paymentIds)])
    return []
  }
  // In one flight; what is read is read behind the lock.
  const [locked, { charges, orders }] = await Promise.all([
    tx.run<EventRow>(LOCK_EVENTS, [toArray(paymentIds)]),
    readCharges(tx, [...new Set(reports.map((report) => report.chargeId))]),
    writeFirstCaptures(tx, captures, now),
  ])
  const events = new Map(locked.map((row) => [row.id, row]))
  applyAll(deps, reports, { charges, events })
  const states = [...charges.values()]
  const { sales: told, lateSuccesses } = bookings(states, orders)
  const sales = [...salesOf(captures), ...told]
  // Wallets before the ledger: the wallet rows are the ones that other batches may wait for.
  await Promise.all([
    writeAttempts(tx, states, now),
    writeOrders(tx, states),
    writeSteps(tx, states, now),
    creditPending(tx, sales.map(pendingCredit)),
  ])
  await postEntries(tx, deps.directory, [...lateSuccesses, ...sales.map(captureEntry)], now)
  const followUps = [...lateVoids(states), ...(await allOrNothing(tx, events, states))]
  const created = await insertFollowUps(tx, { now, holder: deps.holder() }, followUps)
  const moved = states.filter((state) => state.ordersChanged).map((state) => state.charge.before.paymentId)
  const derived = new Set([...captures.map(({ charge }) => charge.paymentId), ...moved, ...created.map(idOfPayment)])
  if (derived.size > 0) await tx.run(DERIVE_STATUS, [toArray([...derived])])
  return created
}

const idOfPayment = ({ paymentId }: { readonly paymentId: string }): string => paymentId

function applyAll(
  deps: RecordDeps & { readonly now: Date },
  reports: readonly Report[],
  { charges, events }: { charges: ReadonlyMap<string, ChargeInFlight>; events: ReadonlyMap<string, EventRow> },
): void {
  for (const report of reports) {
    const charge = charges.get(report.chargeId)
    const event = events.get(report.paymentId)
    assert(charge !== undefined && event !== undefined, `charge ${report.chargeId} exists`)
    assert(charge.charge.before.paymentId === event.id, `charge ${report.chargeId} is of payment ${report.paymentId}`)
    apply(charge, report, { now: deps.now, traits: deps.traitsOf(charge.charge.before.psp), capture: event.capture })
  }
}

async function readCharges(
  tx: Tx,
  chargeIds: readonly string[],
): Promise<{ charges: Map<string, ChargeInFlight>; orders: readonly OrderRow[] }> {
  const ids = toArray(chargeIds)
  const [rows, orders] = await Promise.all([
    tx.run<AttemptRow & { late_booked: boolean }>(READ_ATTEMPTS, [ids]),
    tx.run<OrderRow>(READ_ORDERS_OF_CHARGES, [ids]),
  ])
  const standing = new Map(orders.map((order) => [order.charge_attempt_id, order.status]))
  const followUps = Map.groupBy(
    rows.filter((row) => row.operation !== 'charge'),
    (row) => row.charge_attempt_id,
  )
  const charges = new Map<string, ChargeInFlight>()
  for (const row of rows) {
    if (row.operation !== 'charge') continue
    const known = {
      followUps: (followUps.get(row.id) ?? []).map((followUp) => changeOf(attemptOf(followUp))),
      orders: standing.get(row.id) ?? ('superseded' as const),
      lateSuccessBooked: row.late_booked,
    }
    charges.set(row.id, inFlight(attemptOf(row), known))
  }
  return { charges, orders }
}

async function writeAttempts(tx: Tx, states: readonly ChargeInFlight[], now: Date): Promise<void> {
  const changed = states.flatMap((state) => [state.charge, ...state.followUps]).filter((attempt) => attempt.changed)
  if (changed.length === 0) return
  await tx.run(UPDATE_ATTEMPTS, [now, ...toColumns(13, changed.map(attemptRow))])
}

function attemptRow(attempt: AttemptChange): readonly unknown[] {
  const { decline } = attempt
  return [
    attempt.before.id,
    attempt.status,
    attempt.pspReference,
    attempt.actionUrl,
    decline?.code,
    decline?.networkCode,
    decline?.advice,
    decline?.message,
    attempt.unknownCause,
    attempt.ambiguous,
    attempt.lookUps,
    attempt.lastSentAt,
    isFinished(attempt.status) ? null : attempt.dueInMs,
  ]
}

async function writeOrders(tx: Tx, states: readonly ChargeInFlight[]): Promise<void> {
  const changed = states.filter((state) => state.ordersChanged)
  if (changed.length === 0) return
  const rows = changed.map((state) => [state.charge.before.id, state.orders, state.capturedAt])
  await tx.run(UPDATE_ORDERS, toColumns(3, rows))
}

async function writeSteps(tx: Tx, states: readonly ChargeInFlight[], now: Date): Promise<void> {
  const rows = states.flatMap(({ charge, steps }) =>
    steps.map((step) => [newId(), charge.before.paymentId, step.attemptId, step.kind, JSON.stringify(step.detail)]),
  )
  if (rows.length > 0) await tx.run(INSERT_STEPS, [now, ...toColumns(5, rows)])
}

/** What has to be booked: orders that were captured, and money that came after its order had failed. */
function bookings(
  states: readonly ChargeInFlight[],
  orders: readonly OrderRow[],
): { readonly sales: readonly Sale[]; readonly lateSuccesses: readonly NewEntry[] } {
  const capturedAt = new Map<string, Date>()
  const lateSuccesses: NewEntry[] = []
  for (const { charge, effects } of states) {
    for (const effect of effects) {
      if (effect.effect === 'capture') capturedAt.set(charge.before.id, effect.occurredAt)
      if (effect.effect === 'late_success') {
        const { chargeId, paymentId, orderId, psp, amount, currency } = charge.before
        lateSuccesses.push(
          lateSuccessEntry({ chargeId, paymentId, orderId, psp, amount, currency, occurredAt: effect.occurredAt }),
        )
      }
    }
  }
  const psps = new Map(states.map((state) => [state.charge.before.id, state.charge.before.psp]))
  const sales = orders.flatMap((order): Sale[] => {
    const at = capturedAt.get(order.charge_attempt_id)
    const psp = psps.get(order.charge_attempt_id)
    if (at === undefined || psp === undefined) return []
    const { id, payment_event_id, seller, amount, platform_fee, currency } = order
    return [
      {
        orderId: id,
        paymentId: payment_event_id,
        psp,
        seller,
        amount,
        platformFee: platform_fee,
        currency,
        capturedAt: at,
      },
    ]
  })
  return { sales, lateSuccesses }
}

type FollowUp = { readonly operation: 'capture' | 'void'; readonly chargeId: string }

const lateVoids = (states: readonly ChargeInFlight[]): FollowUp[] =>
  states.flatMap(({ charge, effects }) =>
    effects
      .filter((effect) => effect.effect === 'void')
      .map(() => ({ operation: 'void' as const, chargeId: charge.before.id })),
  )

async function allOrNothing(
  tx: Tx,
  events: ReadonlyMap<string, EventRow>,
  states: readonly ChargeInFlight[],
): Promise<FollowUp[]> {
  const moved = new Set(states.filter((state) => state.ordersChanged).map((state) => state.charge.before.paymentId))
  const concerned = [...moved].filter((id) => events.get(id)?.on_partial === 'void_all')
  if (concerned.length === 0) return []
  const rows = await tx.run<OrderStanding & { paymentId: string }>(READ_STANDINGS, [concerned])
  const byPayment = Map.groupBy(rows, (row) => row.paymentId)
  return [...byPayment].flatMap(([paymentId, standings]) => {
    const event = events.get(paymentId)
    if (event === undefined) return []
    const next = nextSteps({ onPartial: event.on_partial, capture: event.capture }, standings)
    return next === undefined ? [] : next.orders.map(({ chargeId }) => ({ operation: next.step, chargeId }))
  })
}
