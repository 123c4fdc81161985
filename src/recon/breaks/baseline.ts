import type { DuckDb } from '../../platform/duckdb.ts'

/** What became of the breaks of a former result. */
export type Baseline = {
  readonly added: number
  readonly aged: number
  /** Ids of former breaks that are none any more, the first thousand. */
  readonly cleared: readonly string[]
  readonly clearedCount: number
}

const MAX_CLEARED = 1_000

/** What a break is beside the former result, as an expression over its row `f`; null without one. */
export const baselineSql = (baseline: Baseline | undefined): string =>
  baseline === undefined ? 'null::varchar' : `case when f.id in (select id from former) then 'aged' else 'new' end`

/** Counts the breaks that are new and those that are not, and finds those that are gone: table `former` has the former ones. */
export async function compareBaseline(
  duckdb: DuckDb,
  former: readonly string[] | undefined,
): Promise<Baseline | undefined> {
  if (former === undefined) return undefined
  await duckdb.run('create table former (id varchar)')
  await duckdb.append(
    'former',
    ['varchar'],
    former.map((id) => [id]),
  )
  const [counts] = await duckdb.query<{ added: bigint; aged: bigint }>(`
    select count(*) filter (not is_aged) as added, count(*) filter (is_aged) as aged
      from (select id in (select id from former) as is_aged from found)`)
  const gone = await duckdb.query<{ id: string }>(
    'select id from former where id not in (select id from found) order by id',
  )
  return {
    added: Number(counts?.added ?? 0n),
    aged: Number(counts?.aged ?? 0n),
    cleared: gone.slice(0, MAX_CLEARED).map(({ id }) => id),
    clearedCount: gone.length,
  }
}
