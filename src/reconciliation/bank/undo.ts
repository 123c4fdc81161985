import { postEntries } from '../../ledger/index.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { clearBreaks } from '../break-rows.ts'
import { reversalsOf } from '../corrections/change-lines.ts'
import { undoAll } from '../resolutions/undo-lines.ts'
import type { RunInProgress } from '../runs/run.ts'
import type { ReconciliationDeps } from '../service.ts'
import { awaitedElsewhere, staleArrivals, staleBreaks, staleResolutions, undoArrivals } from './arrivals.ts'
import { causedBy, type LineBreak } from './caused.ts'
import type { BankSource } from './source.ts'

const LINES_APART = statement(
  'reconciliation.open_lines_of_unmatches',
  `select b.id, b.file_id as "fileId", b.line, b.payout_id as "payoutId", b.business_date as "businessDate"
     from break_resolution r join break_resolution_break x on x.resolution_id = r.id join recon_break b on b.id = x.break_id
    where r.id = any($1::uuid[]) and r.verb = 'unmatch' and b.payout_id is null and b.state = 'open' order by b.id`,
)

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
  const arrivals = (await staleArrivals(tx, run.source)).map(({ id }) => id)
  const gone = await staleBreaks(tx, run.source)
  const goneIds = gone.map(({ id }) => id)
  // A line that was taken out of its pair is open for the sake of its payout: without that it is what this run finds it to be.
  const left = (await tx.run<LineBreak>(LINES_APART, [decided])).filter(({ id }) => !goneIds.includes(id))
  if (arrivals.length === 0 && gone.length === 0 && left.length === 0) return
  await undoArrivals(tx, { runId: run.id }, now, arrivals)
  await clearBreaks(tx, by, goneIds, 'Its line is no longer in the file that it stood in.')
  await clearBreaks(
    tx,
    by,
    left.map(({ id }) => id),
    'The payout that it was taken apart from is gone.',
  )
  await postEntries(tx, directory, reversalsOf(await causedBy(tx, arrivals, [...gone, ...left]), now), now)
}
