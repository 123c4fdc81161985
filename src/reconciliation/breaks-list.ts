import { hash } from 'node:crypto'
import { type Queryable, statement } from '../platform/db.ts'
import type { BreakClass, BreakCode, BreakState, OursRecord, PayoutRecord, TheirsRecord } from './break.ts'
import {
  OPEN_COLUMNS,
  type OpenRow,
  oursOf,
  PAYOUT_COLUMNS,
  type PayoutColumns,
  payoutOf,
  theirsOf,
} from './break-rows.ts'
import { explain } from './explain.ts'
import type { ReasonCode, ResolutionVerb } from './resolutions/verbs.ts'
import { NOT_PROMOTED, UNTOUCHED } from './runs/changes.ts'
import type { ChangeKind } from './runs/run-summary.ts'

export type UnparsedRow = { readonly line: number; readonly column: number | undefined; readonly message: string }

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
  /** Of a row of a file that cannot be read: where it is and why. */
  readonly unparsed: UnparsedRow | undefined
  /** Of a break about a whole file, or a row of it. */
  readonly fileId: string | null
  readonly difference: bigint | null
  readonly currency: string | null
  readonly openedInRun: string
  readonly openedAt: Date
  readonly promotedAt: Date | null
  readonly reopenedAt: Date | null
  readonly clearedInRun: string | null
  readonly clearedAt: Date | null
  readonly resolvedAt: Date | null
  /** By which it is resolved. */
  readonly resolutionId: string | null
  /** Which waits for a second person. */
  readonly proposalId: string | null
  readonly assignee: string | null
  readonly tags: readonly string[]
  readonly snoozedUntil: string | null
  /** Changes with everything that people and runs do to it. */
  readonly version: string
  readonly explanation: string
}

/** What happened to it: in which run, or by whom. */
export type BreakEvent = {
  readonly kind: string
  readonly runId: string | null
  readonly businessDate: string | null
  readonly by: string | null
  readonly at: Date
  readonly detail: string | null
}

type Row = OpenRow &
  PayoutColumns & {
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
    file_name: string | null
    unparsed: { column?: number; message: string } | null
    rejection: string | null
    cleared_on: string | null
    resolved_at: Date | null
    resolution_id: string | null
    proposal_id: string | null
    verb: ResolutionVerb | null
    reason: ReasonCode | null
    assignee: string | null
    tags: string[] | null
    snoozed_until: string | null
    notes: bigint
  }

const COLUMNS = `${OPEN_COLUMNS}, b.source, b.state, b.business_date, b.difference, b.currency, b.opened_in_run, b.opened_at, b.promoted_at,
       b.reopened_at, b.cleared_in_run, b.cleared_at, f.name as file_name, f.rejection, r.business_date as cleared_on,
       case when b.code = 'unparsed_line' then (select d from jsonb_array_elements(f.diagnostics) d
          where d ->> 'severity' = 'error' and (d ->> 'line')::integer = b.line limit 1) end as unparsed,
       ${PAYOUT_COLUMNS},
       b.resolved_at, b.resolution_id, v.verb, v.reason, b.assignee, b.tags, b.snoozed_until,
       (select count(*) from break_note n where n.break_id = b.id) as notes,
       (select p.id from break_resolution_break l join break_resolution p on p.id = l.resolution_id and p.state = 'proposed'
         where l.break_id = b.id limit 1) as proposal_id`
const BESIDE = `left join attempt a on a.id = b.attempt_id left join settlement_file f on f.id = b.file_id
  left join recon_run r on r.id = b.cleared_in_run left join break_resolution v on v.id = b.resolution_id
  left join payout w on w.id = b.payout_id`
const SELECT = `select ${COLUMNS} from recon_break b ${BESIDE}`

