import { type DuckDb, literal } from '../../../platform/duckdb.ts'
import type { Facts, MatchRequest, PairColumns } from '../engine.ts'
import { COMPARED } from './compare.ts'

/** What is read of the tables that pairing leaves: the facts for whoever decides, and the outcome of every record. */

const OURS = `o.attempt_id, o.payment_id, o.psp_reference as ours_psp_reference, o.amount as ours_amount, o.currency as ours_currency,
  o.occurred_ms as ours_ms, o.business_date, o.ours_break`

/** Where a line stands: carried ones in their own file. `t.n` is the line, or the number of a carried one. */
const place = ({ fileId }: MatchRequest): string =>
  `coalesce(k.file_id, ${literal(fileId)})::uuid as file_id, coalesce(k.line, t.n) as line, k.theirs_break::uuid as theirs_break`

const theirs = (
  request: MatchRequest,
  amount = 't.amount',
  fee = 't.fee',
): string => `${place(request)}, t.kind, t.status, t.reference,
  t.psp_reference, ${amount} as theirs_amount, ${fee} as fee, t.currency as theirs_currency, t.occurred_ms as theirs_ms`

/**
 * Every record of the day with what became of it: pairs in the order of their lines, then lines without a record of ours,
 * then payouts and other lines that stand for themselves, last what only we have. It has what the ledger is concerned with;
 * texts of either side are found by charge and line, and those of payouts stand here. (Of 300,000 rows a column that counts them takes as long as all of this.)
 */
export async function writeOutcome(duckdb: DuckDb, request: MatchRequest, path: string): Promise<void> {
  const line = `${place(request)}, t.kind, t.amount as theirs_amount, t.fee, t.currency as theirs_currency, t.occurred_ms as theirs_ms`
  await duckdb.run(`
    copy (
      select * exclude (section, n)
        from (select 1 as section, c.t as n, 'pair' as what, c.rule, c.code, c.attempt_id, c.payment_id, c.ours_amount, c.ours_currency,
                     c.ours_ms, c.ours_break, coalesce(k.file_id, ${literal(request.fileId)})::uuid as file_id,
                     coalesce(k.line, c.t) as line, 'charge' as kind, c.theirs_amount, c.fee, c.theirs_currency, c.theirs_ms,
                     c.part, k.theirs_break::uuid as theirs_break, c.expected_fee
                from compared c left join carried_theirs k on k.n = c.t
              union all by name
              select 2 as section, t.n, 'theirs_only' as what, ${line}
                from theirs t semi join t_alone a on a.n = t.n left join carried_theirs k on k.n = t.n
              union all by name
              select 3 as section, t.n, 'line' as what, ${line}, t.reference, t.psp_reference
                from theirs t left join carried_theirs k on k.n = t.n where not (t.${COMPARED})
              union all by name
              select 4 as section, 0 as n, 'ours_only' as what, o.attempt_id, o.payment_id, o.amount as ours_amount, o.currency as ours_currency,
                     o.occurred_ms as ours_ms, o.ours_break
                from ours o semi join o_alone a on a.n = o.rowid)
       order by section, n, attempt_id, ours_break
    ) to ${literal(path)} (format parquet, compression lz4_raw)`)
}

const isTolerant = ({ tolerance }: MatchRequest): boolean => tolerance?.amount !== undefined

export async function readFacts(duckdb: DuckDb, request: MatchRequest): Promise<Omit<Facts, 'outcomePath'>> {
  const [counts] = await duckdb.query<Facts['counts']>(`
    select (select count(*) from ours) as ours, (select count(*) from theirs where ${COMPARED}) as theirs,
           (select count(*) from compared where code is null) as matched`)
  const later = await duckdb.query<{ chain_id: number; first: bigint }>(
    `select chain_id, min(batch_seq) as first from booked where business_date > ${literal(request.window.day)} group by chain_id`,
  )
  return {
    counts: counts ?? { ours: 0n, theirs: 0n, matched: 0n },
    sums: await duckdb.query(`
      select 'ours' as side, currency, sum(amount) as amount from ours group by currency
      union all
      select 'theirs', currency, sum(amount) from theirs where ${COMPARED} group by currency`),
    totals: await duckdb.query(`
      select currency, kind, count(*) as lines, sum(amount) as amount from theirs where n >= 0 group by currency, kind`),
    tolerated: isTolerant(request)
      ? await duckdb.query(`
        select ours_currency as currency, count(*) as pairs, sum(ours_amount::hugeint - theirs_amount) as amount
          from compared where code is null and ours_amount <> theirs_amount group by ours_currency order by ours_currency`)
      : [],
    differences: await duckdb.query<PairColumns>(`
      select c.rule, c.code, c.expected_fee, c.part, ${OURS}, ${theirs(request, 'c.theirs_amount', 'c.fee')}
        from (select o, t, rule, code, expected_fee, part, theirs_amount, fee from compared where code is not null) c
        join ours o on o.rowid = c.o join theirs t on t.n = c.t left join carried_theirs k on k.n = t.n
       order by o.attempt_id, c.t`),
    cleared: (
      await duckdb.query<{ id: string }>(`
        select ours_break as id from compared where ours_break is not null
        union all select k.theirs_break::uuid from carried_theirs k semi join compared c on c.t = k.n order by id`)
    ).map(({ id }) => id),
    unmatchedOurs: await duckdb.query(`
      select ${OURS}, o.attempt_id in (select c.attempt_id from compared c semi join o_alone a on a.charge_id = c.attempt_id) as is_duplicate
        from ours o semi join o_alone a on a.n = o.rowid order by o.attempt_id, o.ours_break`),
    unmatchedTheirs: await duckdb.query(`
      with spoken as (
        select t.n, t.psp_reference from theirs t
          semi join (select psp_reference from t_alone where kind = 'charge') a on a.psp_reference = t.psp_reference
      )
      select ${theirs(request)},
             t.kind = 'charge' and (
               t.n in (select m.n from named m semi join compared c on c.attempt_id = m.charge_id)
               or coalesce(t.charge_id in (select c.attempt_id from compared c semi join t_alone a on a.charge_id = c.attempt_id), false)
               or coalesce(t.psp_reference in (select s.psp_reference from spoken s semi join compared c on c.t = s.n), false)) as is_duplicate
        from theirs t semi join t_alone a on a.n = t.n left join carried_theirs k on k.n = t.n order by file_id, line`),
    firstLater: new Map(later.map((row) => [row.chain_id, row.first])),
  }
}
