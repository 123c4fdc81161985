import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Source } from '../../src/reconciliation/source.ts'

/**
 * What somebody would write by hand: the lines of the file copied into a table, and a full outer join with our records,
 * on our reference, whose rows that differ become breaks. The file is given as lines that are normalised already. One
 * pass, without ranks, second keys, proof or outcome. Gives the seconds it took and the breaks it found.
 */
export async function joinInPostgres(
  database: pg.Client,
  linesPath: string,
  { name, feeSchedule }: Source,
): Promise<{ readonly seconds: number; readonly breaks: number }> {
  // The session looks everything up by index, which this query must not.
  await database.query('set enable_seqscan = on')
  const began = performance.now()
  await database.query(`
    create temp table bench_line (line integer, kind text, status text, psp_reference text, reference text, amount bigint, fee bigint,
      currency char(3), occurred_ms bigint)`)
  await pipeline(createReadStream(linesPath), database.query(copyFrom('copy bench_line from stdin (format csv)')))
  await database.query('analyze bench_line')
  const fee =
    feeSchedule === undefined ? 'null' : `(o.amount * ${feeSchedule.ratePpm} + 500000) / 1000000 + ${feeSchedule.fixed}`
  await database.query(
    `create table bench_break as
       select o.attempt_id, l.line, o.amount as ours, l.amount as theirs,
              case when l.line is null then 'awaiting_settlement' when o.attempt_id is null then 'missing_internal'
                   when l.currency <> o.currency then 'currency_mismatch' when l.status <> 'captured' then 'status_mismatch'
                   when l.amount <> o.amount then 'amount_mismatch' else 'fee_mismatch' end as code
         from (select case when e.kind = 'capture' then po.charge_attempt_id else e.fact::uuid end as attempt_id,
                      sum(p.amount)::bigint as amount, p.currency
                 from journal_entry e
                 join posting p on p.entry_id = e.id and p.amount > 0
                 join ledger_account a on a.id = p.account_id and a.name = 'psp:${name}:receivable'
                 left join payment_order po on po.id = e.payment_order_id
                where e.kind in ('capture', 'late_success')
                group by 1, 3) o
         full join bench_line l on l.reference = 'att_' || replace(o.attempt_id::text, '-', '')
        where l.line is null or o.attempt_id is null or l.currency <> o.currency or l.status <> 'captured'
           or l.amount <> o.amount or l.fee <> ${fee}`,
  )
  const seconds = (performance.now() - began) / 1_000
  const { rows } = await database.query<{ count: string }>('select count(*) from bench_break')
  await database.query('drop table bench_break; drop table bench_line; set enable_seqscan = off')
  return { seconds, breaks: Number(rows[0]?.count) }
}
