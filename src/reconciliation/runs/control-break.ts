import { type Db, statement } from '../../platform/db.ts'
import type { SettlementFile } from '../../settlement/index.ts'
import { clearBreaks, insertFileBreak } from '../break-rows.ts'
import type { RunInProgress } from './run.ts'

const OF_FILE = statement(
  'reconciliation.control_break_of_file',
  `select id from recon_break where file_id = $1 and code = 'control_total_mismatch'`,
)
const OPEN = statement(
  'reconciliation.open_control_breaks',
  `select id from recon_break where source = $1 and business_date = $2 and code = 'control_total_mismatch' and state = 'open'`,
)

/** A file that came for the day of a run and was rejected: a break, once, until a file is accepted. */
export async function noteControlBreak(
  db: Db,
  source: string,
  run: RunInProgress,
  file: SettlementFile,
  at: Date,
): Promise<void> {
  if (file.status !== 'rejected') return
  await db.transaction(async (tx) => {
    if ((await tx.run(OF_FILE, [file.id])).length > 0) return
    await insertFileBreak(tx, source, { runId: run.id, day: run.businessDate, at }, file.id)
  })
}

/** The day has its file: what was wrong with the ones before does not matter any more. */
export async function clearControlBreaks(db: Db, source: string, run: RunInProgress, at: Date): Promise<void> {
  await db.transaction(async (tx) => {
    const open = await tx.run<{ id: string }>(OPEN, [source, run.businessDate])
    const by = { runId: run.id, day: run.businessDate, at }
    await clearBreaks(
      tx,
      by,
      open.map(({ id }) => id),
      'A file of the day was accepted.',
    )
  })
}
