import { type Db, statement } from '../../platform/db.ts'
import { IS_CURRENT } from '../../settlement/index.ts'
import { carryBreaks, clearBreaks, insertUnparsedLines } from '../break-rows.ts'
import type { RunInProgress } from './run.ts'

/** Rows of accepted files that could not be read: a break each, until another version of the file counts. */

const UNREAD = statement(
  'reconciliation.unread_rows',
  // What one row is not read by is told once, whatever else is wrong with it.
  `select distinct f.id as "fileId", (d ->> 'line')::integer as line
     from settlement_file f, jsonb_array_elements(f.diagnostics) d
    where f.source = $1 and f.business_date <= $2 and ${IS_CURRENT} and f.diagnostics @> '[{"severity": "error"}]'
      and d ->> 'severity' = 'error'
      and not exists (select from recon_break b where b.file_id = f.id and b.line = (d ->> 'line')::integer and b.code = 'unparsed_line')
    order by 1, 2`,
)
const OPEN = statement(
  'reconciliation.open_unparsed_lines',
  `select b.id, exists (select from settlement_file f where f.id = b.file_id and ${IS_CURRENT}) as stands
     from recon_break b where b.source = $1 and b.state = 'open' and b.code = 'unparsed_line'`,
)

/** Opens, carries and clears the breaks of such rows up to the day of a run. */
export async function noteUnparsedLines(db: Db, run: RunInProgress, at: Date): Promise<void> {
  const { source, businessDate: day } = run
  const by = { runId: run.id, day, at }
  await db.transaction(async (tx) => {
    const open = await tx.run<{ id: string; stands: boolean }>(OPEN, [source])
    const gone = open.filter(({ stands }) => !stands).map(({ id }) => id)
    await clearBreaks(tx, by, gone, 'Its file was replaced or withdrawn.')
    // A run that is tried again has carried them.
    const [touched] = await tx.query<{ n: bigint }>(
      `select count(*) as n from recon_break_event e join recon_break b on b.id = e.break_id
        where e.run_id = $1 and b.code = 'unparsed_line' and e.kind in ('opened', 'carried')`,
      [run.id],
    )
    if (touched?.n === 0n)
      await carryBreaks(
        tx,
        by,
        open.filter(({ stands }) => stands).map(({ id }) => id),
      )
    await insertUnparsedLines(tx, source, by, await tx.run<{ fileId: string; line: number }>(UNREAD, [source, day]))
  })
}
