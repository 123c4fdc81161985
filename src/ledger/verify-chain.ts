import { statement } from '../platform/db.ts'
import { batchHash, genesisHash, leafHashing } from './hash.ts'
import { find, type Walk } from './walk.ts'

const BATCHES_PER_READ = 200
// Some 5 MB of rows in memory, and some 20 ms of hashing before other requests get their turn.
const POSTINGS_PER_READ = 5_000

/** Instants as exact milliseconds: a `Date` would hide a change below one, and has no infinity. */
const msOf = (column: string): string => `trim_scale(extract(epoch from ${column}) * 1000)::text`

// Entries and postings are asked for by equality: a range, planned without its bounds, would read the whole table.
const BATCHES = statement(
  'ledger.verify_batches',
  `select seq, ${msOf('booked_at')} as booked_at_ms, posting_count, previous_hash, hash
     from ledger_batch where chain_id = $1 and ($2::bigint is null or seq > $2) order by seq limit $3`,
)

const ENTRIES = statement(
  'ledger.verify_entries',
  `select id, batch_seq, kind, fact, payment_event_id, payment_order_id, reverses, ${msOf('occurred_at')} as occurred_at_ms,
          ${msOf('booked_at')} as booked_at_ms, accounting_date::text, posting_count
     from journal_entry where chain_id = $1 and batch_seq = any($2::bigint[]) order by batch_seq, id`,
)

const POSTINGS = statement(
  'ledger.verify_postings',
  `select p.entry_id, p.position, a.name as account, a.type as account_type, p.amount, p.currency, p.leaf
     from posting p left join ledger_account a on a.id = p.account_id
    where p.entry_id = any($1::uuid[])
    order by p.entry_id, p.position`,
)

type BatchRow = { seq: bigint; booked_at_ms: string; posting_count: number; previous_hash: Buffer; hash: Buffer }
type EntryRow = {
  id: string
  batch_seq: bigint
  kind: string
  fact: string
  payment_event_id: string | null
  payment_order_id: string | null
  reverses: string | null
  occurred_at_ms: string
  booked_at_ms: string
  accounting_date: string
  posting_count: number
}
type PostingRow = {
  entry_id: string
  position: number
  account: string | null
  account_type: string | null
  amount: bigint
  currency: string
  leaf: Buffer
}

/** Recomputes one chain from its beginning, and compares where it ends with its head row. */
export async function walkChain(
  walk: Walk,
  chain: number,
  head: { readonly seq: bigint; readonly hash: Buffer } | undefined,
): Promise<void> {
  let last = { seq: 0n, hash: genesisHash(chain) }
  let after: bigint | undefined
  for (;;) {
    const batches = await walk.tx.run<BatchRow>(BATCHES, [chain, after, BATCHES_PER_READ])
    if (batches.length === 0) break
    for (const some of inReads(batches)) {
      const read = await readEntries(walk, chain, some)
      for (const batch of some) {
        checkPlace(walk, chain, batch, last)
        checkBatch(walk, chain, batch, read)
        last = { seq: batch.seq, hash: batch.hash }
      }
    }
    after = last.seq
  }
  if (head === undefined) {
    find(walk, { kind: 'head', chain, detail: `The chain has lost its head; its last batch is ${last.seq}.` })
  } else if (head.seq !== last.seq || !head.hash.equals(last.hash)) {
    const detail = `The chain's head says batch ${head.seq}, the last batch is ${last.seq}, or their hashes differ.`
    find(walk, { kind: 'head', chain, batch: Number(head.seq), detail })
  }
}

/** Batches in portions whose postings fit into memory together. */
function* inReads(batches: readonly BatchRow[]): Generator<BatchRow[]> {
  let some: BatchRow[] = []
  let postings = 0
  for (const batch of batches) {
    if (some.length > 0 && postings + batch.posting_count > POSTINGS_PER_READ) {
      yield some
      some = []
      postings = 0
    }
    some.push(batch)
    postings += batch.posting_count
  }
  if (some.length > 0) yield some
}

