import { statement } from '../platform/db.ts'
import { ATTEMPT_COLUMNS } from './attempt.ts'

/**
 * Stores what of a batch is new. A key that exists, or a checkout that has a live payment, leaves its event out, and
 * with the event its orders and attempts; the caller then looks up why.
 */
export const INSERT_PAYMENTS = statement(
  'payments.insert',
  `with event as (
     insert into payment_event (created_at, id, idempotency_key, fingerprint, checkout_id, buyer_reference, amount, currency,
                                payment_method, charge_mode, capture, on_partial, psp, metadata, status)
     select $1, e.*, 'processing'
       from unnest($2::uuid[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::bigint[], $8::char(3)[],
                   $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::jsonb[]) as e
     on conflict do nothing
     returning id
   ), orders as (
     insert into payment_order (payment_event_id, id, position, reference, seller, amount, currency, platform_fee, charge_attempt_id, status)
     select o.*, 'executing'
       from unnest($15::uuid[], $16::uuid[], $17::smallint[], $18::text[], $19::text[], $20::bigint[], $21::char(3)[], $22::bigint[], $23::uuid[])
         as o (payment_event_id, id, position, reference, seller, amount, currency, platform_fee, charge_attempt_id)
       join event on event.id = o.payment_event_id
   ), attempts as (
     insert into attempt (id, payment_event_id, payment_order_id, operation, charge_attempt_id, psp, payment_method, capture, amount, currency,
                          status, created_at, last_sent_at, sends, node_id, due_at, in_hand)
     select a.id, a.payment_event_id, a.payment_order_id, 'charge', a.id, a.psp, a.payment_method, a.capture, a.amount, a.currency,
            'dispatched', $1, $1, ($32::integer is not null)::integer, $32, now() + $33 * interval '1 millisecond', $32 is not null
       from unnest($24::uuid[], $25::uuid[], $26::uuid[], $27::text[], $28::text[], $29::text[], $30::bigint[], $31::char(3)[])
         as a (id, payment_event_id, payment_order_id, psp, payment_method, capture, amount, currency)
       join event on event.id = a.payment_event_id
   ), handed_over as (
     insert into handover (node_id, due_at, first_attempt_id, last_attempt_id)
     select $32, now() + $33 * interval '1 millisecond', a.ids[1], a.ids[cardinality(a.ids)]
       from (select array_agg(id order by id) as ids from unnest($24::uuid[]) as id) a
      where $32 is not null and exists (select from event)
   )
   select id from event`,
)

/** Why an event was left out: its key is another's, or its checkout has a live payment. */
export const FIND_CONFLICTS = statement(
  'payments.find_conflicts',
  `select id, idempotency_key, fingerprint, checkout_id, status from payment_event
    where idempotency_key = any($1::text[])
       or live_checkout_id = any($2::text[])`,
)

/** Events are locked first and in the order of their id; everything else of a payment is behind this lock. */
export const LOCK_EVENTS = statement(
  'payments.lock_events',
  `select id, capture, on_partial from payment_event where id = any($1::uuid[]) order by id for update`,
)

/** The same lock, where nothing has to be read: how many there are. */
export const LOCK_EVENTS_ONLY = statement(
  'payments.lock_events_only',
  `select count(*)::integer as count
     from (select id from payment_event where id = any($1::uuid[]) order by id for update) locked`,
)

/**
 * Finishes charges of which nothing was heard since they were stored and sent, with their orders, and counts both: what
 * somebody else has heard of or sent again meanwhile is left out, and the caller then has to read what it is now.
 */
export const CAPTURE_UNTOUCHED = statement(
  'payments.capture_untouched',
  `with charge as (
     update attempt a
        set status = 'succeeded', psp_reference = c.psp_reference, finished_at = $1, node_id = null, due_at = null
       from unnest($2::uuid[], $3::text[]) as c (id, psp_reference)
      where a.id = c.id and a.status = 'dispatched' and a.sends = 1 and a.look_ups = 0 and not a.ambiguous
     returning a.id
   ), sold as (
     update payment_order o
        set status = 'captured', captured_at = c.captured_at
       from unnest($4::uuid[], $5::uuid[], $6::timestamptz[]) as c (id, charge_attempt_id, captured_at)
      where o.id = c.id and o.charge_attempt_id = c.charge_attempt_id and o.status = 'executing'
     returning o.id
   )
   select (select count(*) from charge)::integer as charges, (select count(*) from sold)::integer as orders`,
)

/**
 * The late success of a charge, if there is one. A scalar subquery, because PostgreSQL would read every late success (or
 * below, every follow-up) there ever was into a hash table to answer `exists`.
 */
export const LATE_SUCCESS = (chargeId: string): string =>
  `(select e.id from journal_entry e where e.kind = 'late_success' and e.fact = (${chargeId})::text)`

