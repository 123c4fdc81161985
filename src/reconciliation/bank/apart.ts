import { type Queryable, statement } from '../../platform/db.ts'
import type { Place, StatementFile } from './lines.ts'
import { FILE_COUNTS } from './statements.ts'

/** Pairs that people took apart: a payout and the line of a bank in which a run had found it. No run puts them together again. */
export type Apart = Place & { readonly payoutId: string }

const APART = statement(
  'reconciliation.payouts_apart',
  `select distinct a.payout_id as "payoutId", a.file_id as "fileId", a.line
     from payout_arrival a join payout_arrival_undone u on u.arrival_id = a.id
     join break_resolution r on r.id = u.resolution_id and r.state = 'applied'
    where a.source = $1 and a.file_id = any($2::uuid[]) order by a.file_id, a.line, a.payout_id`,
)

/** Those of these statements. */
export const payoutsApart = (db: Queryable, source: string, files: readonly StatementFile[]): Promise<Apart[]> =>
  db.run<Apart>(APART, [source, files.map(({ id }) => id)])

/** Decisions to take a pair apart of which the line, or every payout, is gone: nothing is left that they are about. */
export const ENDED_UNMATCHES = `
  select r.id from break_resolution r
   where r.source = $1 and r.verb = 'unmatch' and r.state = 'applied'
     and not exists (
       select from payout_arrival_undone u join payout_arrival a on a.id = u.arrival_id
        where u.resolution_id = r.id and ${FILE_COUNTS('a.file_id')}
          and not exists (select from payout_undone g where g.payout_id = a.payout_id))`
