import { type DuckDb, fileLiteral } from '../../platform/duckdb.ts'
import type { RunSummary } from './run-summary.ts'

/** What is counted of an outcome while it still lies on the disk. */
export type OutcomeSummary = Pick<RunSummary, 'matched'> & {
  /** Rows that the ledger is concerned with. */
  readonly bookable: bigint
}

export async function summariseOutcome(duckdb: DuckDb, path: string): Promise<OutcomeSummary> {
  const rows = `read_parquet(${fileLiteral(path)})`
  const matched = await duckdb.query<OutcomeSummary['matched'][number]>(
    `select rule, ours_currency as currency, count(*) as pairs, sum(ours_amount) as amount
       from ${rows} where what = 'pair' and code is null group by rule, ours_currency order by rule, ours_currency`,
  )
  const [count] = await duckdb.query<{ n: bigint }>(`select count(*) as n from ${rows} where what <> 'ours_only'`)
  return { matched, bookable: count?.n ?? 0n }
}
