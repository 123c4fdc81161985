import assert from 'node:assert/strict'
import type { Queryable } from '../platform/db.ts'
import { IN_FLIGHT } from './in-flight.ts'
import { PAYMENT_STATUSES, type Payment, type PaymentStatus } from './payment.ts'
import { getPayments } from './read.ts'

export type PaymentFilter = {
  readonly status?: PaymentStatus | undefined
  readonly seller?: string | undefined
  readonly checkoutId?: string | undefined
  readonly createdGte?: Date | undefined
  readonly createdLt?: Date | undefined
  readonly limit: number
  /** Id of the last payment of the page before. */
  readonly after?: string | undefined
}

export type PaymentPage = { readonly data: readonly Payment[]; readonly hasMore: boolean }

// An id is made a moment before its payment is stored; clocks of nodes differ by less.
const SLACK_MS = 60_000

/**
 * A page of payments, newest first. Ids are time-ordered, so that a page stays the same while new payments come, and so
 * that a range of creation times is a range of ids: business time less the clock's offset, which never shrinks.
 */
export async function listPayments(db: Queryable, filter: PaymentFilter, clockOffsetMs: number): Promise<PaymentPage> {
  const { createdGte, createdLt } = filter
  const values: unknown[] = []
  const parameter = (value: unknown): string => `$${values.push(value)}`
  const when = (value: unknown, condition: (parameter: string) => string): string[] =>
    value === undefined ? [] : [condition(parameter(value))]
  const newest = createdLt && firstIdAt(createdLt.getTime() + SLACK_MS)
  const oldest = createdGte && firstIdAt(createdGte.getTime() - clockOffsetMs - SLACK_MS)
  const ids = (column: string): string[] => [
    ...when(filter.after, (p) => `${column} < ${p}::uuid`),
    ...when(newest, (p) => `${column} < ${p}::uuid`),
    ...when(oldest, (p) => `${column} >= ${p}::uuid`),
  ]
  const conditions = [
    ...when(createdGte, (p) => `e.created_at >= ${p}`),
    ...when(createdLt, (p) => `e.created_at < ${p}`),
    ...when(filter.checkoutId, (p) => `e.checkout_id = ${p}`),
    ...(filter.status === undefined ? [] : [hasStatus(filter.status)]),
  ]
  const from =
    filter.seller === undefined
      ? 'payment_event e'
      : `(${ordersOf(parameter(filter.seller), ids('payment_event_id'))}) o join payment_event e on e.id = o.id`
  if (filter.seller === undefined) conditions.push(...ids('e.id'))
  const order = filter.seller === undefined ? 'e.id' : 'o.id'
  const rows = await db.query<{ id: string }>(
    `select e.id from ${from}${conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`}
      order by ${order} desc limit ${parameter(filter.limit + 1)}`,
    values,
  )
  const page = rows.slice(0, filter.limit).map((row) => row.id)
  return { data: await getPayments(db, page), hasMore: rows.length > filter.limit }
}

/** Read from the newest on, until the page is full: a seller may have millions. */
const ordersOf = (seller: string, ids: readonly string[]): string =>
  `select distinct payment_event_id as id from payment_order
    where ${[`seller = ${seller}`, ...ids].join(' and ')} order by payment_event_id desc`

/**
 * Written out, because how many payments have a status differs by a factor of thousands, and the plan with it. What is
 * processing is found by its attempts in flight (invariant `open_orders_are_looked_after`), what has succeeded by
 * reading from the newest on, everything else by an index of its own.
 */
function hasStatus(status: PaymentStatus): string {
  assert(PAYMENT_STATUSES.includes(status), 'a status is one of ours')
  if (status === 'succeeded') return `e.status = '${status}'`
  if (status !== 'processing') return `e.exceptional_status = '${status}'`
  return `e.status = '${status}' and e.id = any(array(select a.payment_event_id from (${IN_FLIGHT}) a))`
}

/** The smallest UUIDv7 of that instant. */
function firstIdAt(ms: number): string {
  const hex = Math.max(0, ms).toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7000-8000-000000000000`
}
