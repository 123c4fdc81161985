import { toColumns } from '../platform/columns.ts'
import { type Queryable, statement, type Tx } from '../platform/db.ts'
import { newId } from '../platform/ids.ts'
import type { BreakClass, BreakCode, NewBreak, OpenBreak, OursRecord, PayoutRecord, TheirsRecord } from './break.ts'
import { lapseProposals } from './resolutions/lapse.ts'
import { exactJson } from './runs/run.ts'

/** The rows of breaks and of their lives. */

/** The run that touches them, and when, in business time. */
export type By = { readonly runId: string; readonly day: string; readonly at: Date }

const INSERT = statement(
  'reconciliation.insert_breaks',
  'insert into recon_break select * from jsonb_populate_recordset(null::recon_break, $1::jsonb)',
)
const INSERT_EVENTS = statement(
  'reconciliation.insert_break_events',
  `insert into recon_break_event (run_id, at, break_id, kind, detail)
   select $1, $2, e.* from unnest($3::uuid[], $4::text[], $5::text[]) as e`,
)
const CLEAR = statement(
  'reconciliation.clear_breaks',
  `update recon_break set state = 'cleared', cleared_in_run = $1, cleared_at = $2 where id = any($3::uuid[]) and state = 'open'`,
)
const PROMOTE = statement(
  'reconciliation.promote_breaks',
  `update recon_break b set class = 'real', code = p.code, promoted_at = $1
     from unnest($2::uuid[], $3::text[]) as p (id, code) where b.id = p.id and b.state = 'open' and b.class = 'temporary'`,
)

export const OPEN_COLUMNS = `b.id, b.code, b.class, b.due_on, b.attempt_id, b.payment_event_id, b.ours_amount, b.ours_currency, b.ours_occurred_at,
  b.ours_business_date, a.psp_reference as ours_psp_reference, b.file_id, b.line, b.line_kind, b.line_status, b.line_reference,
  b.line_psp_reference, b.theirs_amount, b.theirs_fee, b.theirs_currency, b.theirs_occurred_at`

/** Of a break `b`: whether people took its record out of a pair. */
export const APART = `b.id in (select l.break_id from break_resolution r join break_resolution_break l on l.resolution_id = r.id
                                where r.verb = 'unmatch' and r.state = 'applied') as apart`

const OPEN = statement(
  'reconciliation.open_breaks',
  `select ${OPEN_COLUMNS}, ${APART} from recon_break b left join attempt a on a.id = b.attempt_id
    where b.source = $1 and b.state = 'open' and b.code <> 'unparsed_line' and (b.attempt_id is null) <> (b.line is null) order by b.id`,
)

export type OpenRow = {
  id: string
  code: BreakCode
  class: BreakClass
  due_on: string | null
  attempt_id: string | null
  payment_event_id: string | null
  ours_amount: bigint | null
  ours_currency: string | null
  ours_occurred_at: Date | null
  ours_business_date: string | null
  ours_psp_reference: string | null
  file_id: string | null
  line: number | null
  line_kind: string | null
  line_status: string | null
  line_reference: string | null
  line_psp_reference: string | null
  theirs_amount: bigint | null
  theirs_fee: bigint | null
  theirs_currency: string | null
  theirs_occurred_at: Date | null
}

export function oursOf(row: OpenRow): OursRecord | undefined {
  const { attempt_id, payment_event_id, ours_amount, ours_currency, ours_occurred_at, ours_business_date } = row
  if (attempt_id === null || payment_event_id === null || ours_amount === null || ours_currency === null)
    return undefined
  if (ours_occurred_at === null || ours_business_date === null) return undefined
  return {
    attemptId: attempt_id,
    paymentId: payment_event_id,
    pspReference: row.ours_psp_reference,
    amount: ours_amount,
    currency: ours_currency,
    occurredAt: ours_occurred_at,
    businessDate: ours_business_date,
  }
}

export function theirsOf(row: OpenRow): TheirsRecord | undefined {
  const { file_id, line, line_kind, theirs_amount, theirs_fee, theirs_currency } = row
  if (file_id === null || line === null || line_kind === null) return undefined
  if (theirs_amount === null || theirs_fee === null || theirs_currency === null) return undefined
  return {
    fileId: file_id,
    line,
    kind: line_kind,
    status: row.line_status,
    reference: row.line_reference,
    pspReference: row.line_psp_reference,
    amount: theirs_amount,
    fee: theirs_fee,
    currency: theirs_currency,
    occurredAt: row.theirs_occurred_at,
  }
}

/** What is shown of the payout `w` of a break `b`. */
export const PAYOUT_COLUMNS = 'b.payout_id, w.psp as payout_psp, w.psp_reference as payout_psp_reference'

export type PayoutColumns = {
  payout_id: string | null
  payout_psp: string | null
  payout_psp_reference: string | null
}

