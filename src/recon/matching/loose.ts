import type { DuckDb } from '../../platform/duckdb.ts'
import { keySql } from '../rows/key-form.ts'

/** How much of the end of a reference is compared before its loosest form is made, which takes some microseconds. */
const TAIL = 6

/**
 * Tables `ours_loose` and `theirs_loose` (loose, rows): the loosest forms that references of rows without a partner have, and
 * how many of all rows of each side have the same.
 *
 * The loosest form of a reference ends with its last characters, unless there are marks among them, or is shorter than they are:
 * most rows are left out by looking at their end alone. Rows that were matched straight have the same reference on both sides, so
 * that those of ours are counted for both.
 */
export async function countLoose(duckdb: DuckDb): Promise<void> {
  await duckdb.run(`
    create table wanted_loose as
      select distinct loose from (
        select loose from ours_left anti join pair on pair.o = ours_left.n
        union all select loose from theirs_left anti join pair on pair.t = theirs_left.n)
       where loose is not null`)
  const [short] = await duckdb.query<{ rows: bigint }>(
    `select count(*) as rows from wanted_loose where length(loose) < ${TAIL}`,
  )
  // Noughts and letters in front of digits may be taken off, so that what is left is shorter.
  const isSteady = `regexp_full_match(tail, '[${short?.rows === 0n ? '0-9A-Z' : '1-9'}][A-Z0-9]{${TAIL - 1}}')`
  await duckdb.run(`
    create table ours_loose as
      select loose, count(*) as rows
        from (select ${keySql('ref', 'loose')} as loose
                from (select ref, upper(right(ref, ${TAIL})) as tail from ours where ref is not null)
               where tail in (select right(loose, ${TAIL}) from wanted_loose) or not ${isSteady})
       where loose in (select loose from wanted_loose) group by loose;
    create table theirs_loose as
      select loose, sum(rows)::bigint as rows
        from (from ours_loose
              union all select loose, -count(*) from ours_left where loose in (select loose from wanted_loose) group by loose
              union all select loose, count(*) from theirs_left where loose in (select loose from wanted_loose) group by loose)
       group by loose having sum(rows) > 0`)
}
