import assert from 'node:assert/strict'
import { type Account, type NewEntry, postEntries } from '../../ledger/index.ts'
import { toColumns } from '../../platform/columns.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { newId } from '../../platform/ids.ts'
import { insertPayouts, isPayout, undoPayouts } from '../bank/payouts.ts'
import { bookedLine, factOf, factOfPart } from '../booked-line.ts'
import { clearBreaks, insertBreaks } from '../break-rows.ts'
import { endOfDay } from '../calendar.ts'
import { breakOfOurs, breakOfTheirs } from '../decide.ts'
import { loneEntries } from '../entries.ts'
import { undoResolutionsOfLines } from '../resolutions/undo-lines.ts'
import type { RunInProgress } from '../runs/run.ts'
import type { ReconciliationDeps } from '../service.ts'
import { lineKey, STANDS, settledBefore } from '../settled.ts'
import type { Source } from '../source.ts'
import { bookedCharges } from './booked-charges.ts'

/** A line of a file that another version of the file has not, where it is booked or will be. */
export type ChangedLine = {
  readonly file_id: string
  readonly line: number
  readonly kind: string
  readonly status: string | null
  readonly reference: string | null
  readonly psp_reference: string | null
  readonly amount: bigint
  readonly fee: bigint
  readonly currency: string
  readonly occurred_ms: bigint | null
}

type Deps = Pick<ReconciliationDeps, 'clock' | 'directory'>

export type Context = {
  readonly source: Source
  /** The run that does it. */
  readonly run: RunInProgress
  /** The day of the file. */
  readonly businessDate: string
}

const CAUSED = statement(
  'reconciliation.entries_of_lines',
  `select e.id, e.payment_event_id as "paymentId", e.payment_order_id as "orderId", a.name, a.type, p.amount, p.currency
     from journal_entry e join posting p on p.entry_id = e.id join ledger_account a on a.id = p.account_id
    where e.kind in ('psp_fee', 'psp_payout', 'unmatched_line') and e.fact = any($1::text[])
      and not exists (select from journal_entry r where r.reverses = e.id)
    order by e.id, p.position`,
)

const OPEN_OF_LINES = statement(
  'reconciliation.open_breaks_of_lines',
  `select b.id from unnest($1::uuid[], $2::integer[]) as l (file_id, line)
     join recon_break b on b.file_id = l.file_id and b.line = l.line and b.state = 'open'`,
)

const UNSETTLE = statement(
  'reconciliation.unsettle_charges',
  `insert into unsettled_charge (attempt_id, revision, run_id, unsettled_at)
   select s.attempt_id, s.revision, $1, $2
     from unnest($3::uuid[], $4::integer[]) as l (file_id, line)
     join settled_charge s on s.file_id = l.file_id and s.line = l.line
    where ${STANDS}
   returning attempt_id`,
)

const PARTS = statement(
  'reconciliation.parts_of_lines',
  `select s.file_id, s.line, s.part from unnest($1::uuid[], $2::integer[]) as l (file_id, line)
     join settled_charge s on s.file_id = l.file_id and s.line = l.line where s.part > 0`,
)

/**
 * Undoes what lines caused: entries get their reversals, charges that they settled are open again, and breaks about them are
 * cleared. What sellers got of a charge they keep: it may be paid out, and the break says that the PSP owes it.
 */
