import type { Tx } from '../../platform/db.ts'
import type { OursRecord } from '../break.ts'
import { businessDateSql } from '../calendar.ts'
import type { Source } from '../source.ts'

/** What is booked for charges: the captures of their orders, or a late success. */
export async function bookedCharges(
  tx: Tx,
  source: Source,
  attemptIds: readonly string[],
): Promise<readonly OursRecord[]> {
  if (attemptIds.length === 0) return []
  return tx.query<OursRecord>(
    `select a.id as "attemptId", a.payment_event_id as "paymentId", a.psp_reference as "pspReference", b.amount, a.currency,
            b.occurred_at as "occurredAt", ${businessDateSql('b.occurred_at', source)} as "businessDate"
       from attempt a
       join lateral (
         select sum(x.amount)::bigint as amount, min(x.occurred_at) as occurred_at
           from (select o.amount, e.occurred_at
                   from payment_order o join journal_entry e on e.kind = 'capture' and e.fact = o.id::text
                  where o.charge_attempt_id = a.id
                  union all
                 select a.amount, e.occurred_at from journal_entry e where e.kind = 'late_success' and e.fact = a.id::text) x) b
         on b.amount is not null
      where a.id = any($1::uuid[]) order by a.id`,
    [attemptIds],
  )
}
