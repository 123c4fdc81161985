import { type Queryable, statement } from '../platform/db.ts'
import { publicId, uuidOf } from '../platform/ids.ts'

/** Something an id or reference belongs to. Both ids are public. */
export type SearchHit = { readonly object: string; readonly id: string; readonly paymentId?: string }

const BY_ID = statement(
  'payments.search_id',
  `select 'payment' as object, 'pay' as prefix, id, id as payment from payment_event where id = $1
   union all select 'payment_order', 'po', id, payment_event_id from payment_order where id = $1
   union all select 'attempt', 'att', id, payment_event_id from attempt where id = $1
   union all select 'journal_entry', 'je', id, payment_event_id from journal_entry where id = $1`,
)

const BY_REFERENCE = statement(
  'payments.search_reference',
  `(select 'payment' as object, 'pay' as prefix, id, id as payment from payment_event where checkout_id = $1 order by id desc limit 20)
   union all (select 'attempt', 'att', id, payment_event_id from attempt where psp_reference = $1 order by id desc limit 20)
   union all (select 'journal_entry', 'je', journal_entry_id, null::uuid from manual_entry where reference = $1)`,
)

type Row = { object: string; prefix: 'pay' | 'po' | 'att' | 'je'; id: string; payment: string | null }

/** Finds what one of our ids, a checkout id, a PSP reference or a manual entry's reference belongs to. */
export async function search(db: Queryable, text: string): Promise<readonly SearchHit[]> {
  const uuid = (['pay', 'po', 'att', 'je'] as const)
    .map((prefix) => uuidOf(prefix, text))
    .find((id) => id !== undefined)
  const rows = uuid === undefined ? await db.run<Row>(BY_REFERENCE, [text]) : await db.run<Row>(BY_ID, [uuid])
  return rows.map((row) => ({
    object: row.object,
    id: publicId(row.prefix, row.id),
    ...(row.payment === null ? {} : { paymentId: publicId('pay', row.payment) }),
  }))
}
