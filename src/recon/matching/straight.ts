import { randomBytes } from 'node:crypto'
import type { DuckDb } from '../../platform/duckdb.ts'
import { keySql } from '../rows/key-form.ts'
import { SIDES, type SideName } from '../side.ts'

/** A row that is left, its date as a text. */
const LEFT = `* replace (day::varchar as day), ${keySql('ref', 'loose')} as loose`

const ALL_BITS = `${2n ** 64n - 1n}::ubigint`

/**
 * Tables `ours_left` and `theirs_left`: rows that are not matched straight, which are those without a key, and all of a key unless
 * it has one row on each side, both say the same, and both are sales that were paid. A fee that only one of them has is no
 * difference. When dates have to be near (`isNearAsked`) all rows are left.
 *
 * One aggregate over both sides finds the keys, by hashes alone: `said` is that of what a row says, on the other side with all of
 * its bits turned, so that two rows that say the same leave all bits set. The key is part of it, read backwards: two keys are
 * taken for one only where 128 bits agree. A number that each run draws anew is in all of it: else whoever writes a file could
 * choose a fee with which another amount has the same hash. For ten million rows a side this takes 8 processor seconds; keys that
 * repeat found first and a join of the others took 14.
 */
export async function leaveStraight(duckdb: DuckDb, isNearAsked: boolean): Promise<void> {
  if (isNearAsked) {
    for (const side of SIDES) await duckdb.run(`create table ${side}_left as select ${LEFT} from ${side}`)
    return
  }
  const fees = await feesIn(duckdb)
  const secret = `'${randomBytes(8).readBigInt64LE()}'::bigint`
  const numbers = fees === 'all' ? ['amount', 'fee'] : ['amount']
  const said = `hash(${secret}, reverse(key), currency, ${numbers.map((each) => `xor(${each}, ${secret})`).join(', ')})`
  const rowsOf = (side: SideName): string => {
    const isPlain = `apart is null and n not in (select n from ${side}_state)`
    const turned = side === 'ours' ? said : `xor(${said}, ${ALL_BITS})`
    return `select hash(key) as h, case when ${isPlain} then ${turned} else 0::ubigint end as said, fee from ${side} where key is not null`
  }
  const isUneven = `count(*) <> 2 or bit_xor(said) <> ${ALL_BITS} ${fees === 'some' ? 'or min(fee) <> max(fee)' : ''}`
  await duckdb.run(
    `create table uneven as select h from (${SIDES.map(rowsOf).join(' union all ')}) group by h having ${isUneven}`,
  )
  for (const side of SIDES)
    await duckdb.run(`
      create table ${side}_left as
        select ${LEFT} from ${side} where key is null or hash(key) in (select h from uneven)`)
  await duckdb.run('drop table uneven')
}

/** Whether all rows of both sides have a fee, or some, or those of one side none: nothing is then compared. */
async function feesIn(duckdb: DuckDb): Promise<'all' | 'some' | 'none'> {
  const counted = SIDES.map((side) => `select count(fee) as fees, count(*) as rows from ${side}`).join(' union all ')
  const [found] = await duckdb.query<{ all: boolean; none: boolean }>(
    `select bool_and(fees = rows) as all, bool_or(fees = 0) as none from (${counted})`,
  )
  return found?.none === true ? 'none' : found?.all === true ? 'all' : 'some'
}
