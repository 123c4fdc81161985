import { type Queryable, statement } from '../../platform/db.ts'
import type { CausedRow } from '../corrections/change-lines.ts'
import { strangeFact } from './entries.ts'

/** The entries that arrivals and lines of a bank caused. */

/** A break about a line alone, opened by a run or when people took the line out of its pair. */
export type LineBreak = {
  readonly id: string
  readonly fileId: string | null
  readonly line: number | null
  readonly payoutId: string | null
  readonly businessDate: string
}

const CAUSED = statement(
  'reconciliation.entries_of_bank_lines',
  // A line that people took out of its pair is in suspense by what they booked.
  `select e.id, e.payment_event_id as "paymentId", e.payment_order_id as "orderId", a.name, a.type, p.amount, p.currency
     from (select c.id from journal_entry c where c.kind = 'payout_arrived' and c.fact = any($1::text[])
           union
           select c.id from journal_entry c where c.kind = 'unmatched_line' and c.fact = any($2::text[])
           union
           select r.entry_id from break_resolution_break x join break_resolution r on r.id = x.resolution_id and r.verb = 'unmatch'
            where x.break_id = any($3::uuid[])) c
     join journal_entry e on e.id = c.id join posting p on p.entry_id = e.id join ledger_account a on a.id = p.account_id
    where not exists (select from journal_entry r where r.reverses = e.id)
    order by e.id, p.position`,
)

/** Those that stand, of arrivals, and of breaks as far as they are about a line alone. */
export async function causedBy(
  db: Queryable,
  arrivals: readonly string[],
  breaks: readonly LineBreak[],
): Promise<CausedRow[]> {
  const lines = breaks.flatMap(({ id, fileId, line, payoutId, businessDate }) =>
    fileId === null || line === null || payoutId !== null
      ? []
      : [{ id, fact: strangeFact({ fileId, line }, businessDate) }],
  )
  return db.run<CausedRow>(CAUSED, [arrivals, lines.map(({ fact }) => fact), lines.map(({ id }) => id)])
}