export function payoutOf(row: OpenRow & PayoutColumns): PayoutRecord | undefined {
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

/** Breaks of a source that are open and have one side only: what takes part in every run until it finds its twin. */
export async function openBreaks(db: Queryable, source: string): Promise<readonly OpenBreak[]> {
  const rows = await db.run<OpenRow & { apart: boolean }>(OPEN, [source])
  return rows.map((row) => ({
    id: row.id,
    code: row.code,
    class: row.class,
    dueOn: row.due_on,
    ours: oursOf(row),
    theirs: lineToMatch(row),
  }))
}

/** The line of a break as a run may match it: one that people took out of its pair has nothing that it is found by. */
export function lineToMatch(row: OpenRow & { readonly apart: boolean }): TheirsRecord | undefined {
  const theirs = theirsOf(row)
  return theirs && row.apart ? { ...theirs, reference: null, pspReference: null } : theirs
}

// A few megabytes of JSON; a file that is missing makes a break of every record of its day.
const ROWS_AT_ONCE = 5_000

export async function insertBreaks(tx: Tx, source: string, by: By, breaks: readonly NewBreak[]): Promise<void> {
  for (let start = 0; start < breaks.length; start += ROWS_AT_ONCE) {
    const rows = breaks.slice(start, start + ROWS_AT_ONCE).map((each) => rowOf(source, by, each))
    await tx.run(INSERT, [exactJson(rows)])
    await insertEvents(
      tx,
      by,
      rows.map(({ id, code }) => [id, 'opened', code]),
    )
  }
}

/** Breaks that people opened, behind a run that is done: it did not touch them. Gives their ids. */
export async function insertOpened(
  tx: Tx,
  source: string,
  by: By,
  breaks: readonly NewBreak[],
): Promise<readonly string[]> {
  const rows = breaks.map((each) => rowOf(source, by, each))
  await tx.run(INSERT, [exactJson(rows)])
  return rows.map(({ id }) => id)
}

/** A file that was rejected: a break of no record. Its reason stands with the file. */
export async function insertFileBreak(tx: Tx, source: string, by: By, fileId: string): Promise<void> {
  const none = { class: 'real', dueOn: undefined, ours: undefined, theirs: undefined, difference: undefined } as const
  const row = rowOf(source, by, { ...none, code: 'control_total_mismatch', currency: undefined })
  await tx.run(INSERT, [exactJson([{ ...row, file_id: fileId }])])
  await insertEvents(tx, by, [[row.id, 'opened', row.code]])
}

/** Rows of a file that could not be read: breaks without a record. What is wrong with them stands with the file. */
export async function insertUnparsedLines(
  tx: Tx,
  source: string,
  by: By,
  places: readonly { readonly fileId: string; readonly line: number }[],
): Promise<void> {
  if (places.length === 0) return
  const none = { class: 'real', dueOn: undefined, ours: undefined, theirs: undefined, difference: undefined } as const
  const rows = places.map(({ fileId, line }) => ({
    ...rowOf(source, by, { ...none, code: 'unparsed_line', currency: undefined }),
    file_id: fileId,
    line,
  }))
  await tx.run(INSERT, [exactJson(rows)])
  await insertEvents(
    tx,
    by,
    rows.map(({ id, code }) => [id, 'opened', code]),
  )
}

function rowOf(source: string, by: By, { ours, payout, theirs, ...found }: NewBreak) {
  const own = ours ?? payout
  return {
    id: newId(),
    source,
    code: found.code,
    class: found.class,
    state: 'open',
    business_date: by.day,
    due_on: found.dueOn,
    attempt_id: ours?.attemptId,
    payment_event_id: ours?.paymentId,
    payout_id: payout?.id,
    ours_amount: own?.amount,
    ours_currency: own?.currency,
    ours_occurred_at: own?.occurredAt,
    ours_business_date: own?.businessDate,
    file_id: theirs?.fileId,
    line: theirs?.line,
    line_kind: theirs?.kind,
    line_status: theirs?.status,
    line_reference: theirs?.reference,
    line_psp_reference: theirs?.pspReference,
    theirs_amount: theirs?.amount,
    theirs_fee: theirs?.fee,
    theirs_currency: theirs?.currency,
    theirs_occurred_at: theirs?.occurredAt,
    difference: found.difference,
    currency: found.currency,
    opened_in_run: by.runId,
    opened_at: by.at,
  }
}

export async function clearBreaks(tx: Tx, by: By, ids: readonly string[], detail: string): Promise<void> {
  if (ids.length === 0) return
  await tx.run(CLEAR, [by.runId, by.at, ids])
  await lapseProposals(tx, ids, by.at, `The break was cleared. ${detail}`)
  await insertEvents(
    tx,
    by,
    ids.map((id) => [id, 'cleared', detail]),
  )
}

export async function promoteBreaks(
  tx: Tx,
  by: By,
  promoted: readonly { readonly id: string; readonly code: BreakCode }[],
): Promise<void> {
  if (promoted.length === 0) return
  await tx.run(PROMOTE, [
    by.at,
    ...toColumns(
      2,
      promoted.map(({ id, code }) => [id, code]),
    ),
  ])
  await insertEvents(
    tx,
    by,
    promoted.map(({ id, code }) => [id, 'promoted', code]),
  )
}

/** Breaks that a run opened again, because what people decided about them does not hold any more. */
export const reopenedBreaks = (tx: Tx, by: By, ids: readonly string[], detail: string): Promise<void> =>
  insertEvents(
    tx,
    by,
    ids.map((id) => [id, 'reopened', detail]),
  )

export const carryBreaks = (tx: Tx, by: By, ids: readonly string[]): Promise<void> =>
  insertEvents(
    tx,
    by,
    ids.map((id) => [id, 'carried', null]),
  )

async function insertEvents(
  tx: Tx,
  by: By,
  events: readonly (readonly [breakId: string, kind: string, detail: string | null])[],
): Promise<void> {
  if (events.length > 0) await tx.run(INSERT_EVENTS, [by.runId, by.at, ...toColumns(3, events)])
}
