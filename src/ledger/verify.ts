import { type Db, statement, type Tx } from '../platform/db.ts'
import { anchorHash, batchHash, leafHash, ZERO_HASH } from './hash.ts'

/** Something in the books that is not as it was posted. `posting` is the position in its entry. */
export type Finding = {
  readonly kind: 'posting_changed' | 'posting_missing' | 'batch_changed' | 'gap' | 'head' | 'stray_entry' | 'anchor'
  readonly chain?: number
  readonly batch?: number
  /** UUID of the entry. */
  readonly entryId?: string
  readonly posting?: number
  readonly detail: string
}

export type Verification = {
  readonly ok: boolean
  readonly checked: {
    readonly batches: number
    readonly entries: number
    readonly postings: number
    readonly anchors: number
  }
  readonly findings: readonly Finding[]
}

// Enough to see what happened; a table rewritten as a whole would give millions.
const MAX_FINDINGS = 1_000
const BATCHES_PER_PAGE = 200

const CHAINS = statement('ledger.verify_chains', 'select id, head_seq, head_hash from ledger_chain order by id')

const BATCHES = statement(
  'ledger.verify_batches',
  `select seq, booked_at, posting_count, previous_hash, hash from ledger_batch where chain_id = $1 and seq > $2 order by seq limit $3`,
)

const POSTINGS = statement(
  'ledger.verify_postings',
  `select e.batch_seq, e.id as entry_id, e.kind, e.fact, e.payment_event_id, e.payment_order_id, e.reverses, e.occurred_at, e.booked_at,
          e.accounting_date, e.posting_count, p.position, a.name as account, p.amount, p.currency, p.leaf
     from journal_entry e
     left join posting p on p.entry_id = e.id
     left join ledger_account a on a.id = p.account_id
    where e.chain_id = $1 and e.batch_seq between $2 and $3
    order by e.batch_seq, e.id, p.position`,
)

const STRAYS = statement(
  'ledger.verify_strays',
  `select e.id, e.chain_id, e.batch_seq from journal_entry e
    where not exists (select from ledger_batch b where b.chain_id = e.chain_id and b.seq = e.batch_seq) limit 100`,
)

const ORPHANS = statement(
  'ledger.verify_orphans',
  `select p.entry_id, p.position from posting p
    where not exists (select from journal_entry e where e.id = p.entry_id) limit 100`,
)

const ANCHORS = statement(
  'ledger.verify_anchors',
  `select anchored_on, heads::text as heads, previous_hash, hash from ledger_anchor order by anchored_on`,
)

const HEAD_EXISTS = statement('ledger.verify_head', 'select hash from ledger_batch where chain_id = $1 and seq = $2')

type BatchRow = { seq: bigint; booked_at: Date; posting_count: number; previous_hash: Buffer; hash: Buffer }
type PostingRow = {
  batch_seq: bigint
  entry_id: string
  kind: string
  fact: string
  payment_event_id: string | null
  payment_order_id: string | null
  reverses: string | null
  occurred_at: Date
  booked_at: Date
  accounting_date: string
  posting_count: number
  position: number | null
  account: string | null
  amount: bigint | null
  currency: string | null
  leaf: Buffer | null
}

/** Recomputes every hash of the ledger from what the tables say now, against one snapshot, a page at a time. */
export function verifyLedger(db: Db): Promise<Verification> {
  return db.transaction(
    async (tx) => {
      await tx.query(`set local statement_timeout = '15min'`)
      await tx.query(`set local idle_in_transaction_session_timeout = '15min'`)
      const walk: Walk = { tx, findings: [], batches: 0, entries: 0, postings: 0, anchors: 0 }
      for (const chain of await tx.run<{ id: number; head_seq: bigint; head_hash: Buffer }>(CHAINS))
        await walkChain(walk, chain)
      for (const stray of await tx.run<{ id: string; chain_id: number; batch_seq: bigint }>(STRAYS)) {
        const { id: entryId, chain_id: chain } = stray
        find(walk, {
          kind: 'stray_entry',
          chain,
          batch: Number(stray.batch_seq),
          entryId,
          detail: 'The entry is in no batch of any chain.',
        })
      }
      for (const orphan of await tx.run<{ entry_id: string; position: number }>(ORPHANS)) {
        find(walk, {
          kind: 'posting_changed',
          entryId: orphan.entry_id,
          posting: orphan.position,
          detail: 'The posting has no entry.',
        })
      }
      await walkAnchors(walk)
      const { findings, batches, entries, postings, anchors } = walk
      return { ok: findings.length === 0, checked: { batches, entries, postings, anchors }, findings }
    },
    { isolation: 'repeatable read' },
  )
}

type Walk = {
  readonly tx: Tx
  readonly findings: Finding[]
  batches: number
  entries: number
  postings: number
  anchors: number
}

function find(walk: Walk, finding: Finding): void {
  if (walk.findings.length < MAX_FINDINGS) walk.findings.push(finding)
}

