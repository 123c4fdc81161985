import type { Settlement } from '../payments/index.ts'
import { type Queryable, statement } from '../platform/db.ts'
import { IS_CURRENT } from '../settlement/index.ts'
import { ARRIVAL_STANDS, PAYOUT_STANDS } from './bank/payouts.ts'
import { breaksOfPayment } from './breaks-list.ts'
import { STANDS } from './settled.ts'

const SETTLED = statement(
  'reconciliation.settled_charges_of_payment',
  `select f.name, f.business_date as "businessDate", f.source, a.currency
     from attempt a join settled_charge s on s.attempt_id = a.id join settlement_file f on f.id = s.file_id
    where a.payment_event_id = $1 and ${STANDS} order by f.business_date`,
)

const RELEASED = statement(
  'reconciliation.released_orders_of_payment',
  `select count(*) as n from journal_entry where payment_event_id = $1 and kind = 'release'`,
)

/**
 * The first file after a day that paid the balance of a currency out: what closed on that day left the PSP with it. A file
 * that was withdrawn says nothing, and of several versions the last one speaks.
 */
const PAID_OUT = statement(
  'reconciliation.payout_after',
  `select f.business_date as day
     from settlement_file f join recon_run r on r.source = f.source and r.business_date = f.business_date and r.status = 'completed'
     join settlement_statement s on s.file_id = f.id and s.currency = $3, jsonb_array_elements(s.totals) t
    where f.source = $1 and ${IS_CURRENT} and f.business_date > $2 and t ->> 'kind' = 'payout'
    order by f.business_date limit 1`,
)

/**
 * The arrival of what a PSP paid out on a day. It arrived when all of that day's payouts of the currency did. People who put a
 * payout and a line together say that it arrived, on the day whose run found the line.
 */
const ARRIVED = statement(
  'reconciliation.arrival_of_payout',
  `select max(coalesce(a.source, h.source)) as bank, max(coalesce(a.line_on, h.found_on)) as "on"
     from payout p left join payout_arrival a on a.payout_id = p.id and ${ARRIVAL_STANDS}
     left join lateral (
       select l.id, l.source, l.business_date as found_on
         from recon_break b join break_resolution r on r.id = b.resolution_id and r.verb in ('match', 'psp_corrected', 'book_difference')
         join break_resolution_break x on x.resolution_id = r.id join recon_break l on l.id = x.break_id and l.line is not null
        where b.payout_id = p.id and b.state = 'resolved' order by l.business_date desc limit 1) h on true
    where p.psp = $1 and p.business_date = $2 and p.currency = $3 and p.kind = 'payout' and ${PAYOUT_STANDS}
   having count(*) = count(coalesce(a.id, h.id)) and count(*) > 0`,
)

type Row = { readonly name: string; readonly businessDate: string; readonly source: string; readonly currency: string }

/** How far the charges of a payment have come between the PSP and the bank. */
export async function settlementOf(db: Queryable, paymentId: string): Promise<Settlement> {
  const [rows, released, breaks] = await Promise.all([
    db.run<Row>(SETTLED, [paymentId]),
    db.run<{ n: bigint }>(RELEASED, [paymentId]),
    breaksOfPayment(db, paymentId),
  ])
  const last = rows.at(-1)
  const [payout] =
    last === undefined ? [] : await db.run<{ day: string }>(PAID_OUT, [last.source, last.businessDate, last.currency])
  const [arrived] =
    last === undefined || payout === undefined
      ? []
      : await db.run<{ bank: string; on: string }>(ARRIVED, [last.source, payout.day, last.currency])
  const files = new Map(rows.map(({ name, businessDate }) => [name, { name, businessDate }]))
  return {
    files: [...files.values()],
    settledCharges: rows.length,
    releasedOrders: Number(released[0]?.n ?? 0n),
    breaks: breaks
      .filter(({ state }) => state === 'open')
      .map((each) => ({ class: each.class, explanation: each.explanation })),
    paidOutOn: payout?.day,
    arrived,
  }
}
