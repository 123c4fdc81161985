import type { Rule } from '../engine.ts'

/** A pass: records whose key agrees are claimed, rank by rank. */
type Pass = { readonly rule: Rule; readonly key: readonly string[] }

/** From the strongest key to the weakest; what a pass claims no later one sees. */
export const PASSES: readonly Pass[] = [
  { rule: 'exact', key: ['charge_id', 'currency', 'amount'] },
  { rule: 'reference', key: ['charge_id'] },
  { rule: 'psp_reference', key: ['psp_reference', 'currency', 'amount'] },
  { rule: 'psp_reference', key: ['psp_reference'] },
]

/** A line that names another charge of ours is about that one, whatever id it carries. */
const NOT_ANOTHERS = 'and charge_id is null and n not in (select n from named)'

/**
 * Pairs of what is left of both sides, `o_rest` and `t_rest`, into `late_pair`. Two records of one side with one key are told
 * apart by their time and then by their name, so that the same records give the same pairs in whatever order they come.
 * Most keys stand for one record on each side: those are joined as they are, and only the others are ranked.
 */
export function passSql({ rule, key }: Pass): readonly string[] {
  const keys = key.join(', ')
  const left = `${key[0]} is not null`
  const several = (table: string): string => `select ${keys} from ${table} group by ${keys} having count(*) > 1`
  const pairs = (ours: string, theirs: string, using: string): string =>
    `insert into late_pair select o.n, t.n, '${rule}' from ${ours} o join ${theirs} t using (${using})`
  return [
    `create or replace table o_left as select * from o_rest anti join late_pair on late_pair.o = o_rest.n where ${left}`,
    `create or replace table t_left as select * from t_rest anti join late_pair on late_pair.t = t_rest.n
      where ${left} and kind = 'charge' ${rule === 'psp_reference' ? NOT_ANOTHERS : ''}`,
    `create or replace table repeated as select distinct ${keys} from (${several('o_left')} union all ${several('t_left')})`,
    pairs(`(select * from o_left anti join repeated using (${keys}))`, 't_left', keys),
    pairs(
      `(select *, row_number() over (partition by ${keys} order by occurred_ms, charge_id, ours_break) as rank from o_left semi join repeated using (${keys}))`,
      `(select *, row_number() over (partition by ${keys} order by occurred_ms, file_id, line) as rank from t_left semi join repeated using (${keys}))`,
      `${keys}, rank`,
    ),
  ]
}
