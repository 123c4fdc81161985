import type { Rule } from '../engine.ts'

/** A pass: records whose key agrees are claimed, rank by rank. */
type Pass = { readonly rule: Rule; readonly key: readonly string[] }

/** From the strongest key to the weakest; what a pass claims no later one sees. */
export const PASSES: readonly Pass[] = [
  { rule: 'exact', key: ['reference', 'currency', 'amount'] },
  { rule: 'reference', key: ['reference'] },
  { rule: 'psp_reference', key: ['psp_reference', 'currency', 'amount'] },
  { rule: 'psp_reference', key: ['psp_reference'] },
]

/** Charges are the only records of ours so far. */
const KIND = `kind = 'charge'`

/** A line that names another charge of ours is about that one, whatever id it carries. */
const NOT_ANOTHERS = `and (reference is null or not regexp_matches(reference, '^att_[0-9a-f]{32}$'))`

/**
 * Two records of one side with one key are told apart by their time and then by their name, so that the same records give
 * the same pairs in whatever order they come. Almost every key stands for one record on each side: those are joined as
 * they are, and only the others are ranked. (Of 1 M records a side, ranking all takes 1.7 s, this 0.5 s.)
 */
export function passSql({ rule, key }: Pass): readonly string[] {
  const keys = key.join(', ')
  const left = `${key[0]} is not null`
  const several = (table: string): string => `select ${keys} from ${table} group by ${keys} having count(*) > 1`
  const pairs = (ours: string, theirs: string, using: string): string =>
    `insert into pair select o.n, t.n, '${rule}' from ${ours} o join ${theirs} t using (${using})`
  return [
    `create or replace temp table o_left as select n, ${keys}, occurred_ms, attempt_id from ours anti join pair on pair.o = ours.n where ${left}`,
    `create or replace temp table t_left as select n, ${keys}, occurred_ms, file_id, line from theirs anti join pair on pair.t = theirs.n
      where ${left} and ${KIND} ${rule === 'psp_reference' ? NOT_ANOTHERS : ''}`,
    `create or replace temp table repeated as select distinct ${keys} from (${several('o_left')} union all ${several('t_left')})`,
    pairs(`(select * from o_left anti join repeated using (${keys}))`, 't_left', keys),
    pairs(
      `(select *, row_number() over (partition by ${keys} order by occurred_ms, attempt_id) as rank from o_left semi join repeated using (${keys}))`,
      `(select *, row_number() over (partition by ${keys} order by occurred_ms, file_id, line) as rank from t_left semi join repeated using (${keys}))`,
      `${keys}, rank`,
    ),
  ]
}
