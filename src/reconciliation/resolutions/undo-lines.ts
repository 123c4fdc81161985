import type { AccountDirectory } from '../../ledger/index.ts'
import { audit } from '../../platform/audit/index.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { publicId } from '../../platform/ids.ts'
import { type By, reopenedBreaks } from '../break-rows.ts'
import { lockResolution } from './rows.ts'
import { undo } from './undo.ts'

const OF_LINES = statement(
  'resolutions.of_lines',
  // The newest first: what was decided about a line that was taken out of its pair goes before that.
  `select r.id from break_resolution r
    where r.state = 'applied' and r.id in (
      select b.resolution_id from unnest($1::uuid[], $2::integer[]) as l (file_id, line)
        join recon_break b on b.file_id = l.file_id and b.line = l.line and b.state = 'resolved'
      union all
      select x.resolution_id from unnest($1::uuid[], $2::integer[]) as l (file_id, line)
        join recon_break b on b.file_id = l.file_id and b.line = l.line
        join break_resolution_break x on x.break_id = b.id
        join break_resolution u on u.id = x.resolution_id and u.verb = 'unmatch')
    order by r.id desc`,
)

const WHY = 'A line that it is about is no longer in the file of its day.'

/** What people decided about lines that are gone is undone with them, and all its breaks are open again. */
export async function undoResolutionsOfLines(
  tx: Tx,
  directory: AccountDirectory,
  by: By,
  places: readonly unknown[],
): Promise<void> {
  const found = await tx.run<{ id: string }>(OF_LINES, places)
  await undoAll(tx, directory, by, {
    ids: found.map(({ id }) => id),
    why: WHY,
  })
}

/** Undoes resolutions one after the other, because what they are about is not so any more. A run does it. */
export async function undoAll(
  tx: Tx,
  directory: AccountDirectory,
  by: By,
  { ids, why }: { readonly ids: readonly string[]; readonly why: string },
): Promise<void> {
  for (const id of ids) {
    const resolution = await lockResolution(tx, id)
    if (resolution === undefined) throw new Error('a resolution that breaks name is there')
    await reopenedBreaks(tx, by, await undo(tx, directory, resolution, { reason: why, at: by.at, isForced: true }), why)
  }
  await audit(
    tx,
    undefined,
    by.at,
    ids.map((id) => ({
      action: 'resolution.undone',
      object: publicId('res', id),
      detail: { reason: why, run: publicId('run', by.runId) },
    })),
  )
}
