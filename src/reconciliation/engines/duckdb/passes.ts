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

/**
 * Two records of one side with one key are told apart by their time and then by their name, so that the same records give
 * the same pairs in whatever order they come.
 */
export function passSql({ rule, key }: Pass): string {
  const keys = key.join(', ')
  return `
    insert into pair
      with o as (
        select attempt_id, ${keys}, row_number() over (partition by ${keys} order by occurred_ms, attempt_id) as rank
          from ours anti join pair using (attempt_id) where ${key[0]} is not null
      ), t as (
        select file_id, line, ${keys}, row_number() over (partition by ${keys} order by occurred_ms, file_id, line) as rank
          from theirs anti join pair using (file_id, line) where ${key[0]} is not null and ${KIND}
      )
      select o.attempt_id, t.file_id, t.line, '${rule}' from o join t using (${keys}, rank)`
}
