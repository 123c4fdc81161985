import { type Queryable, statement } from '../../platform/db.ts'
import type { Change } from './run-summary.ts'

/** Whether a break that a run carried is what it was: an event `e` of being carried is part of every promotion. */
export const NOT_PROMOTED = (e: string): string =>
  `not exists (select from recon_break_event p where p.break_id = ${e}.break_id and p.run_id = ${e}.run_id and p.kind = 'promoted')`

// The amount is what a break says that it differs by; across currencies, what each side adds to ours − theirs. A pair that differs
// is no record that a later run compares again: it stands open without an event, and is still open none the less.
const CHANGES_OF_RUN = statement(
  'reconciliation.changes_of_run',
  `select t.change, b.code, b.class, a.currency, count(*) as count, sum(a.amount) as amount
     from (select e.break_id, case e.kind when 'carried' then 'still_open' else e.kind end as change
             from recon_break_event e
            where e.run_id = $1 and e.kind in ('opened', 'reopened', 'promoted', 'cleared', 'carried')
              and (e.kind <> 'carried' or ${NOT_PROMOTED('e')})
           union all
           select o.id, 'still_open' from recon_break o join recon_run r on r.source = o.source
            where r.id = $1 and o.state = 'open' and o.business_date < r.business_date
              and not exists (select from recon_break_event e where e.break_id = o.id and e.run_id = $1)) t
     join recon_break b on b.id = t.break_id
     left join lateral (
       select v.currency, sum(v.amount) as amount
         from (values (b.currency, b.difference),
                      (case when b.difference is null and b.code <> 'pending_outcome' then b.ours_currency end, b.ours_amount::numeric),
                      (case when b.difference is null then b.theirs_currency end, -b.theirs_amount::numeric)) v (currency, amount)
        where v.currency is not null group by v.currency) a on true
    group by 1, 2, 3, 4 order by 1, 2, 3, 4 nulls first`,
)

/**
 * Whether a break `b` was open when the run of a parameter completed, and untouched by it. What people or runs did later is told by
 * its stamps.
 */
export const UNTOUCHED = (parameter: string): string =>
  `exists (select from recon_run r where r.id = ${parameter} and r.source = b.source and b.business_date < r.business_date
             and b.opened_at <= r.completed_at and (b.state = 'open' or coalesce(b.cleared_at, b.resolved_at) > r.completed_at)
             and not exists (select from recon_break_event e where e.break_id = b.id and e.run_id = r.id))`

/** What a run did to breaks, by code and currency, as they stand now. */
export const changesOf = (db: Queryable, runId: string): Promise<readonly Change[]> =>
  db.run<Change>(CHANGES_OF_RUN, [runId])

const BEFORE = statement(
  'reconciliation.run_before',
  `select b.id from recon_run r join recon_run b on b.source = r.source and b.business_date < r.business_date and b.status = 'completed'
    where r.id = $1 order by b.business_date desc limit 1`,
)

/** The run that a run is compared with: the one of the day before that has one. */
export async function runBefore(db: Queryable, runId: string): Promise<string | undefined> {
  const [row] = await db.run<{ id: string }>(BEFORE, [runId])
  return row?.id
}
