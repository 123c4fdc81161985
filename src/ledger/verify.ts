import { type Db, statement } from '../platform/db.ts'
import { CHAINS } from './hash.ts'
import { walkAnchors } from './verify-anchors.ts'
import { walkChain } from './verify-chain.ts'
import { type Finding, find, startWalk, type Walk } from './walk.ts'

export type Verification = {
  readonly ok: boolean
  readonly checked: {
    readonly batches: number
    readonly entries: number
    readonly postings: number
    readonly anchors: number
  }
  readonly findings: readonly Finding[]
  /** Of the days, in their order. Whoever wrote down the hash of one elsewhere sees later that nothing before it was cut off. */
  readonly anchors: readonly { readonly day: string; readonly hash: string }[]
}

/** Whether the ledger still knows an anchor, of which somebody wrote down the hash in hexadecimal. */
export function expectAnchor(verification: Verification, hash: string): Verification {
  if (verification.anchors.some((anchor) => anchor.hash === hash)) return verification
  const newest = verification.anchors.at(-1)
  const last = newest === undefined ? 'there is none' : `the newest one, of ${newest.day}, has ${newest.hash}`
  const detail = `No anchor has the hash ${hash}: it was removed or rewritten, or is of another ledger; ${last}.`
  return { ...verification, ok: false, findings: [...verification.findings, { kind: 'anchor', detail }] }
}

// A chain whose head row is gone is walked all the same.
const READ_CHAINS = statement(
  'ledger.verify_chains',
  `select id, head_seq, head_hash
     from (select chain_id as id from ledger_batch union select generate_series(1, $1)::smallint) known
     left join ledger_chain using (id) order by id`,
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

const REFERENCES = statement(
  'ledger.verify_references',
  `select e.id, m.reference from journal_entry e left join manual_entry m on m.journal_entry_id = e.id
    where e.kind = 'manual' and m.reference is distinct from e.fact limit 100`,
)

/** Recomputes every hash of the ledger from what the tables say now, against one snapshot, a page at a time. */
export function verifyLedger(db: Db): Promise<Verification> {
  return db.transaction(
    async (tx) => {
      await tx.query(`set local statement_timeout = '15min'`)
      await tx.query(`set local idle_in_transaction_session_timeout = '15min'`)
      const walk = startWalk(tx)
      type ChainRow = { id: number; head_seq: bigint | null; head_hash: Buffer | null }
      for (const { id, head_seq: seq, head_hash: hash } of await tx.run<ChainRow>(READ_CHAINS, [CHAINS]))
        await walkChain(walk, id, seq === null || hash === null ? undefined : { seq, hash })
      await findUnchained(walk)
      await walkAnchors(walk)
      const { findings, batches, entries, postings, anchors } = walk
      const checked = { batches, entries, postings, anchors: anchors.length }
      return { ok: findings.length === 0, checked, findings, anchors }
    },
    { isolation: 'repeatable read' },
  )
}

/** What no chain leads to, and what stands beside the chains. */
async function findUnchained(walk: Walk): Promise<void> {
  const { tx } = walk
  for (const stray of await tx.run<{ id: string; chain_id: number; batch_seq: bigint }>(STRAYS)) {
    const { id: entryId, chain_id: chain } = stray
    const detail = 'The entry is in no batch of any chain.'
    find(walk, { kind: 'stray_entry', chain, batch: Number(stray.batch_seq), entryId, detail })
  }
  for (const { entry_id: entryId, position: posting } of await tx.run<{ entry_id: string; position: number }>(ORPHANS))
    find(walk, { kind: 'posting_added', entryId, posting, detail: 'The posting has no entry.' })
  for (const { id: entryId, reference } of await tx.run<{ id: string; reference: string | null }>(REFERENCES)) {
    const detail =
      reference === null
        ? 'The manual entry has lost its reference and its idempotency key.'
        : `The manual entry is found under the reference "${reference}", which is not the one it was posted with.`
    find(walk, { kind: 'reference_changed', entryId, detail })
  }
}