/** Charges with everything that was ever asked about them. Only a charge that ended can have a late success. */
export const READ_ATTEMPTS = statement(
  'payments.read_attempts',
  `select ${ATTEMPT_COLUMNS},
          a.due_at is null and ${LATE_SUCCESS('a.id')} is not null as late_booked
     from attempt a where a.id = any($1::uuid[])
   union all
   select ${ATTEMPT_COLUMNS}, false
     from attempt a
    where a.charge_attempt_id = any($1::uuid[]) and a.operation <> 'charge'`,
)

export const READ_ORDERS_OF_CHARGES = statement(
  'payments.read_orders_of_charges',
  `select id, payment_event_id, seller, amount, platform_fee, currency, status, charge_attempt_id
     from payment_order where charge_attempt_id = any($1::uuid[])`,
)

export const UPDATE_ATTEMPTS = statement(
  'payments.update_attempts',
  `update attempt a
      set status = c.status,
          psp_reference = c.psp_reference,
          action_url = c.action_url,
          -- One decline or another, never parts of two.
          decline_code = case when c.decline_code is null then a.decline_code else c.decline_code end,
          decline_network_code = case when c.decline_code is null then a.decline_network_code else c.decline_network_code end,
          decline_advice = case when c.decline_code is null then a.decline_advice else c.decline_advice end,
          decline_message = case when c.decline_code is null then a.decline_message else c.decline_message end,
          unknown_cause = case when c.due_in_ms is not null then coalesce(c.unknown_cause, a.unknown_cause) end,
          -- Somebody may have claimed and sent it between our reading and now: what that says must not be lost.
          ambiguous = a.ambiguous or c.ambiguous,
          last_sent_at = greatest(a.last_sent_at, c.last_sent_at),
          look_ups = c.look_ups,
          finished_at = case when c.due_in_ms is not null then null when a.status = c.status then a.finished_at else $1::timestamptz end,
          node_id = null,
          due_at = now() + c.due_in_ms * interval '1 millisecond',
          in_hand = false
     from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                 $10::text[], $11::boolean[], $12::integer[], $13::timestamptz[], $14::float8[])
       as c (id, status, psp_reference, action_url, decline_code, decline_network_code, decline_advice, decline_message,
             unknown_cause, ambiguous, look_ups, last_sent_at, due_in_ms)
    where a.id = c.id`,
)

export const UPDATE_ORDERS = statement(
  'payments.update_orders',
  `update payment_order o set status = c.status, captured_at = c.captured_at
     from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as c (charge_attempt_id, status, captured_at)
    where o.charge_attempt_id = c.charge_attempt_id`,
)

/** The status of a payment follows from its orders, over which this aggregates; the only place that says how. */
export const DERIVED_STATUS = `case
    when bool_or(status in ('pending', 'executing', 'unknown')) then 'processing'
    when bool_or(status = 'requires_action') then 'requires_action'
    when bool_or(status = 'authorised') then 'authorised'
    when bool_or(status = 'captured') and sum(refunded_amount) >= sum(amount) filter (where status = 'captured') then 'refunded'
    when bool_or(refunded_amount > 0) then 'partially_refunded'
    when bool_and(status = 'captured') then 'succeeded'
    when bool_or(status = 'captured') then 'partially_succeeded'
    when bool_or(status = 'failed') then 'failed'
    else 'canceled'
  end`

export const DERIVE_STATUS = statement(
  'payments.derive_status',
  `update payment_event e set status = d.status
     from (select payment_event_id, ${DERIVED_STATUS} as status
             from payment_order
            where payment_event_id = any($1::uuid[])
            group by payment_event_id) d
    where e.id = d.payment_event_id and e.status <> d.status`,
)

export const INSERT_STEPS = statement(
  'payments.insert_steps',
  `insert into attempt_step (at, id, payment_event_id, attempt_id, kind, detail)
   select $1, s.* from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::jsonb[]) as s`,
)

/** Captures and voids, and the charges of a retry: dispatched by this node as soon as this commits. */
export const INSERT_ATTEMPTS = statement(
  'payments.insert_attempts',
  `insert into attempt (created_at, last_sent_at, node_id, due_at, status, sends,
                        id, payment_event_id, payment_order_id, operation, charge_attempt_id, psp, payment_method, capture, amount, currency, psp_reference)
   select $1, $1, $2, now() + $3 * interval '1 millisecond', 'dispatched', ($2::integer is not null)::integer, a.*
     from unnest($4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::uuid[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::char(3)[], $14::text[]) as a`,
)

export const READ_STANDINGS = statement(
  'payments.read_standings',
  `select o.payment_event_id as "paymentId", o.id as "orderId", o.charge_attempt_id as "chargeId", o.status,
          (select true from attempt f where f.charge_attempt_id = o.charge_attempt_id and f.operation <> 'charge' limit 1) is not null as "hasFollowUp"
     from payment_order o
    where o.payment_event_id = any($1::uuid[])
    order by o.payment_event_id, o.position`,
)

export const SET_ORDERS_EXECUTING = statement(
  'payments.set_orders_executing',
  `update payment_order set status = 'executing'
    where charge_attempt_id = any($1::uuid[]) and status in ('authorised', 'requires_action')`,
)
