import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { accounts } from '../ledger/index.ts'
import { statement, type Tx } from '../platform/db.ts'
import { businessDateSql } from './calendar.ts'
import type { Source } from './source.ts'

/**
 * Our records, from the ledger: one for each charge that the PSP's receivable was debited for. The ledger's chains are
 * the log of what was booked and when it was committed: a run reads each chain from where the one before it told it to,
 * so that nothing is missed however late it was learned, and nothing is read twice for ever.
 */
export type Heads = ReadonlyMap<number, bigint>

const HEADS = statement('reconciliation.heads', 'select id, head_seq from ledger_chain order by id')

const RECEIVABLE = statement('reconciliation.receivable', 'select id from ledger_account where name = $1')

/** How long the chains are in this snapshot. */
export const readHeads = async (tx: Tx): Promise<Heads> =>
  new Map((await tx.run<{ id: number; head_seq: bigint }>(HEADS)).map((row) => [row.id, row.head_seq]))

/** The columns of the CSV that `exportOurs` writes. */
export const OURS_COLUMNS = {
  attempt_id: 'varchar',
  payment_id: 'varchar',
  psp_reference: 'varchar',
  asked_amount: 'bigint',
  amount: 'bigint',
  currency: 'varchar',
  occurred_ms: 'bigint',
  business_date: 'varchar',
  chain_id: 'integer',
  batch_seq: 'bigint',
} as const

/**
 * Writes what the ledger booked on the PSP's receivable for charges after `from`, as CSV. A charge that stands for
 * several orders has a row for each of them.
 */
export async function exportOurs(tx: Tx, source: Source, from: Heads, path: string): Promise<void> {
  await tx.query(`set local statement_timeout = '15min'`)
  const query = await oursQuery(tx, source, from)
  await pipeline(tx.copyOut(query), createWriteStream(path, { mode: 0o600 }))
}

/** The sum of what was booked and belongs to no run yet: per currency, what `exportOurs` would give for later days. */
export async function sumOfLater(
  tx: Tx,
  source: Source,
  window: { readonly day: string; readonly from: Heads; readonly seen: Heads },
): Promise<readonly { readonly currency: string; readonly amount: bigint }[]> {
  const seen = valuesOf(window.seen)
  return tx.query(
    `select o.currency, sum(o.amount) as amount
       from (${await oursQuery(tx, source, window.from)}) o
       join (values ${seen}) as s (chain_id, seq) on s.chain_id = o.chain_id
      where o.business_date > date '${window.day}' or o.batch_seq > s.seq
      group by o.currency`,
  )
}

/** Written with numbers, dates and names of our own, because COPY takes no parameters. */
async function oursQuery(tx: Tx, source: Source, from: Heads): Promise<string> {
  const [account] = await tx.run<{ id: number }>(RECEIVABLE, [accounts.pspReceivable(source.name).name])
  return `
    select c.attempt_id, a.payment_event_id, a.psp_reference, a.amount as asked_amount, c.amount, c.currency,
           (extract(epoch from c.occurred_at) * 1000)::bigint as occurred_ms,
           ${businessDateSql('c.occurred_at', source)} as business_date, c.chain_id, c.batch_seq
      from (select case when e.kind = 'capture' then o.charge_attempt_id else e.fact::uuid end as attempt_id,
                   p.amount, p.currency, e.occurred_at, e.chain_id, e.batch_seq
              from (values ${valuesOf(from)}) as f (chain_id, seq)
              join journal_entry e on e.chain_id = f.chain_id and e.batch_seq > f.seq
              join posting p on p.entry_id = e.id and p.account_id = ${account?.id ?? 0} and p.amount > 0
              left join payment_order o on o.id = e.payment_order_id
             where e.kind in ('capture', 'late_success')) c
      join attempt a on a.id = c.attempt_id`
}

const valuesOf = (heads: Heads): string => [...heads].map(([id, seq]) => `(${id}, ${seq}::bigint)`).join(', ')
