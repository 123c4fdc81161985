import { decodeOutcome, type EncodedOutcome } from '../../executor/index.ts'
import { toArray, toColumns } from '../../platform/columns.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { businessDate, businessDateSql } from '../calendar.ts'
import { namedCharge } from '../engines/stream/record.ts'
import type { Heads } from '../ours.ts'
import { exactJson, type RunInProgress } from '../runs/run.ts'
import { STANDS } from '../settled.ts'
import type { Source } from '../source.ts'
import type { Arriving } from './store.ts'

/** What came since: entries behind the heads that were read, and webhooks that wait. */

const BATCHES = statement(
  'reconciliation.live_batches',
  `select b.chain_id as chain, b.seq, b.seq - coalesce(($1::jsonb ->> c.id::text)::bigint, 0) as nth, b.posting_count as postings
     from ledger_chain c
    cross join lateral (select b.chain_id, b.seq, b.posting_count from ledger_batch b
                         where b.chain_id = c.id and b.seq > coalesce(($1::jsonb ->> c.id::text)::bigint, 0) order by b.seq limit 64) b
    order by nth, chain`,
)

/** About two thousand captures: some tens of milliseconds of work. */
const POSTINGS_AT_ONCE = 6_000

/** How far each chain is read next: in turn, so that none waits for the others, and at least one batch where there is one. */
export async function nextHeads(tx: Tx, heads: Heads): Promise<Heads> {
  const batches = await tx.run<{ chain: number; seq: bigint; postings: number }>(BATCHES, [exactJson(heads)])
  const next = new Map<number, bigint>()
  let postings = 0
  for (const batch of batches) {
    if (postings > 0 && postings + batch.postings > POSTINGS_AT_ONCE) break
    postings += batch.postings
    next.set(batch.chain, batch.seq)
  }
  return next
}

type OursRow = {
  readonly charge: string
  readonly payment: string
  readonly psp_reference: string | null
  readonly asked: bigint
  readonly amount: bigint
  readonly currency: string
  readonly occurred_at: Date
  readonly day: string
  readonly chain: number
  readonly seq: bigint
}

const oursStatement = (source: Source) =>
  statement(
    `reconciliation.live_ours_${source.name}`,
    `select a.id as charge, a.payment_event_id as payment, a.psp_reference, a.amount as asked, coalesce(o.amount, a.amount) as amount,
            a.currency, e.occurred_at, ${businessDateSql('e.occurred_at', source)} as day, e.chain_id as chain, e.batch_seq as seq
       from unnest($2::smallint[], $3::bigint[], $4::bigint[]) as f (chain_id, behind, upto)
       join journal_entry e on e.chain_id = f.chain_id and e.batch_seq > f.behind and e.batch_seq <= f.upto
        and e.kind in ('capture', 'late_success')
       left join payment_order o on e.kind = 'capture' and o.id = e.payment_order_id
       join attempt a on a.psp = $1 and a.id = coalesce(o.charge_attempt_id, case when e.kind = 'late_success' then e.fact::uuid end)`,
  )

/** Our records between two heads, without those that a run has compared already. */
export async function oursBetween(
  tx: Tx,
  source: Source,
  { heads, next, run }: { readonly heads: Heads; readonly next: Heads; readonly run: RunInProgress | undefined },
): Promise<readonly Arriving[]> {
  const ranges = [...next].map(([chain, seq]) => [chain, heads.get(chain) ?? 0n, seq])
  const rows = await tx.run<OursRow>(oursStatement(source), [source.name, ...toColumns(3, ranges)])
  const isOver = ({ occurred_at, chain, seq }: OursRow): boolean =>
    run !== undefined && seq <= (run.seenHeads.get(chain) ?? 0n) && isOfRun(occurred_at, run)
  return rows
    .filter((row) => !isOver(row))
    .map(({ charge, payment, chain, seq, ...row }) => ({
      booked: { chain, seq },
      opened: undefined,
      item: {
        side: 'ours',
        record: {
          name: charge,
          attempt_id: charge,
          payment_id: payment,
          ours_psp_reference: row.psp_reference,
          asked_amount: row.asked,
          ours_amount: row.amount,
          ours_currency: row.currency,
          ours_ms: BigInt(row.occurred_at.getTime()),
          business_date: row.day,
          ours_break: null,
        },
      },
    }))
}

/** Whether a run's day, or one before it, had come by the cut of that run. */
const isOfRun = (occurredAt: Date, { businessDate: day, settings }: RunInProgress): boolean =>
  businessDate(occurredAt, settings) <= day

const TOLD_AT_ONCE = 1_000

const TOLD = statement(
  'reconciliation.live_told',
  `select w.id, w.reference, w.outcome, w.received_at from live_told t join psp_webhook w on w.id = t.webhook_id
    where t.psp = $1 order by t.webhook_id limit ${TOLD_AT_ONCE}`,
)
const HEARD = statement('reconciliation.live_heard', 'delete from live_told where webhook_id = any($1::uuid[])')

const IN_A_FILE = statement(
  'reconciliation.live_in_a_file',
  `select s.attempt_id as id from settled_charge s where s.attempt_id = any($1::uuid[]) and ${STANDS}`,
)

type ToldRow = {
  readonly id: string
  readonly reference: string | null
  readonly outcome: EncodedOutcome
  readonly received_at: Date
}

/**
 * The webhooks that wait, taken off the queue. Only that a charge was captured stands for money. A file that was matched is
 * the last word on its day, and on every charge that stands in it. As in the books, what is stamped later than it came was then.
 */
export async function takeTold(tx: Tx, source: Source, run: RunInProgress | undefined): Promise<readonly Arriving[]> {
  const rows = await tx.run<ToldRow>(TOLD, [source.name])
  if (rows.length === 0) return []
  await tx.run(HEARD, [toArray(rows.map(({ id }) => id))])
  const captured = rows.flatMap(({ id, reference, outcome: encoded, received_at }) => {
    const outcome = decodeOutcome(encoded)
    if (outcome.outcome !== 'captured') return []
    const at = outcome.occurredAt < received_at ? outcome.occurredAt : received_at
    return run !== undefined && isOfRun(at, run) ? [] : [{ id, reference, outcome, at }]
  })
  const charges = captured.flatMap(({ reference }) => namedCharge(reference) ?? [])
  const settled = charges.length === 0 ? [] : await tx.run<{ id: string }>(IN_A_FILE, [toArray(charges)])
  const inAFile = new Set(settled.map(({ id }) => id))
  return captured
    .filter(({ reference }) => !inAFile.has(namedCharge(reference) ?? ''))
    .map(
      ({ id, reference, outcome, at }): Arriving => ({
        booked: undefined,
        opened: undefined,
        item: {
          side: 'told',
          record: {
            name: id,
            day: businessDate(at, source),
            reference,
            psp_reference: outcome.pspReference,
            theirs_amount: outcome.amount,
            theirs_currency: outcome.currency,
            theirs_ms: BigInt(at.getTime()),
          },
        },
      }),
    )
}
