import { type Queryable, statement } from '../platform/db.ts'
import { publicId } from '../platform/ids.ts'

/** One thing that happened to a payment. `at` is business time. */
export type TimelineItem = {
  readonly at: Date
  readonly kind: string
  readonly orderId?: string
  readonly detail: Readonly<Record<string, unknown>>
}

const EVENT = statement(
  'payments.timeline_event',
  'select created_at, amount, currency, buyer_reference from payment_event where id = $1',
)

const ATTEMPTS = statement(
  'payments.timeline_attempts',
  `select id, payment_order_id, operation, status, psp, psp_reference, amount, currency, decline_code, decline_message,
          created_at, finished_at
     from attempt where payment_event_id = $1 order by id`,
)

const STEPS = statement(
  'payments.timeline_steps',
  `select s.at, s.kind, s.detail, s.attempt_id, a.payment_order_id
     from attempt_step s join attempt a on a.id = s.attempt_id where s.payment_event_id = $1 order by s.id`,
)

const REQUESTS = statement(
  'payments.timeline_requests',
  'select endpoint, requested_at from payment_request where payment_event_id = $1 order by id',
)

const ENTRIES = statement(
  'payments.timeline_entries',
  'select id, kind, payment_order_id, booked_at, accounting_date from journal_entry where payment_event_id = $1 order by id',
)

type AttemptRow = {
  id: string
  payment_order_id: string | null
  operation: string
  status: string
  psp: string
  psp_reference: string | null
  amount: bigint
  currency: string
  decline_code: string | null
  decline_message: string | null
  created_at: Date
  finished_at: Date | null
}
type StepRow = {
  at: Date
  kind: string
  detail: Record<string, string>
  attempt_id: string
  payment_order_id: string | null
}
type EntryRow = { id: string; kind: string; payment_order_id: string | null; booked_at: Date; accounting_date: string }

/** Everything that happened to a payment, oldest first, told from what is stored; undefined when there is no such payment. */
export async function paymentTimeline(db: Queryable, paymentId: string): Promise<readonly TimelineItem[] | undefined> {
  const [events, attempts, steps, requests, entries] = await Promise.all([
    db.run<{ created_at: Date; amount: bigint; currency: string; buyer_reference: string }>(EVENT, [paymentId]),
    db.run<AttemptRow>(ATTEMPTS, [paymentId]),
    db.run<StepRow>(STEPS, [paymentId]),
    db.run<{ endpoint: string; requested_at: Date }>(REQUESTS, [paymentId]),
    db.run<EntryRow>(ENTRIES, [paymentId]),
  ])
  const [event] = events
  if (event === undefined) return undefined
  const { created_at: at, amount, currency, buyer_reference } = event
  const items: TimelineItem[] = [
    { at, kind: 'payment.created', detail: { amount, currency, buyer_reference } },
    ...requests.map((row) => ({ at: row.requested_at, kind: `payment.${row.endpoint}_requested`, detail: {} })),
    ...attempts.flatMap(attemptItems),
    ...steps.map((row) => ({
      at: row.at,
      kind: row.kind,
      ...orderOf(row),
      detail: { attempt: publicId('att', row.attempt_id), ...row.detail },
    })),
    ...entries.map((row) => ({
      at: row.booked_at,
      kind: `ledger.${row.kind}`,
      ...orderOf(row),
      detail: { entry: publicId('je', row.id), accounting_date: row.accounting_date },
    })),
  ]
  // The sort is stable: what happened in the same millisecond keeps the order of cause and effect above.
  return items.sort((a, b) => a.at.getTime() - b.at.getTime())
}

const orderOf = (row: { payment_order_id: string | null }): { orderId?: string } =>
  row.payment_order_id === null ? {} : { orderId: row.payment_order_id }

function attemptItems(row: AttemptRow): TimelineItem[] {
  const attempt = publicId('att', row.id)
  const { psp, amount, currency } = row
  const dispatched = {
    at: row.created_at,
    kind: `${row.operation}.dispatched`,
    ...orderOf(row),
    detail: { attempt, psp, amount, currency },
  }
  if (row.finished_at === null) return [dispatched]
  const why = row.status === 'declined' ? { code: row.decline_code, message: row.decline_message } : {}
  const detail = { attempt, psp, ...(row.psp_reference === null ? {} : { psp_reference: row.psp_reference }), ...why }
  return [dispatched, { at: row.finished_at, kind: `${row.operation}.${row.status}`, ...orderOf(row), detail }]
}
