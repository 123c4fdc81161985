import { type Queryable, statement } from '../platform/db.ts'

const LATE = statement(
  'reconciliation.late_sources',
  `select source, min(late_since) as since, count(*) as days from recon_run
    where status = 'waiting_for_file' and late_since is not null and source = any($1::text[]) group by source`,
)

export type LateSource = { readonly since: Date; readonly days: bigint }

/** The sources whose file is late, since when, and for how many business days. */
export async function lateSources(db: Queryable, sources: readonly string[]): Promise<ReadonlyMap<string, LateSource>> {
  const rows = await db.run<LateSource & { readonly source: string }>(LATE, [sources])
  return new Map(rows.map(({ source, since, days }) => [source, { since, days }]))
}
