import { toArray } from '../../platform/columns.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { COLUMNS, type LiveItem, liveItemOf, type Row } from './item.ts'
import { openBreaks } from './let-go.ts'
import type { Arriving } from './store.ts'

/** Breaks that people resolved or opened again since: they leave the live view, or come back, at once. */

const TOUCHED_AT_ONCE = 1_000

const TAKE = statement(
  'reconciliation.take_live_touched',
  `delete from live_touched where id in (select id from live_touched where source = $1 order by id limit ${TOUCHED_AT_ONCE})
   returning break_id as id`,
)
const CLOSED = statement(
  'reconciliation.live_items_of_touched_breaks',
  `select ${COLUMNS} from live_item i where i.id = any($1::uuid[])
      and not exists (select from recon_break b where b.id = i.id and b.state = 'open')`,
)

export async function takeTouched(
  tx: Tx,
  source: string,
): Promise<{ readonly leaving: readonly LiveItem[]; readonly arriving: readonly Arriving[] }> {
  const rows = await tx.run<{ id: string }>(TAKE, [source])
  if (rows.length === 0) return { leaving: [], arriving: [] }
  const ids = [...new Set(rows.map(({ id }) => id))]
  const leaving = (await tx.run<Row>(CLOSED, [toArray(ids)])).map(liveItemOf)
  return { leaving, arriving: await openBreaks(tx, source, ids) }
}
