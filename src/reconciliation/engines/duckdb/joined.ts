import type { DuckDb } from '../../../platform/duckdb.ts'
import type { FeeSchedule, PairTerms } from '../../source.ts'
import { comparedSql, expectedFee, GOOD_STATUS } from './compare.ts'

/**
 * The pass of joined lines: one that names several charges is matched with all of them when every one is there, in its currency,
 * and they come to its amount. Otherwise nothing of it is matched: nobody knows which of them it is short of. Of two lines
 * that name the same charge the earlier one takes it.
 */
export async function pairJoined(duckdb: DuckDb, terms: PairTerms): Promise<void> {
  await duckdb.run('create or replace table joined (o bigint, t integer)')
  // The earliest line that is whole is claimed in each turn, so that this ends.
  for (;;) {
    await duckdb.run(CLAIM)
    const [claimed] = await duckdb.query<{ n: bigint }>('select count(*) as n from claimed')
    if (claimed === undefined || claimed.n === 0n) break
    await duckdb.run(`
      insert into joined select o, t from claimed;
      insert into late_pair select o, t, 'joined' from claimed`)
  }
  await duckdb.run(partsSql(terms.feeSchedule))
  await duckdb.run(
    `insert into compared by name ${comparedSql(`'joined'`, 'line_part t join ours o on o.rowid = t.o', terms, 't.part')}`,
  )
}

/** Lines that are whole, and whose charges no earlier line that is whole names. */
const CLAIM = `
  create or replace table claimed as
    with free as (
      select *, row_number() over (partition by charge_id order by occurred_ms, ours_break) as rank
        from o_rest anti join late_pair p on p.o = o_rest.n
    ), member as (
      select m.n as t, f.n as o, f.currency, f.amount from named m join free f on f.charge_id = m.charge_id and f.rank = 1
    ), whole as (
      select t.n, t.occurred_ms, t.file_id, t.line
        from t_rest t anti join late_pair p on p.t = t.n
        join (select n, count(*) as names from named group by n) s on s.n = t.n
        join (select t, count(*) as there, sum(amount) as amount, min(currency) as least, max(currency) as most
                from member group by t) m on m.t = t.n
       where s.names = m.there and m.amount = t.amount and m.least = t.currency and m.most = t.currency and ${GOOD_STATUS}
    ), placed as (
      select m.t, m.o, row_number() over (partition by m.o order by w.occurred_ms, w.file_id, w.line) as turn
        from member m join whole w on w.n = m.t
    )
    select t, o from placed where t in (select t from placed group by t having max(turn) = 1)`

/**
 * The table `line_part`: each joined line once for every charge, with its part of the amount and of the fee. Its fee is what the
 * schedule says of each, or without one is shared by amount; what differs or does not come out even falls to the first.
 */
const partsSql = (schedule: FeeSchedule | undefined): string => `
  create or replace table line_part as
    select n, charge_id, kind, status, reference, psp_reference, part_amount as amount, currency, occurred_ms, o, part::integer as part,
           (base + case when part = 1 then fee - sum(base) over (partition by n) else 0 end)::bigint as fee
      from (select t.*, j.o, o.amount as part_amount,
                   row_number() over (partition by t.n order by o.occurred_ms, o.attempt_id) as part,
                   coalesce(${expectedFee(schedule)}, (t.fee::hugeint * o.amount) // t.amount) as base
              from joined j join ours o on o.rowid = j.o join theirs t on t.n = j.t)`
