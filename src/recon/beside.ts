import type { DuckDb } from '../platform/duckdb.ts'
import { keySql } from './key-form.ts'
import { cellOf, rawTable, type Side, type SideSpec } from './side.ts'
import { stateOf } from './states.ts'

/**
 * What stands beside the amounts, where a file has it: table `ours_state` (n, state) of rows that are not simply paid, and
 * `ours_second` (n, second) of rows with a second reference. The same of theirs. A word for a state that is not known is
 * `unknown`, and agrees with every other.
 */
export async function createBeside(duckdb: DuckDb, side: Side, { second, status }: SideSpec): Promise<void> {
  const { name } = side
  await duckdb.run(`create table ${name}_word (word varchar, state varchar);
    create table ${name}_state (n integer, state varchar); create table ${name}_second (n integer, second varchar)`)
  if (second !== undefined)
    await duckdb.run(
      `insert into ${name}_second select n, ${keySql(cellOf(side, second), 'case')} as second from ${rawTable(name)} where second is not null`,
    )
  if (status === undefined) return
  const word = `coalesce(trim(${cellOf(side, status)}), '')`
  const words = await duckdb.query<{ word: string }>(`select distinct ${word} as word from ${rawTable(name)}`)
  const states = words.map((each) => [each.word, stateOf(each.word) ?? 'unknown'] as const)
  await duckdb.append(
    `${name}_word`,
    ['varchar', 'varchar'],
    states.filter(([, state]) => state !== 'paid'),
  )
  await duckdb.run(
    `insert into ${name}_state select n, w.state from ${rawTable(name)} join ${name}_word w on w.word = ${word}`,
  )
}

/**
 * Whether the states of a pair say two things, as a condition on `os` and `ts`, the states of both. Where one side alone has a
 * column for it, the other one's row says that money moved: that is at odds with a failure, and with a refund of which there
 * is no row.
 */
export function stateDiffers(has: { readonly ours: boolean; readonly theirs: boolean }): string {
  const [ours, theirs] = ["coalesce(os.state, 'paid')", "coalesce(ts.state, 'paid')"]
  if (has.ours && has.theirs) return `(${ours} <> ${theirs} and 'unknown' not in (${ours}, ${theirs}))`
  if (!has.ours && !has.theirs) return 'false'
  const [state, row, other] = has.ours ? [ours, 'o', 'theirs'] : [theirs, 't', 'ours']
  return `(${state} = 'failed' or (${state} = 'refunded' and not exists (
    select 1 from ${other} r where r.key = ${row}.key and sign_of(r.amount) <> sign_of(${row}.amount))))`
}
