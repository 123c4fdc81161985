import type { Invariant } from '../platform/invariant.ts'

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