export async function undoLines(tx: Tx, deps: Deps, context: Context, lines: readonly ChangedLine[]): Promise<void> {
  const { source, run } = context
  const now = deps.clock.now()
  const by = { runId: run.id, day: run.businessDate, at: now }
  const places = toColumns(
    2,
    lines.map(({ file_id, line }) => [file_id, line]),
  )
  await undoResolutionsOfLines(tx, deps.directory, by, places)
  const open = await tx.run<{ id: string }>(OPEN_OF_LINES, places)
  await clearBreaks(
    tx,
    by,
    open.map(({ id }) => id),
    'Its line is no longer in the file of its day.',
  )
  const unsettled = await tx.run<{ attempt_id: string }>(UNSETTLE, [run.id, now, ...places])
  const charges = await bookedCharges(
    tx,
    source,
    unsettled.map((row) => row.attempt_id),
  )
  const around = { day: run.businessDate, source }
  await insertBreaks(
    tx,
    source.name,
    by,
    charges.map((charge) => breakOfOurs({ ...charge, isDuplicate: false }, around)),
  )
  await undoPayouts(tx, places, now)
  const parts = await tx.run<Pick<ChangedLine, 'file_id' | 'line'> & { part: number }>(PARTS, places)
  const facts = [...lines.map(factOf), ...parts.map((part) => factOfPart(part, part.part))]
  const caused = await tx.run<CausedRow>(CAUSED, [facts])
  await postEntries(tx, deps.directory, reversalsOf(caused, now), now)
}

export type CausedRow = {
  readonly id: string
  readonly paymentId: string | null
  readonly orderId: string | null
  readonly name: string
  readonly type: Account['type']
  readonly amount: bigint
  readonly currency: string
}

export const reversalsOf = (rows: readonly CausedRow[], now: Date): readonly NewEntry[] =>
  [...Map.groupBy(rows, (row) => row.id)].map(([id, postings]) => {
    const [first] = postings
    assert(first !== undefined, 'an entry has its postings')
    return {
      id: newId(),
      kind: 'line_undone',
      fact: id,
      paymentId: first.paymentId ?? undefined,
      orderId: first.orderId ?? undefined,
      reverses: id,
      occurredAt: now,
      postings: postings.map(({ name, type, amount, currency }) => ({
        account: { name, type },
        amount: -amount,
        currency,
      })),
    }
  })

/** Takes lines in that came after the run of their day: booked as lines without a record, and open until they are matched. */
export async function addLines(tx: Tx, deps: Deps, context: Context, lines: readonly ChangedLine[]): Promise<void> {
  const { source, run, businessDate } = context
  const now = deps.clock.now()
  const by = { runId: run.id, day: run.businessDate, at: now }
  const compared = lines.filter(({ kind }) => !['fee', 'payout', 'payout_reversal'].includes(kind))
  const settled = await settledBefore(tx, source, compared)
  // As the run of its own day would have: what was due since is promoted by this one.
  const around = { day: businessDate, source }
  await insertBreaks(
    tx,
    source.name,
    by,
    compared.map((each) =>
      breakOfTheirs(
        {
          fileId: each.file_id,
          line: each.line,
          kind: each.kind,
          status: each.status,
          reference: each.reference,
          pspReference: each.psp_reference,
          amount: each.amount,
          fee: each.fee,
          currency: each.currency,
          occurredAt: each.occurred_ms === null ? null : new Date(Number(each.occurred_ms)),
          isDuplicate: each.kind === 'charge' && settled.has(lineKey(each)),
        },
        around,
      ),
    ),
  )
  const dayEnd = endOfDay(businessDate, source)
  await insertPayouts(
    tx,
    source.name,
    businessDate,
    lines
      .filter(({ kind }) => isPayout(kind))
      .map((each) => ({
        fileId: each.file_id,
        line: each.line,
        kind: each.kind,
        pspReference: each.psp_reference,
        reference: each.reference,
        amount: each.amount,
        currency: each.currency,
        occurredAt: each.occurred_ms === null ? new Date(dayEnd.getTime() - 1) : new Date(Number(each.occurred_ms)),
      })),
  )
  const entries = lines.flatMap((each) => {
    const { amount, currency, occurred_ms, ...line } = each
    const booked = bookedLine(
      { ...line, theirs_amount: amount, theirs_currency: currency, theirs_ms: occurred_ms },
      dayEnd,
    )
    return loneEntries(source.name, each.kind, booked)
  })
  await postEntries(
    tx,
    deps.directory,
    entries.filter((entry) => entry !== undefined),
    now,
  )
}
