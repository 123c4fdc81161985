import { type DuckDb, literal } from '../../../platform/duckdb.ts'
import type { FeeSchedule } from '../../source.ts'
import type { MatchRequest } from '../engine.ts'
import { PASSES, passSql } from './passes.ts'

/** Kinds of lines that stand for a charge or against one. Payouts and fees have proofs of their own. */
export const COMPARED = `kind not in ('payout', 'payout_reversal', 'fee')`

/** Words with which a PSP says that a charge is what it should be. */
export const GOOD_STATUS = `(status is null or lower(status) in ('captured', 'settled', 'succeeded', 'paid'))`

/**
 * The table `compared`: which record of ours goes with which line, by which rule, and what differs, the weightiest difference
 * first. Every record is in one pair at most.
 *
 * Almost every charge that a line names stands once on each side. One join compares all of those and is itself the first two
 * passes for them: exact, or else the reference. `o_rest` and `t_rest` are what is left.
 */
export async function pairNamed(duckdb: DuckDb, { feeSchedule, fileId }: MatchRequest): Promise<void> {
  const exact = `case when o.currency = t.currency and o.amount = t.amount then 'exact' else 'reference' end`
  await duckdb.run(`
    create or replace table compared as
      ${comparedSql(exact, `theirs t join ours o on o.attempt_id = t.charge_id where t.kind = 'charge'`, feeSchedule)};
    create or replace table crowded as select attempt_id from compared group by attempt_id having count(*) > 1;
    delete from compared where attempt_id in (select attempt_id from crowded);
    drop table crowded;
    create or replace table o_rest as
      select o.rowid as n, o.attempt_id as charge_id, o.psp_reference, o.currency, o.amount, o.occurred_ms, o.ours_break
        from ours o anti join compared c on c.o = o.rowid;
    create or replace table t_rest as
      select t.n, t.charge_id, t.psp_reference, t.kind, t.status, t.currency, t.amount, t.occurred_ms,
             coalesce(k.file_id, ${literal(fileId)}) as file_id, coalesce(k.line, t.n) as line
        from theirs t anti join compared c on c.t = t.n left join carried_theirs k on k.n = t.n where t.${COMPARED}`)
}

/** Pairs the rest, pass by pass. `o_alone` and `t_alone` are those that are in no pair. */
export async function pairRest(duckdb: DuckDb, { feeSchedule }: MatchRequest): Promise<void> {
  await duckdb.run('create or replace table late_pair (o bigint, t integer, rule varchar)')
  for (const pass of PASSES) for (const sql of passSql(pass)) await duckdb.run(sql)
  await duckdb.run(`
    insert into compared
      ${comparedSql('p.rule', 'late_pair p join ours o on o.rowid = p.o join theirs t on t.n = p.t', feeSchedule)};
    create or replace table o_alone as select n, charge_id from o_rest anti join late_pair p on p.o = o_rest.n;
    create or replace table t_alone as select n, charge_id, psp_reference, kind from t_rest anti join late_pair p on p.t = t_rest.n`)
}

const comparedSql = (rule: string, from: string, schedule: FeeSchedule | undefined): string => `
  select * exclude (status, asked_amount),
         case when ours_currency <> theirs_currency then 'currency_mismatch'
              when not ${GOOD_STATUS} then 'status_mismatch'
              when ours_amount <> theirs_amount then 'amount_mismatch'
              when asked_amount <> ours_amount then 'split_mismatch'
              when expected_fee is not null and fee <> expected_fee then 'fee_mismatch' end as code
    from (select o.rowid as o, t.n as t, ${rule} as rule, o.attempt_id, o.payment_id, o.amount as ours_amount, o.currency as ours_currency,
                 o.occurred_ms as ours_ms, o.ours_break, t.amount as theirs_amount, t.fee, t.currency as theirs_currency,
                 t.occurred_ms as theirs_ms, ${expectedFee(schedule)} as expected_fee, t.status, o.asked_amount
            from ${from})`

const MAX_BIGINT = 2n ** 63n - 1n
const HALF_MILLION = 500_000n

/** What the schedule says of our amount, or of theirs across currencies. Amounts that 64 bits are enough for take a tenth of the time. */
function expectedFee(schedule: FeeSchedule | undefined): string {
  if (schedule === undefined) return 'null::bigint'
  const { ratePpm, fixed } = schedule
  const amount = '(case when o.currency = t.currency then o.amount else t.amount end)'
  const fee = (type: string): string =>
    `((${amount}::${type} * ${ratePpm} + ${HALF_MILLION}) // 1000000 + ${fixed})::bigint`
  const enough = (MAX_BIGINT - HALF_MILLION) / BigInt(Math.max(1, ratePpm))
  return `case when ${amount} between -${enough} and ${enough} then ${fee('bigint')} else ${fee('hugeint')} end`
}