type Entries = {
  readonly byBatch: ReadonlyMap<bigint, readonly EntryRow[]>
  readonly postingsOf: ReadonlyMap<string, readonly PostingRow[]>
}

async function readEntries(walk: Walk, chain: number, batches: readonly BatchRow[]): Promise<Entries> {
  const entries = await walk.tx.run<EntryRow>(ENTRIES, [chain, batches.map((batch) => batch.seq)])
  const postings = await walk.tx.run<PostingRow>(POSTINGS, [entries.map((entry) => entry.id)])
  return {
    byBatch: Map.groupBy(entries, (row) => row.batch_seq),
    postingsOf: Map.groupBy(postings, (row) => row.entry_id),
  }
}

function checkPlace(
  walk: Walk,
  chain: number,
  { seq, previous_hash: previousHash }: BatchRow,
  last: { readonly seq: bigint; readonly hash: Buffer },
): void {
  if (seq !== last.seq + 1n) {
    const detail = `After batch ${last.seq} comes batch ${seq}.`
    find(walk, { kind: 'gap', chain, batch: Number(last.seq + 1n), detail })
  } else if (!previousHash.equals(last.hash)) {
    const detail = 'The batch does not continue its predecessor.'
    find(walk, { kind: 'batch_changed', chain, batch: Number(seq), detail })
  }
}

function checkBatch(walk: Walk, chain: number, batch: BatchRow, { byBatch, postingsOf }: Entries): void {
  walk.batches += 1
  const { seq, previous_hash: previousHash } = batch
  const leaves: Buffer[] = []
  for (const entry of byBatch.get(seq) ?? []) {
    walk.entries += 1
    const postings = postingsOf.get(entry.id) ?? []
    for (const { leaf } of postings) leaves.push(leaf)
    checkEntry(walk, { chain, batch: Number(seq), entryId: entry.id }, entry, postings)
  }
  const computed = batchHash({ chain, seq, bookedAtMs: Number(batch.booked_at_ms), previousHash, leaves })
  if (computed.equals(batch.hash) && leaves.length === batch.posting_count) return
  const detail = `The batch has ${leaves.length} postings of ${batch.posting_count}, or its hash does not follow from them.`
  find(walk, { kind: 'batch_changed', chain, batch: Number(seq), detail })
}

type Place = { readonly chain: number; readonly batch: number; readonly entryId: string }

function checkEntry(walk: Walk, place: Place, entry: EntryRow, postings: readonly PostingRow[]): void {
  const count = entry.posting_count
  const leafOf = leafHashing({
    entryId: entry.id,
    kind: entry.kind,
    fact: entry.fact,
    paymentId: entry.payment_event_id,
    orderId: entry.payment_order_id,
    reverses: entry.reverses,
    occurredAtMs: Number(entry.occurred_at_ms),
    bookedAtMs: Number(entry.booked_at_ms),
    accountingDate: entry.accounting_date,
    postingCount: count,
  })
  const missing = new Set(Array.from({ length: count }, (_, index) => index + 1))
  for (const { position, account, account_type: accountType, amount, currency, leaf } of postings) {
    walk.postings += 1
    const now = `now ${amount} ${currency} on ${account ?? 'no account'}`
    if (!missing.delete(position)) {
      const detail = `The entry was posted with ${count} postings, and not with this one: ${now}.`
      find(walk, { kind: 'posting_added', ...place, posting: position, detail })
    } else if (
      account === null ||
      accountType === null ||
      !leafOf({ position, account, accountType, amount, currency }).equals(leaf)
    ) {
      const detail = `The posting or its entry is not as it was posted: ${now}.`
      find(walk, { kind: 'posting_changed', ...place, posting: position, detail })
    }
  }
  const [first] = missing
  if (first === undefined) return
  const detail = `The entry has ${count - missing.size} of ${count} postings.`
  find(walk, { kind: 'posting_missing', ...place, posting: first, detail })
}
