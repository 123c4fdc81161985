import { postEntries } from '../../ledger/index.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { clearBreaks } from '../break-rows.ts'
import { type CausedRow, reversalsOf } from '../corrections/change-lines.ts'
import { undoAll } from '../resolutions/undo-lines.ts'
import type { RunInProgress } from '../runs/run.ts'
import type { ReconciliationDeps } from '../service.ts'
import { awaitedElsewhere, staleArrivals, staleBreaks, staleResolutions, undoArrivals } from './arrivals.ts'
import { strangeFact } from './entries.ts'
import type { BankSource } from './source.ts'

const CAUSED = statement(
  'reconciliation.entries_of_bank_lines',
  `select e.id, e.payment_event_id as "paymentId", e.payment_order_id as "orderId", a.name, a.type, p.amount, p.currency
     from journal_entry e join posting p on p.entry_id = e.id join ledger_account a on a.id = p.account_id
    where (e.kind = 'payout_arrived' and e.fact = any($1::text[]) or e.kind = 'unmatched_line' and e.fact = any($2::text[]))
      and not exists (select from journal_entry r where r.reverses = e.id)
    order by e.id, p.position`,
)

/** The entries that these arrivals and strange lines caused, and that stand. */
export const causedBy = (tx: Tx, arrivals: readonly string[], strangeFacts: readonly string[]): Promise<CausedRow[]> =>
  tx.run<CausedRow>(CAUSED, [arrivals, strangeFacts])

/**
 * Undoes what is no longer so: statements that were replaced or withdrawn, and payouts whose line is no longer in the PSP's
 * file. What people decided about them is undone, entries get their reversals, and breaks about them are cleared; what is left is
 * matched anew. What another bank awaited, until the PSP paid out to this one, is cleared there and awaited here.
 */
export async function undoStale(
  tx: Tx,
  { clock, directory }: Pick<ReconciliationDeps, 'clock' | 'directory'>,
  source: BankSource,
  run: RunInProgress,
): Promise<void> {
  const now = clock.now()
  const by = { runId: run.id, day: run.businessDate, at: now }
  await clearBreaks(tx, by, await awaitedElsewhere(tx, source), `The PSP pays out to ${source.name} by now.`)
  const decided = await staleResolutions(tx, run.source)
  await undoAll(tx, directory, by, { ids: decided, why: 'The payout or the line that it is about is gone.' })
  const arrivals = await staleArrivals(tx, run.source)
  const gone = await staleBreaks(tx, run.source)
  if (arrivals.length === 0 && gone.length === 0) return
  await undoArrivals(
    tx,
    run.id,
    now,
    arrivals.map(({ id }) => id),
  )
  await clearBreaks(
    tx,
    by,
    gone.map(({ id }) => id),
    'Its line is no longer in the file that it stood in.',
  )
  const facts = gone.flatMap(({ fileId, line, payoutId, businessDate }) =>
    fileId === null || line === null || payoutId !== null ? [] : [strangeFact({ fileId, line }, businessDate)],
  )
  const caused = await causedBy(
    tx,
    arrivals.map(({ id }) => id),
    facts,
  )
  await postEntries(tx, directory, reversalsOf(caused, now), now)
}
