import { toColumns } from '../../platform/columns.ts'
import { type Queryable, statement, type Tx } from '../../platform/db.ts'
import { newId } from '../../platform/ids.ts'

/** The rows of payouts: what PSPs' files say that they paid out, once it is booked. */

/** A payout line of a PSP's file. `amount` is the line's: less than zero when it pays out. */
export type PayoutLine = {
  readonly fileId: string
  readonly line: number
  readonly kind: string
  readonly pspReference: string | null
  readonly reference: string | null
  readonly amount: bigint
  readonly currency: string
  readonly occurredAt: Date
}

export const isPayout = (kind: string): boolean => kind === 'payout' || kind === 'payout_reversal'

const INSERT = statement(
  'reconciliation.insert_payouts',
  `insert into payout (psp, id, file_id, line, kind, psp_reference, reference, amount, currency, business_date, occurred_at)
   select $1, p.* from unnest($2::uuid[], $3::uuid[], $4::integer[], $5::text[], $6::text[], $7::text[], $8::bigint[], $9::text[],
                              $10::date[], $11::timestamptz[]) as p`,
)
const COLUMNS = 10

export async function insertPayouts(
  tx: Tx,
  psp: string,
  businessDate: string,
  lines: readonly PayoutLine[],
): Promise<void> {
  const moving = lines.filter(({ amount }) => amount !== 0n)
  if (moving.length === 0) return
  const rows = moving.map((each) => [
    newId(),
    each.fileId,
    each.line,
    each.kind,
    each.pspReference,
    each.reference,
    -each.amount,
    each.currency,
    businessDate,
    each.occurredAt,
  ])
  await tx.run(INSERT, [psp, ...toColumns(COLUMNS, rows)])
}

const UNDO = statement(
  'reconciliation.undo_payouts',
  `insert into payout_undone (payout_id, undone_at)
   select p.id, $1 from unnest($2::uuid[], $3::integer[]) as l (file_id, line)
     join payout p on p.file_id = l.file_id and p.line = l.line
       on conflict (payout_id) do nothing`,
)

/** Their lines are no longer in the file of their day. */
export const undoPayouts = async (tx: Tx, places: readonly string[], at: Date): Promise<void> =>
  void (await tx.run(UNDO, [at, ...places]))

/** A payout `p` whose line still stands, and an arrival `a` that does. */
export const PAYOUT_STANDS = 'not exists (select from payout_undone u where u.payout_id = p.id)'
export const ARRIVAL_STANDS = 'not exists (select from payout_arrival_undone u where u.arrival_id = a.id)'

/**
 * Whether people decided about a break `b`. One that was opened when a pair was taken apart ends without a decision when the pair
 * is put together again.
 */
export const IS_DECIDED = `b.state = 'resolved' and not exists (select from break_resolution r where r.id = b.resolution_id and r.verb = 'unmatch')`

export type StoredPayout = {
  readonly id: string
  readonly psp: string
  readonly pspReference: string | null
  readonly reference: string | null
  readonly amount: bigint
  readonly currency: string
  readonly businessDate: string
  readonly occurredAt: Date
  /** It is in a line of a statement, or people decided about it. */
  readonly arrived: boolean
}

const STANDING = statement(
  'reconciliation.standing_payouts',
  `select p.id, p.psp, p.psp_reference as "pspReference", p.reference, p.amount, p.currency, p.business_date as "businessDate",
          p.occurred_at as "occurredAt", coalesce(a.id, d.id) is not null as arrived
     from payout p
     left join lateral (select a.id from payout_arrival a where a.payout_id = p.id and ${ARRIVAL_STANDS} limit 1) a on true
     left join lateral (select b.id from recon_break b where b.payout_id = p.id and ${IS_DECIDED} limit 1) d on true
    where p.psp = any($1::text[]) and p.business_date <= $2 and ${PAYOUT_STANDS}
      and (coalesce(a.id, d.id) is null or p.business_date >= $2::date - $3::integer
           or exists (select from recon_break b where b.payout_id = p.id and b.state = 'open'))
    order by p.business_date, p.id`,
)

/**
 * Payouts up to a day: those that are awaited, and those that are done with, if that is some days ago at most or they arrived over
 * another amount.
 */
export const standingPayouts = (
  db: Queryable,
  psps: readonly string[],
  day: string,
  arrivedDays: number,
): Promise<StoredPayout[]> => db.run<StoredPayout>(STANDING, [psps, day, arrivedDays])
