import type { DuckDb } from '../platform/duckdb.ts'
import { keySql } from './key-form.ts'
import { SIDES } from './side.ts'

/** How much of the end of a reference is compared before its loosest form is made, which takes half a microsecond. */
const TAIL = 6

/**
 * Tables `ours_loose` and `theirs_loose` (loose, rows): the loosest forms that references of rows without a partner have, and
 * how many of all rows of each side have the same.
 *
 * The loosest form of a reference ends with its last characters, unless there are marks among them, or letters or noughts
 * that could be taken off in front: most rows are left out by looking at their end alone.
 */
export async function countLoose(duckdb: DuckDb): Promise<void> {
  await duckdb.run(`
    create table wanted_loose as
      select distinct loose from (
        select loose from ours_left anti join pair on pair.o = ours_left.n
        union all select loose from theirs_left anti join pair on pair.t = theirs_left.n)`)
  const [short] = await duckdb.query<{ rows: bigint }>(
    `select count(*) as rows from wanted_loose where length(loose) < ${TAIL}`,
  )
  const isSteady = `regexp_full_match(tail, '[1-9${short?.rows === 0n ? 'A-Z' : ''}][A-Z0-9]{${TAIL - 1}}')`
  for (const side of SIDES)
    await duckdb.run(`
      create table ${side}_loose as
        select loose, count(*) as rows
          from (select ${keySql('ref', 'loose')} as loose
                  from (select ref, upper(right(ref, ${TAIL})) as tail from ${side} where ref is not null)
                 where tail in (select right(loose, ${TAIL}) from wanted_loose where length(loose) >= ${TAIL}) or not ${isSteady})
         where loose in (select loose from wanted_loose where loose is not null) group by loose`)
}