const GET = statement('reconciliation.get_break', `${SELECT} where b.id = $1`)
const EVENTS = statement(
  'reconciliation.break_events',
  `select * from (
     select e.kind, e.run_id as "runId", r.business_date as "businessDate", null as by, e.at, e.detail, null::uuid as note
       from recon_break_event e join recon_run r on r.id = e.run_id where e.break_id = $1
     union all
     select n.kind, null, null, k.name, n.at, n.detail, n.id
       from break_note n left join api_key k on k.id = n.key_id where n.break_id = $1) x
    order by at, "businessDate", kind desc, note`,
)
const OF_PAYMENT = statement(
  'reconciliation.breaks_of_payment',
  `${SELECT} where b.payment_event_id = $1 order by b.id`,
)

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
    unparsed:
      row.unparsed === null || row.line === null
        ? undefined
        : { line: row.line, column: row.unparsed.column, message: row.unparsed.message },
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
    resolvedAt: row.resolved_at,
    resolutionId: row.resolution_id,
    proposalId: row.proposal_id,
    assignee: row.assignee,
    tags: row.tags ?? [],
    snoozedUntil: row.snoozed_until,
    version: versionOf(row),
  }
  const { rejection, cleared_on: clearedOn, verb, reason } = row
  return { ...found, explanation: explain(found, { rejection, clearedOn, verb, reason }) }
}

/** A short hash of what people see of it: an answer about another version is about another break. */
function versionOf(row: Row): string {
  const seen = [
    row.state,
    row.class,
    row.code,
    row.reopened_at,
    row.resolution_id,
    row.proposal_id,
    row.notes.toString(),
  ]
  return hash('sha256', JSON.stringify([...seen, row.assignee, row.tags, row.snoozed_until])).slice(0, 12)
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
  readonly assignee?: string | undefined
  readonly tag?: string | undefined
  /** Only breaks that sleep on this day, or only others. */
  readonly snoozed?: { readonly on: string; readonly is: boolean } | undefined
  /** Only those for which a second person is asked, or only others. */
  readonly proposed?: boolean | undefined
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

/** Whether a break `b` is one that the run of a parameter found or touched, or to which it did this. */
function touched(run: string, change: ChangeKind | undefined): string {
  const did = change === undefined ? '' : ` and ${WAS[change]}`
  const byEvent = `b.id in (select break_id from recon_break_event where run_id = ${run}${did})`
  return change === 'still_open' ? `(${byEvent} or ${UNTOUCHED(run)})` : byEvent
}

/** Newest first. `after` is the id of the last one seen. */
export async function listBreaks(
  db: Queryable,
  filter: BreakFilter,
): Promise<{ readonly data: readonly Break[]; readonly hasMore: boolean }> {
  const values: unknown[] = []
  const where = (condition: (parameter: string) => string, value: unknown): string[] =>
    value === undefined ? [] : [condition(`$${values.push(value)}`)]
  const conditions = [
    ...where((p) => `b.state = ${p}`, filter.state),
    ...where((p) => `b.class = ${p}`, filter.class),
    ...where((p) => `b.code = ${p}`, filter.code),
    ...where((p) => `b.source = ${p}`, filter.source),
    ...where((p) => `b.assignee = ${p}`, filter.assignee),
    ...where((p) => `${p} = any(b.tags)`, filter.tag),
    ...where(
      (p) => `${filter.snoozed?.is === true ? '' : 'not '}coalesce(b.snoozed_until > ${p}::date, false)`,
      filter.snoozed?.on,
    ),
    ...where(
      (p) =>
        `${p} = exists (select from break_resolution_break l join break_resolution x on x.id = l.resolution_id and x.state = 'proposed' where l.break_id = b.id)`,
      filter.proposed,
    ),
    ...where((p) => touched(p, filter.change), filter.runId),
    ...where((p) => `b.id < ${p}`, filter.after),
  ]
  const rows = await db.query<Row>(
    `${SELECT} ${conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`} order by b.id desc limit $${values.push(filter.limit + 1)}`,
    values,
  )
  return { data: rows.slice(0, filter.limit).map(breakOf), hasMore: rows.length > filter.limit }
}
