import assert from 'node:assert/strict'
import { toColumns } from '../platform/columns.ts'
import { statement, type Tx } from '../platform/db.ts'
import type { AccountDirectory } from './directory.ts'
import { accountingDate, assertPostable, type NewEntry } from './entry.ts'
import { batchHash, leafHash } from './hash.ts'

/**
 * Any free chain: the row is this transaction's until it commits, and with it the stripe of the balances. The lowest
 * free number, so that a quiet system keeps few stripes.
 */
const TAKE_FREE_CHAIN = statement(
  'ledger.take_free_chain',
  'select id, head_seq, head_hash from ledger_chain order by id limit 1 for update skip locked',
)
const WAIT_FOR_CHAIN = statement(
  'ledger.wait_for_chain',
  'select id, head_seq, head_hash from ledger_chain where id = $1 for update',
)
const CHAINS = 16

const CLOSED_THROUGH = statement('ledger.closed_through', 'select max(closed_through) as day from ledger_close')

/** Entries and postings in one statement: the triggers refuse an entry whose postings do not come with it. */
const INSERT = statement(
  'ledger.insert_entries',
  `with entry as (
     insert into journal_entry (booked_at, chain_id, batch_seq, id, kind, fact, payment_event_id, payment_order_id,
                                reverses, occurred_at, accounting_date, posting_count)
     select $1, $2, $3, e.*
       from unnest($4::uuid[], $5::text[], $6::text[], $7::uuid[], $8::uuid[],
                   $9::uuid[], $10::timestamptz[], $11::date[], $12::smallint[]) as e
   )
   insert into posting (entry_id, position, account_id, amount, currency, leaf)
   select * from unnest($13::uuid[], $14::smallint[], $15::integer[], $16::bigint[], $17::char(3)[], $18::bytea[])`,
)

const ADD_TO_BALANCES = statement(
  'ledger.add_to_balances',
  `insert into account_balance (stripe, account_id, currency, debits, credits)
   select $1::smallint, t.* from unnest($2::integer[], $3::char(3)[], $4::numeric[], $5::numeric[]) as t
   on conflict (account_id, currency, stripe)
     do update set debits = account_balance.debits + excluded.debits, credits = account_balance.credits + excluded.credits`,
)

const CLOSE_BATCH = statement(
  'ledger.close_batch',
  `with batch as (
     insert into ledger_batch (chain_id, seq, booked_at, posting_count, previous_hash, hash) values ($1, $2, $3, $4, $5, $6)
   )
   update ledger_chain set head_seq = $2, head_hash = $6 where id = $1`,
)

type Chain = { id: number; head_seq: bigint; head_hash: Buffer }

/**
 * Writes journal entries with their postings, balances and the next link of a hash chain, or nothing.
 *
 * Takes the caller's transaction, because an entry commits together with the state change that caused it. Entries must
 * balance (`assertPostable`); a fact that is booked already violates `journal_entry_fact_once` and rolls back.
 * `bookedAt` is the business time of the commit.
 */
export async function postEntries(
  tx: Tx,
  directory: AccountDirectory,
  entries: readonly NewEntry[],
  bookedAt: Date,
): Promise<void> {
  if (entries.length === 0) return
  for (const entry of entries) assertPostable(entry)
  const ids = await directory.idsOf(entries.flatMap((entry) => entry.postings.map((posting) => posting.account)))
  const chain = await takeChain(tx)
  const closed = (await tx.run<{ day: string | null }>(CLOSED_THROUGH))[0]?.day ?? undefined
  const seq = chain.head_seq + 1n
  // The order of the leaves under the batch's hash is by entry id: what verification can read back.
  const sorted = entries.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const rows = rowsOf(sorted, ids, bookedAt, closed)
  await tx.run(INSERT, [bookedAt, chain.id, seq, ...toColumns(9, rows.entries), ...toColumns(6, rows.postings)])
  await tx.run(ADD_TO_BALANCES, [chain.id, ...toColumns(4, turnover(sorted, ids))])
  const next = batchHash({ chain: chain.id, seq, bookedAt, previousHash: chain.head_hash, leaves: rows.leaves })
  await tx.run(CLOSE_BATCH, [chain.id, seq, bookedAt, rows.leaves.length, chain.head_hash, next])
}

async function takeChain(tx: Tx): Promise<Chain> {
  const [free] = await tx.run<Chain>(TAKE_FREE_CHAIN)
  if (free !== undefined) return free
  // All are taken: as many postings run at the same time as there are chains. Wait for one of them.
  const [waited] = await tx.run<Chain>(WAIT_FOR_CHAIN, [1 + Math.floor(Math.random() * CHAINS)])
  assert(waited !== undefined, 'the ledger has its chains')
  return waited
}

function rowsOf(
  entries: readonly NewEntry[],
  ids: ReadonlyMap<string, number>,
  bookedAt: Date,
  closedThrough: string | undefined,
): { entries: unknown[][]; postings: unknown[][]; leaves: Buffer[] } {
  const postings: unknown[][] = []
  const leaves: Buffer[] = []
  const rows = entries.map((entry) => {
    const day = accountingDate(entry.occurredAt, closedThrough)
    const facts = {
      entryId: entry.id,
      kind: entry.kind,
      fact: entry.fact,
      paymentId: entry.paymentId ?? null,
      orderId: entry.orderId ?? null,
      reverses: entry.reverses ?? null,
      occurredAt: entry.occurredAt,
      bookedAt,
      accountingDate: day,
      postingCount: entry.postings.length,
    }
    entry.postings.forEach(({ account, amount, currency }, index) => {
      const leaf = leafHash({ ...facts, position: index + 1, account: account.name, amount, currency })
      leaves.push(leaf)
      postings.push([entry.id, index + 1, ids.get(account.name), amount, currency, leaf])
    })
    const { entryId, kind, fact, paymentId, orderId, reverses, occurredAt, postingCount } = facts
    return [entryId, kind, fact, paymentId, orderId, reverses, occurredAt, day, postingCount]
  })
  return { entries: rows, postings, leaves }
}

/** Debits and credits per account and currency: each balance row is touched once. */
function turnover(entries: readonly NewEntry[], ids: ReadonlyMap<string, number>): unknown[][] {
  const sums = new Map<string, { id: number; currency: string; debits: bigint; credits: bigint }>()
  for (const { account, amount, currency } of entries.flatMap((entry) => entry.postings)) {
    const id = ids.get(account.name)
    assert(id !== undefined, `ledger account ${account.name} has an id`)
    const key = `${id}/${currency}`
    const sum = sums.get(key) ?? { id, currency, debits: 0n, credits: 0n }
    if (amount > 0n) sum.debits += amount
    else sum.credits -= amount
    sums.set(key, sum)
  }
  return [...sums.values()].map((sum) => [sum.id, sum.currency, sum.debits, sum.credits])
}
