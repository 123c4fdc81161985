import { type DuckDb, literal } from '../../platform/duckdb.ts'
import type { SideName } from '../side.ts'
import { stateOf } from './states.ts'

/**
 * What stands beside the amounts, where a file has it: table `ours_state` (n, state) of rows that are not simply paid. The
 * same of theirs. A word for a state that is not known is `unknown`, and agrees with every other. Gives those words.
 */
export async function createStates(duckdb: DuckDb, name: SideName, hasStatus: boolean): Promise<readonly string[]> {
  const words = hasStatus
    ? await duckdb.query<{ status: string }>(`select distinct status from ${name} where status is not null`)
    : []
  const states = words
    .map(({ status }) => ({ word: status, state: stateOf(status) ?? 'unknown' }))
    .filter(({ state }) => state !== 'paid')
  const values = states.map(({ word, state }) => `(${literal(word)}, ${literal(state)})`)
  await duckdb.run(
    values.length === 0
      ? `create table ${name}_state (n integer, state varchar)`
      : `create table ${name}_state as select n, w.state from ${name} join (values ${values.join(', ')}) w(word, state) on w.word = ${name}.status`,
  )
  return states.filter(({ word, state }) => state === 'unknown' && /\p{L}/u.test(word)).map(({ word }) => word)
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
    select 1 from ${other}_left r where r.key = ${row}.key and sign_of(r.amount) <> sign_of(${row}.amount))))`
}