async function walkChain(walk: Walk, chain: { id: number; head_seq: bigint; head_hash: Buffer }): Promise<void> {
  let seq = 0n
  let previous: Buffer | undefined
  for (;;) {
    const batches = await walk.tx.run<BatchRow>(BATCHES, [chain.id, seq, BATCHES_PER_PAGE])
    const last = batches.at(-1)
    if (last === undefined) break
    const rows = await walk.tx.run<PostingRow>(POSTINGS, [chain.id, batches[0]?.seq, last.seq])
    const bySeq = Map.groupBy(rows, (row) => row.batch_seq)
    for (const batch of batches) {
      if (batch.seq !== seq + 1n) {
        const detail = `Batches ${seq + 1n} to ${batch.seq - 1n} are missing.`
        find(walk, { kind: 'gap', chain: chain.id, batch: Number(seq + 1n), detail })
      } else if (previous !== undefined && !batch.previous_hash.equals(previous)) {
        find(walk, {
          kind: 'batch_changed',
          chain: chain.id,
          batch: Number(batch.seq),
          detail: 'The batch does not continue its predecessor.',
        })
      }
      checkBatch(walk, chain.id, batch, bySeq.get(batch.seq) ?? [])
      seq = batch.seq
      previous = batch.hash
    }
  }
  if (seq !== chain.head_seq || (previous !== undefined && !previous.equals(chain.head_hash))) {
    const detail = `The chain's head says batch ${chain.head_seq}, the last batch is ${seq}, or their hashes differ.`
    find(walk, { kind: 'head', chain: chain.id, batch: Number(chain.head_seq), detail })
  }
}

function checkBatch(walk: Walk, chain: number, batch: BatchRow, rows: readonly PostingRow[]): void {
  walk.batches += 1
  const before = walk.findings.length
  const leaves: Buffer[] = []
  for (const [entryId, lines] of Map.groupBy(rows, (row) => row.entry_id)) {
    walk.entries += 1
    const present = lines.filter((line) => line.position !== null)
    const stated = lines[0]?.posting_count
    if (present.length !== stated) {
      const detail = `The entry has ${present.length} of ${stated} postings.`
      find(walk, { kind: 'posting_missing', chain, batch: Number(batch.seq), entryId, detail })
    }
    for (const line of present) {
      walk.postings += 1
      const { leaf, position } = line
      if (leaf === null || position === null) continue
      leaves.push(leaf)
      if (leafOf(line)?.equals(leaf) === true) continue
      const detail = `The posting or its entry is not as it was posted: now ${line.amount} ${line.currency} on ${line.account ?? 'no account'}.`
      find(walk, { kind: 'posting_changed', chain, batch: Number(batch.seq), entryId, posting: position, detail })
    }
  }
  const { seq, booked_at: bookedAt, previous_hash: previousHash } = batch
  const computed = batchHash({ chain, seq, bookedAt, previousHash, leaves })
  if (computed.equals(batch.hash) && leaves.length === batch.posting_count) return
  // When the posting is named already, the batch's own mismatch says nothing new.
  if (walk.findings.length > before) return
  const detail = `The batch has ${leaves.length} postings of ${batch.posting_count}, or its hash does not follow from them.`
  find(walk, { kind: 'batch_changed', chain, batch: Number(batch.seq), detail })
}

function leafOf(row: PostingRow): Buffer | undefined {
  const { position, account, amount, currency } = row
  if (position === null || account === null || amount === null || currency === null) return undefined
  return leafHash({
    entryId: row.entry_id,
    kind: row.kind,
    fact: row.fact,
    paymentId: row.payment_event_id,
    orderId: row.payment_order_id,
    reverses: row.reverses,
    occurredAt: row.occurred_at,
    bookedAt: row.booked_at,
    accountingDate: row.accounting_date,
    postingCount: row.posting_count,
    position,
    account,
    amount,
    currency,
  })
}

async function walkAnchors(walk: Walk): Promise<void> {
  let previous: Buffer = ZERO_HASH
  for (const anchor of await walk.tx.run<{ anchored_on: string; heads: string; previous_hash: Buffer; hash: Buffer }>(
    ANCHORS,
  )) {
    walk.anchors += 1
    const day = anchor.anchored_on
    if (
      !anchor.previous_hash.equals(previous) ||
      !anchorHash(previous, day, canonicalHeads(anchor.heads)).equals(anchor.hash)
    ) {
      find(walk, {
        kind: 'anchor',
        detail: `The anchor of ${day} does not follow from the one before or from its heads.`,
      })
    }
    previous = anchor.hash
    for (const head of headsOf(anchor.heads)) {
      const [batch] = await walk.tx.run<{ hash: Buffer }>(HEAD_EXISTS, [head.chain, head.seq])
      if (batch?.hash.toString('hex') === head.hash) continue
      const detail = `The anchor of ${day} knows batch ${head.seq} of chain ${head.chain} with another hash, or it is gone.`
      find(walk, { kind: 'anchor', chain: head.chain, batch: Number(head.seq), detail })
    }
  }
}

export type Head = { readonly chain: number; readonly seq: string; readonly hash: string }

const headsOf = (json: string): readonly Head[] => JSON.parse(json) as Head[]

/** The text of heads that goes under an anchor's hash: `jsonb` keeps neither spaces nor the order of keys. */
export const canonicalHeads = (json: string): string =>
  headsOf(json)
    .map((head) => `${head.chain}:${head.seq}:${head.hash}`)
    .join(',')
