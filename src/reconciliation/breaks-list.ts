import { type Queryable, statement } from '../platform/db.ts'
import type { BreakClass, BreakCode, BreakState, OursRecord, PayoutRecord, TheirsRecord } from './break.ts'
import { OPEN_COLUMNS, type OpenRow, oursOf, theirsOf } from './break-rows.ts'
import { NOT_PROMOTED } from './changes.ts'
import { explain } from './explain.ts'
import type { ChangeKind } from './run-summary.ts'

/** A break as people see it. Ids are UUIDs. */
export type Break = {
  readonly id: string
  readonly source: string
  readonly code: BreakCode
  readonly class: BreakClass
  readonly state: BreakState
  readonly businessDate: string
  readonly dueOn: string | null
  readonly ours: OursRecord | undefined
  /** Instead of `ours`, where a bank is reconciled. */
  readonly payout: PayoutRecord | undefined
  readonly theirs: (TheirsRecord & { readonly fileName: string }) | undefined
  /** Of a break about a whole file. */
  readonly fileId: string | null
  readonly difference: bigint | null
  readonly currency: string | null
  readonly openedInRun: string
  readonly openedAt: Date
  readonly promotedAt: Date | null
  readonly reopenedAt: Date | null
  readonly clearedInRun: string | null
  readonly clearedAt: Date | null
  readonly explanation: string
}

/** What happened to it, and in which run. */
export type BreakEvent = {
  readonly kind: string
  readonly runId: string
  readonly businessDate: string
  readonly at: Date
  readonly detail: string | null
}

type Row = OpenRow & {
  source: string
  state: BreakState
  business_date: string
  difference: bigint | null
  currency: string | null
  opened_in_run: string
  opened_at: Date
  promoted_at: Date | null
  reopened_at: Date | null
  cleared_in_run: string | null
  cleared_at: Date | null
  payout_id: string | null
  payout_psp: string | null
  payout_psp_reference: string | null
  file_name: string | null
  rejection: string | null
  cleared_on: string | null
}

const COLUMNS = `${OPEN_COLUMNS}, b.source, b.state, b.business_date, b.difference, b.currency, b.opened_in_run, b.opened_at, b.promoted_at,
       b.reopened_at, b.cleared_in_run, b.cleared_at, f.name as file_name, f.rejection, r.business_date as cleared_on,
       b.payout_id, p.psp as payout_psp, p.psp_reference as payout_psp_reference`
const BESIDE = `left join attempt a on a.id = b.attempt_id left join settlement_file f on f.id = b.file_id
  left join recon_run r on r.id = b.cleared_in_run left join payout p on p.id = b.payout_id`
const SELECT = `select ${COLUMNS} from recon_break b ${BESIDE}`

const GET = statement('reconciliation.get_break', `${SELECT} where b.id = $1`)
const EVENTS = statement(
  'reconciliation.break_events',
  `select e.kind, e.run_id as "runId", r.business_date as "businessDate", e.at, e.detail
     from recon_break_event e join recon_run r on r.id = e.run_id where e.break_id = $1 order by r.business_date, e.at, e.kind desc`,
)
const OF_PAYMENT = statement(
  'reconciliation.breaks_of_payment',
  `${SELECT} where b.payment_event_id = $1 order by b.id`,
)

function payoutOf(row: Row): PayoutRecord | undefined {
  const { payout_id, payout_psp, ours_amount, ours_currency, ours_occurred_at, ours_business_date } = row
  if (payout_id === null || payout_psp === null || ours_amount === null || ours_currency === null) return undefined
  if (ours_occurred_at === null || ours_business_date === null) return undefined
  return {
    id: payout_id,
    psp: payout_psp,
    pspReference: row.payout_psp_reference,
    amount: ours_amount,
    currency: ours_currency,
    businessDate: ours_business_date,
    occurredAt: ours_occurred_at,
  }
}

