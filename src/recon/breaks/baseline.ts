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

/** Marks each break as new or aged, and finds those that are gone. */
export async function compareBaseline(
  duckdb: DuckDb,
  former: readonly string[] | undefined,
): Promise<Baseline | undefined> {
  await duckdb.run('alter table found add column baseline varchar')
  if (former === undefined) return undefined
  await duckdb.run('create table former (id varchar)')
  await duckdb.append(
    'former',
    ['varchar'],
    former.map((id) => [id]),
  )
  await duckdb.run(`update found set baseline = case when id in (select id from former) then 'aged' else 'new' end`)
  const [counts] = await duckdb.query<{ added: bigint; aged: bigint }>(`
    select count(*) filter (baseline = 'new') as added, count(*) filter (baseline = 'aged') as aged from found`)
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
