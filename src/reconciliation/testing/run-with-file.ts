import type { Db } from '../../platform/db.ts'
import { newId } from '../../platform/ids.ts'

/** Stores a run, and a file of which nothing but its id is there, for rows that say where they come from. */
export async function runWithFile(
  db: Db,
  { source, day, at }: { readonly source: string; readonly day: string; readonly at: Date },
): Promise<{ readonly runId: string; readonly fileId: string }> {
  const [runId, fileId] = [newId(), newId()]
  await db.query(
    `with b as (insert into blob select $2, sha256('x'), 0 returning id)
     insert into settlement_file (id, source, name, status, rejection, sha256, byte_count, line_count, control, diagnostics, received_via,
                                  received_at, original_blob_id)
     select $1, $3, 'a.csv', 'rejected', 'a test', sha256('x'), 0, 0, 'none', '[]', 'uploaded', $4, b.id from b`,
    [fileId, newId(), source, at],
  )
  await db.query(
    `insert into recon_run (id, source, business_date, status, settings, requested_at) values ($1, $2, $3, 'queued', '{}', $4)`,
    [runId, source, day, at],
  )
  return { runId, fileId }
}
