import { type Queryable, statement } from '../platform/db.ts'
import { publicId, uuidOf } from '../platform/ids.ts'

/** Something of the nights that an id or a reference belongs to. Ids are public. */
export type NightHit = { readonly object: string; readonly id: string; readonly paymentId?: string }

const BY_ID = statement(
  'reconciliation.search_id',
  `select 'settlement_file' as object, 'sf' as prefix, id, null::uuid as payment from settlement_file where id = $1
   union all select 'recon_run', 'run', id, null from recon_run where id = $1
   union all select 'break', 'brk', id, payment_event_id from recon_break where id = $1`,
)
// Only open ones: they are few, and what is looked for by a PSP's reference is money whose place is not known yet.
const BY_REFERENCE = statement(
  'reconciliation.search_reference',
  `select 'break' as object, 'brk' as prefix, id, payment_event_id as payment from recon_break
    where state = 'open' and (line_psp_reference = $1 or line_reference = $1) order by id desc limit 20`,
)

type Row = { object: string; prefix: 'sf' | 'run' | 'brk'; id: string; payment: string | null }

/** Finds a settlement file, a run or a break by its id, and open breaks by a reference of their line. */
export async function searchNights(db: Queryable, text: string): Promise<readonly NightHit[]> {
  const uuid = (['sf', 'run', 'brk'] as const).map((prefix) => uuidOf(prefix, text)).find((id) => id !== undefined)
  const rows = uuid === undefined ? await db.run<Row>(BY_REFERENCE, [text]) : await db.run<Row>(BY_ID, [uuid])
  return rows.map((row) => ({
    object: row.object,
    id: publicId(row.prefix, row.id),
    ...(row.payment === null ? {} : { paymentId: publicId('pay', row.payment) }),
  }))
}
