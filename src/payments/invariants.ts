import type { Invariant } from '../platform/invariant.ts'
import { DERIVED_STATUS } from './sql.ts'

/** What must hold between payments and the ledger, whatever happened. */
export const PAYMENT_INVARIANTS: readonly Invariant[] = [
  {
    name: 'captured_orders_are_booked_once',
    holds: 'Every captured order has exactly one capture entry over its amount, and no other order has one.',
    contradictions: `
      with booked as (
        select e.payment_order_id as id, count(distinct e.id) as entries, sum(p.amount) filter (where p.amount > 0) as amount
          from journal_entry e join posting p on p.entry_id = e.id
         where e.kind = 'capture' group by e.payment_order_id
      )
      select 'order ' || coalesce(o.id, b.id) || ' is ' || coalesce(o.status, 'missing') || ' over ' || coalesce(o.amount, 0)
             || ' and has ' || coalesce(b.entries, 0) || ' capture entries over ' || coalesce(b.amount, 0) as detail
        from payment_order o full join booked b on b.id = o.id
       where (o.status = 'captured') is distinct from (b.id is not null) or (b.id is not null and (b.entries <> 1 or b.amount <> o.amount))`,
  },
  {
    name: 'payments_equal_their_orders',
    holds: 'Every payment is the sum of its orders.',
    contradictions: `
      select 'payment ' || e.id || ' over ' || e.amount || ' has orders over ' || coalesce(o.amount, 0) as detail
        from payment_event e
        left join (select payment_event_id, sum(amount) as amount from payment_order group by payment_event_id) o on o.payment_event_id = e.id
       where e.amount is distinct from o.amount`,
  },
  {
    name: 'payment_status_follows_orders',
    holds: "Every payment's status is the one that its orders give.",
    contradictions: `
      select 'payment ' || e.id || ' is ' || e.status || ' and its orders say ' || coalesce(o.status, 'nothing') as detail
        from payment_event e
        left join (select payment_event_id, ${DERIVED_STATUS} as status from payment_order group by payment_event_id) o on o.payment_event_id = e.id
       where e.status is distinct from o.status`,
  },
  {
    name: 'open_orders_are_looked_after',
    holds: 'Every order whose end is open has an attempt that somebody will look at.',
    contradictions: `
      select 'order ' || o.id || ' is ' || o.status || ' and nobody looks after it' as detail
        from payment_order o
       where o.status in ('pending', 'executing', 'requires_action', 'unknown')
         and not exists (select from attempt a where a.id = o.charge_attempt_id and a.due_at is not null
                            and (not a.in_hand or exists (select from handover h where a.id between h.first_attempt_id and h.last_attempt_id)))
         and not exists (select from attempt f where f.charge_attempt_id = o.charge_attempt_id and f.operation <> 'charge' and f.due_at is not null)`,
  },
  {
    name: 'late_success_is_of_no_captured_order',
    holds: 'No charge is both the sale of an order and a late success.',
    contradictions: `
      select 'charge ' || e.fact || ' is a late success and the sale of order ' || o.id as detail
        from journal_entry e join payment_order o on o.charge_attempt_id::text = e.fact
       where e.kind = 'late_success' and o.status = 'captured'`,
  },
  {
    name: 'captured_covers_what_went_back',
    holds: 'No order gave back or lost more than was captured.',
    contradictions: `
      select 'order ' || id || ' captured ' || amount || ', gave back ' || refunded_amount || ', disputed ' || disputed_amount as detail
        from payment_order
       where refunded_amount + disputed_amount > case when status = 'captured' then amount else 0 end`,
  },
  {
    name: 'one_charge_per_psp_reference',
    holds: 'No PSP charge stands for two of our charges.',
    contradictions: `
      select 'PSP reference ' || psp_reference || ' belongs to ' || count(*) || ' charges' as detail
        from attempt where operation = 'charge' and psp_reference is not null
       group by psp, psp_reference having count(*) > 1`,
  },
]
