import assert from 'node:assert/strict'
import { toColumns } from '../platform/columns.ts'
import { statement, type Tx } from '../platform/db.ts'
import { typedColumns } from '../platform/typed-columns.ts'
import type { Account } from './account.ts'
import type { AccountDirectory } from './directory.ts'
import { accountingDate, assertPostable, type NewEntry } from './entry.ts'
import { batchHash, CHAINS, leafHashing } from './hash.ts'

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

/**
 * Read after the chain is taken: whoever closes days waits for all chains first. `known` says whether the remembered
 * ids still stand for the same names.
 */
const READ_TERMS = statement(
  'ledger.posting_terms',
  `select (select max(closed_through) from ledger_close) as day,
          (select array_agg(a.name order by a.id) = $2::text[] from ledger_account a where a.id = any($1::integer[])) as known`,
)

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

const ENTRY_COLUMNS = ['uuid', 'text', 'text', 'uuid', 'uuid', 'uuid', 'timestamptz', 'text', 'text'] as const
const POSTING_COLUMNS = ['uuid', 'text', 'text', 'text', 'text', 'bytea'] as const

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
 * Writes journal entries with their postings, balances and the next link of a hash chain, or nothing. Gives the
 * accounting date of each entry by its id.
 *
 * Takes the caller's transaction, because an entry commits together with the state change that caused it. Entries must
 * balance (`assertPostable`); a fact that is booked already violates `journal_entry_fact_once` and rolls back.
 * `bookedAt` is the business time of the commit. The chain is locked until then, so lock everything else before.
 */
export async function postEntries(
  tx: Tx,
  directory: AccountDirectory,
  entries: readonly NewEntry[],
  bookedAt: Date,
): Promise<ReadonlyMap<string, string>> {
  if (entries.length === 0) return new Map()
  for (const entry of entries) assertPostable(entry)
  const accounts = accountsOf(entries)
  const remembered = await directory.idsOf(tx, accounts)
  const { chain, terms } = await takeChain(tx, remembered)
  const { ids, closedThrough } = await agreedTerms(tx, directory, accounts, { ids: remembered, terms })
  const seq = chain.head_seq + 1n
  // The order of the leaves under the batch's hash is by entry id: what verification can read back.
  const sorted = entries.toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const rows = rowsOf(sorted, ids, bookedAt, closedThrough)
  const link = { chain: chain.id, seq, bookedAtMs: bookedAt.getTime(), previousHash: chain.head_hash }
  const head = batchHash({ ...link, leaves: rows.leaves })
  await Promise.all([
    tx.run(INSERT, [
      bookedAt,
      chain.id,
      seq,
      ...typedColumns(ENTRY_COLUMNS, rows.entries),
      ...typedColumns(POSTING_COLUMNS, rows.postings),
    ]),
    tx.run(ADD_TO_BALANCES, [chain.id, ...toColumns(4, turnover(sorted, ids))]),
    tx.run(CLOSE_BATCH, [chain.id, seq, bookedAt, rows.leaves.length, chain.head_hash, head]),
  ])
  return rows.days
}

/** A chain of this transaction's own, and the terms as they were read behind that. */
async function takeChain(tx: Tx, ids: Ids): Promise<{ readonly chain: Chain; readonly terms: Terms | undefined }> {
  const [[free], terms] = await Promise.all([tx.run<Chain>(TAKE_FREE_CHAIN), readTerms(tx, ids)])
  if (free !== undefined) return { chain: free, terms }
  // All are taken: as many postings run at the same time as there are chains. Wait for one of them.
  const [waited] = await tx.run<Chain>(WAIT_FOR_CHAIN, [1 + Math.floor(Math.random() * CHAINS)])
  assert(waited !== undefined, 'the ledger has its chains')
  return { chain: waited, terms: await readTerms(tx, ids) }
}

type Ids = ReadonlyMap<string, number>
type Terms = { readonly day: string | null; readonly known: boolean | null }

async function readTerms(tx: Tx, ids: Ids): Promise<Terms | undefined> {
  const byId = [...ids].sort(([, a], [, b]) => a - b)
  const values = [byId.map(([, id]) => id), byId.map(([name]) => name)]
  return (await tx.run<Terms>(READ_TERMS, values))[0]
}

/** The last closed day, and the accounts' ids: those remembered, or those of now when the database has others. */
async function agreedTerms(
  tx: Tx,
  directory: AccountDirectory,
  accounts: readonly Account[],
  remembered: { readonly ids: Ids; readonly terms: Terms | undefined },
): Promise<{ readonly ids: Ids; readonly closedThrough: string | undefined }> {
  let { ids, terms } = remembered
  if (terms?.known !== true) {
    directory.forget(ids.keys())
    ids = await directory.idsOf(tx, accounts)
    terms = await readTerms(tx, ids)
  }
  assert(terms?.known === true, 'ledger accounts have the ids that were just read')
  return { ids, closedThrough: terms.day ?? undefined }
}

function accountsOf(entries: readonly NewEntry[]): Account[] {
  const accounts = new Map<string, Account>()
  for (const { postings } of entries) {
    for (const { account } of postings) {
      const type = accounts.get(account.name)?.type ?? account.type
      assert(type === account.type, `ledger account ${account.name} has one type`)
      accounts.set(account.name, account)
    }
  }
  return [...accounts.values()]
}

function rowsOf(
  entries: readonly NewEntry[],
  ids: ReadonlyMap<string, number>,
  bookedAt: Date,
  closedThrough: string | undefined,
): { entries: unknown[][]; postings: unknown[][]; leaves: Buffer[]; days: Map<string, string> } {
  const postings: unknown[][] = []
  const leaves: Buffer[] = []
  const days = new Map<string, string>()
  const rows = entries.map((entry) => {
    const { id: entryId, kind, fact, occurredAt } = entry
    const paymentId = entry.paymentId ?? null
    const orderId = entry.orderId ?? null
    const reverses = entry.reverses ?? null
    const day = accountingDate(occurredAt, closedThrough)
    const postingCount = entry.postings.length
    days.set(entryId, day)
    const leafOf = leafHashing({
      entryId,
      kind,
      fact,
      paymentId,
      orderId,
      reverses,
      occurredAtMs: occurredAt.getTime(),
      bookedAtMs: bookedAt.getTime(),
      accountingDate: day,
      postingCount,
    })
    entry.postings.forEach(({ account, amount, currency }, index) => {
      const position = index + 1
      const leaf = leafOf({ position, account: account.name, accountType: account.type, amount, currency })
      leaves.push(leaf)
      postings.push([entryId, position, ids.get(account.name), amount, currency, leaf])
    })
    return [entryId, kind, fact, paymentId, orderId, reverses, occurredAt, day, postingCount]
  })
  return { entries: rows, postings, leaves, days }
}

/** Debits and credits per account and currency: each balance row is touched once. */
function turnover(entries: readonly NewEntry[], ids: ReadonlyMap<string, number>): unknown[][] {
  const sums = new Map<string, { id: number; currency: string; debits: bigint; credits: bigint }>()
  for (const { postings } of entries) {
    for (const { account, amount, currency } of postings) {
      const id = ids.get(account.name)
      assert(id !== undefined, `ledger account ${account.name} has an id`)
      const key = `${id}/${currency}`
      let sum = sums.get(key)
      if (sum === undefined) {
        sum = { id, currency, debits: 0n, credits: 0n }
        sums.set(key, sum)
      }
      if (amount > 0n) sum.debits += amount
      else sum.credits -= amount
    }
  }
  return [...sums.values()].map((sum) => [sum.id, sum.currency, sum.debits, sum.credits])
}