function breakOf(row: Row): Break {
  const theirs = theirsOf(row)
  const found = {
    id: row.id,
    source: row.source,
    code: row.code,
    class: row.class,
    state: row.state,
    businessDate: row.business_date,
    dueOn: row.due_on,
    ours: oursOf(row),
    payout: payoutOf(row),
    theirs: theirs && { ...theirs, fileName: row.file_name ?? '' },
    fileId: row.file_id,
    difference: row.difference,
    currency: row.currency,
    openedInRun: row.opened_in_run,
    openedAt: row.opened_at,
    promotedAt: row.promoted_at,
    reopenedAt: row.reopened_at,
    clearedInRun: row.cleared_in_run,
    clearedAt: row.cleared_at,
  }
  return { ...found, explanation: explain(found, { rejection: row.rejection, clearedOn: row.cleared_on }) }
}

export async function getBreak(
  db: Queryable,
  id: string,
): Promise<(Break & { readonly events: readonly BreakEvent[] }) | undefined> {
  const [row] = await db.run<Row>(GET, [id])
  return row && { ...breakOf(row), events: await db.run<BreakEvent>(EVENTS, [id]) }
}

const OF_RUN = statement(
  'reconciliation.breaks_of_run',
  `select e.kinds, ${COLUMNS}
     from (select break_id, array_agg(kind order by at, kind) as kinds from recon_break_event
            where run_id = $1 and break_id > $2 group by break_id order by break_id limit $3) e
     join recon_break b on b.id = e.break_id ${BESIDE} order by b.id`,
)

/** A break with what happened to it in one run. */
export type BreakOfRun = Break & { readonly kinds: readonly string[] }

/** What a run touched, oldest first, as it stands now. `after` is the id of the last one seen. */
export async function breaksOfRun(
  db: Queryable,
  { runId, after, limit }: { readonly runId: string; readonly after: string; readonly limit: number },
): Promise<readonly BreakOfRun[]> {
  const rows = await db.run<Row & { kinds: string[] }>(OF_RUN, [runId, after, limit])
  return rows.map((row) => ({ ...breakOf(row), kinds: row.kinds }))
}

export const breaksOfPayment = async (db: Queryable, paymentId: string): Promise<readonly Break[]> =>
  (await db.run<Row>(OF_PAYMENT, [paymentId])).map(breakOf)

export type BreakFilter = {
  readonly state?: BreakState | undefined
  readonly class?: BreakClass | undefined
  readonly code?: BreakCode | undefined
  readonly source?: string | undefined
  /** Found or touched by this run. */
  readonly runId?: string | undefined
  /** What that run did to it. */
  readonly change?: ChangeKind | undefined
  readonly limit: number
  readonly after?: string | undefined
}

/** The events of a run by which each change is known. */
const WAS: Readonly<Record<ChangeKind, string>> = {
  opened: `kind = 'opened'`,
  reopened: `kind = 'reopened'`,
  promoted: `kind = 'promoted'`,
  cleared: `kind = 'cleared'`,
  still_open: `kind = 'carried' and ${NOT_PROMOTED('recon_break_event')}`,
}

/** Newest first. `after` is the id of the last one seen. */
export async function listBreaks(
  db: Queryable,
  filter: BreakFilter,
): Promise<{ readonly data: readonly Break[]; readonly hasMore: boolean }> {
  const values: unknown[] = []
  const changed = filter.change === undefined ? '' : ` and ${WAS[filter.change]}`
  const where = (condition: (parameter: string) => string, value: unknown): string[] =>
    value === undefined ? [] : [condition(`$${values.push(value)}`)]
  const conditions = [
    ...where((p) => `b.state = ${p}`, filter.state),
    ...where((p) => `b.class = ${p}`, filter.class),
    ...where((p) => `b.code = ${p}`, filter.code),
    ...where((p) => `b.source = ${p}`, filter.source),
    ...where((p) => `b.id in (select break_id from recon_break_event where run_id = ${p}${changed})`, filter.runId),
    ...where((p) => `b.id < ${p}`, filter.after),
  ]
  const rows = await db.query<Row>(
    `${SELECT} ${conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`} order by b.id desc limit $${values.push(filter.limit + 1)}`,
    values,
  )
  return { data: rows.slice(0, filter.limit).map(breakOf), hasMore: rows.length > filter.limit }
}
