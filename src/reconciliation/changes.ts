import { type Queryable, statement } from '../platform/db.ts'
import type { Change } from './run-summary.ts'

/** Whether a break that a run carried is what it was: an event `e` of being carried is part of every promotion. */
export const NOT_PROMOTED = (e: string): string =>
  `not exists (select from recon_break_event p where p.break_id = ${e}.break_id and p.run_id = ${e}.run_id and p.kind = 'promoted')`

// The amount is what a break says that it differs by; across currencies, what each side adds to ours − theirs.
const CHANGES_OF_RUN = statement(
  'reconciliation.changes_of_run',
  `select case e.kind when 'carried' then 'still_open' else e.kind end as change, b.code, b.class, a.currency, count(*) as count,
          sum(a.amount) as amount
     from recon_break_event e join recon_break b on b.id = e.break_id
     left join lateral (
       select v.currency, sum(v.amount) as amount
         from (values (b.currency, b.difference),
                      (case when b.difference is null and b.code <> 'pending_outcome' then b.ours_currency end, b.ours_amount::numeric),
                      (case when b.difference is null then b.theirs_currency end, -b.theirs_amount::numeric)) v (currency, amount)
        where v.currency is not null group by v.currency) a on true
    where e.run_id = $1 and e.kind in ('opened', 'reopened', 'promoted', 'cleared', 'carried')
      and (e.kind <> 'carried' or ${NOT_PROMOTED('e')})
    group by 1, 2, 3, 4 order by 1, 2, 3, 4 nulls first`,
)

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
