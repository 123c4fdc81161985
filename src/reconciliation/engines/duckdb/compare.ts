import { literal } from '../../../platform/duckdb.ts'
import { type FeeSchedule, MAX_FEE, type PairTerms } from '../../source.ts'
import type { Tolerance } from '../../tolerance.ts'

/** Kinds of lines that stand for a charge or against one. Payouts and fees have proofs of their own. */
export const COMPARED = `kind not in ('payout', 'payout_reversal', 'fee')`

/** Words with which a PSP says that a charge is what it should be. */
export const GOOD_STATUS = `(status is null or lower(status) in ('captured', 'settled', 'succeeded', 'paid'))`

/**
 * A query of pairs of tables `o` and `t`, and what differs in each: the weightiest difference first. `part` says which part of its
 * line a pair has.
 */
export const comparedSql = (
  rule: string,
  from: string,
  { feeSchedule, tolerance }: PairTerms,
  part = 'null::integer',
): string => `
  select * exclude (status, asked_amount),
         case when ours_currency <> theirs_currency then 'currency_mismatch'
              when not ${GOOD_STATUS} then 'status_mismatch'
              when ${differSql('theirs_amount', 'ours_amount', 'ours_currency', tolerance?.amount)} then 'amount_mismatch'
              when asked_amount <> ours_amount then 'split_mismatch'
              when expected_fee is not null and ${differSql('fee', 'expected_fee', 'theirs_currency', tolerance?.fee)} then 'fee_mismatch' end as code
    from (select o.rowid as o, t.n as t, ${part} as part, ${rule} as rule, o.attempt_id, o.payment_id, o.amount as ours_amount, o.currency as ours_currency,
                 o.occurred_ms as ours_ms, o.ours_break, t.amount as theirs_amount, t.fee, t.currency as theirs_currency,
                 t.occurred_ms as theirs_ms, ${expectedFee(feeSchedule)} as expected_fee, t.status, o.asked_amount
            from ${from})`

/** Whether an amount differs from what is expected by more than is tolerated, see ../../tolerance.ts. */
function differSql(amount: string, expected: string, currency: string, tolerance: Tolerance | undefined): string {
  const { minorUnits, basisPoints } = tolerance ?? {}
  const fixed = [...(minorUnits ?? [])].map(([name, allowed]) => ` when ${literal(name)} then ${allowed}`).join('')
  const bounds = [
    ...(minorUnits === undefined ? [] : [fixed === '' ? '0' : `case ${currency}${fixed} else 0 end`]),
    ...(basisPoints === undefined ? [] : [`abs(${expected}::hugeint) * ${basisPoints} // 10000`]),
  ]
  const isOther = `${amount} <> ${expected}`
  // Amounts of 64 bits may be further apart than that.
  return bounds.length === 0
    ? isOther
    : `(${isOther} and abs(${amount}::hugeint - ${expected}::hugeint) > least(${bounds.join(', ')}))`
}

const HALF_MILLION = 500_000n

/** What the schedule says of our amount, or of theirs across currencies. Amounts that 64 bits are enough for take a tenth of the time. */
export function expectedFee(schedule: FeeSchedule | undefined): string {
  if (schedule === undefined) return 'null::bigint'
  const { ratePpm, fixed } = schedule
  const amount = '(case when o.currency = t.currency then o.amount else t.amount end)'
  const fee = (type: string): string => `(${amount}::${type} * ${ratePpm} + ${HALF_MILLION}) // 1000000 + ${fixed}`
  const enough = (MAX_FEE - HALF_MILLION) / BigInt(Math.max(1, ratePpm))
  return `case when ${amount} between -${enough} and ${enough} then ${fee('bigint')}
               else greatest(least(${fee('hugeint')}, ${MAX_FEE}), -${MAX_FEE})::bigint end`
}
