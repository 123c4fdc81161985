import { toArray, toColumns } from '../../platform/columns.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { APART, lineToMatch, OPEN_COLUMNS, type OpenRow, oursOf } from '../break-rows.ts'
import { businessDateSql, type Cut } from '../calendar.ts'
import { openItem } from '../engines/stream/open-item.ts'
import type { Heads } from '../ours.ts'
import { COLUMNS, type LiveItem, liveItemOf, type Row } from './item.ts'
import type { Arriving } from './store.ts'

/** What leaves the live view when a run has taken its place, and what the run left open and comes back. */

const ROWS_AT_ONCE = 1_000

// Text of its own for each cut, and so no statement with a name.
const settledBy = (cut: Cut): string => `
  select ${COLUMNS} from live_item i
   where i.source = $1 and i.break_id is null
     and case when i.side = 'line' then i.business_date else ${businessDateSql('i.occurred_at', cut)} end <= $2
     and (i.side <> 'ours' or i.batch_seq <= (select s.seq from unnest($3::smallint[], $4::bigint[]) as s (chain_id, seq) where s.chain_id = i.chain_id))
   limit ${ROWS_AT_ONCE}`

/**
 * Some of the records that a run took part in, by its day and by the entries that it had seen. Its own cut says of which day they
 * are: when they came, it may have been another.
 */
export const someOfRun = async (
  tx: Tx,
  source: string,
  run: { readonly day: string; readonly cut: Cut; readonly seen: Heads },
): Promise<readonly LiveItem[]> =>
  (await tx.query<Row>(settledBy(run.cut), [source, run.day, ...toColumns(2, [...run.seen])])).map(liveItemOf)

const CLOSED = statement(
  'reconciliation.live_items_of_closed_breaks',
  `select ${COLUMNS} from live_item i
    where i.source = $1 and i.break_id is not null
      and not exists (select from recon_break b where b.id = i.break_id and b.state = 'open')
    limit ${ROWS_AT_ONCE}`,
)

/** Some of the records that were open and are not any more. */
export const someClosed = async (tx: Tx, source: string): Promise<readonly LiveItem[]> =>
  (await tx.run<Row>(CLOSED, [source])).map(liveItemOf)

/** Over `b` and `a`: an open break of one side that the view does not have, or has under another code. */
const IS_OPEN = `b.source = $1 and b.state = 'open' and b.code not in ('pending_outcome', 'unparsed_line') and (b.attempt_id is null) <> (b.line is null)
      and not exists (select from live_item i where i.id = b.id and i.break_code = b.code)`
const OPEN = statement(
  'reconciliation.live_open_breaks',
  `select ${OPEN_COLUMNS}, ${APART} from recon_break b left join attempt a on a.id = b.attempt_id
    where ${IS_OPEN} order by b.id limit ${ROWS_AT_ONCE}`,
)
const OPEN_OF_THESE = statement(
  'reconciliation.live_open_breaks_of_these',
  `select ${OPEN_COLUMNS}, ${APART} from recon_break b left join attempt a on a.id = b.attempt_id
    where b.id = any($2::uuid[]) and ${IS_OPEN} order by b.id`,
)

/** Some of the open breaks of one side that the view does not have yet, or has under another code. */
export const someOpen = async (tx: Tx, source: string): Promise<readonly Arriving[]> =>
  (await tx.run<Open>(OPEN, [source])).flatMap(comingBack)

/** Those of these breaks that are open, of one side, and not in the view. */
export const openBreaks = async (tx: Tx, source: string, ids: readonly string[]): Promise<readonly Arriving[]> =>
  (await tx.run<Open>(OPEN_OF_THESE, [source, toArray(ids)])).flatMap(comingBack)

type Open = OpenRow & { readonly apart: boolean }

function comingBack(row: Open): readonly Arriving[] {
  const item = openItem({ id: row.id, ours: oursOf(row), theirs: lineToMatch(row) })
  const opened = { code: row.code, dueOn: row.class === 'temporary' ? (row.due_on ?? undefined) : undefined }
  return item === undefined ? [] : [{ booked: undefined, opened, item }]
}
