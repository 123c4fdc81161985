import { type DuckDb, literal } from '../../../platform/duckdb.ts'
import type { MatchRequest } from '../engine.ts'
import { COMPARED, comparedSql } from './compare.ts'
import { pairJoined } from './joined.ts'
import { PASSES, passSql } from './passes.ts'

/**
 * The table `compared`: which record of ours goes with which line, by which rule, and what differs, the weightiest difference
 * first. Every record is in one pair at most.
 *
 * Almost every charge that a line names stands once on each side. One join compares all of those and is itself the first two
 * passes for them: exact, or else the reference. `o_rest` and `t_rest` are what is left.
 */
export async function pairNamed(duckdb: DuckDb, request: MatchRequest): Promise<void> {
  const exact = `case when o.currency = t.currency and o.amount = t.amount then 'exact' else 'reference' end`
  await duckdb.run(`
    create or replace table compared as
      ${comparedSql(exact, `theirs t join ours o on o.attempt_id = t.charge_id where t.kind = 'charge'`, request)};
    create or replace table crowded as select attempt_id from compared group by attempt_id having count(*) > 1;
    delete from compared where attempt_id in (select attempt_id from crowded);
    drop table crowded;
    create or replace table o_rest as
      select o.rowid as n, o.attempt_id as charge_id, o.psp_reference, o.currency, o.amount, o.occurred_ms, o.ours_break
        from ours o anti join compared c on c.o = o.rowid;
    create or replace table t_rest as
      select t.n, t.charge_id, t.psp_reference, t.kind, t.status, t.currency, t.amount, t.occurred_ms,
             coalesce(k.file_id, ${literal(request.fileId)}) as file_id, coalesce(k.line, t.n) as line
        from theirs t anti join compared c on c.t = t.n left join carried_theirs k on k.n = t.n where t.${COMPARED}`)
}

/** Pairs the rest, pass by pass. `o_alone` and `t_alone` are those that are in no pair. */
export async function pairRest(duckdb: DuckDb, request: MatchRequest): Promise<void> {
  await duckdb.run('create or replace table late_pair (o bigint, t integer, rule varchar)')
  for (const pass of PASSES) for (const sql of passSql(pass)) await duckdb.run(sql)
  await duckdb.run(`
    insert into compared
      ${comparedSql('p.rule', 'late_pair p join ours o on o.rowid = p.o join theirs t on t.n = p.t', request)};
  `)
  await pairJoined(duckdb, request)
  await duckdb.run(`
    create or replace table o_alone as select n, charge_id from o_rest anti join late_pair p on p.o = o_rest.n;
    create or replace table t_alone as select n, charge_id, psp_reference, kind from t_rest anti join late_pair p on p.t = t_rest.n`)
}
