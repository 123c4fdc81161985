import { statement } from '../platform/db.ts'
import { anchorHash, type Head, ZERO_HASH } from './hash.ts'
import { find, type Walk } from './walk.ts'

const ANCHORS = statement(
  'ledger.verify_anchors',
  `select anchored_on::text, heads::text, previous_hash, hash from ledger_anchor order by ledger_anchor.anchored_on`,
)

const BATCHES_OF_HEADS = statement(
  'ledger.verify_heads',
  `select b.chain_id, b.seq, encode(b.hash, 'hex') as hash
     from unnest($1::smallint[], $2::bigint[]) as h (chain_id, seq)
     join ledger_batch b on b.chain_id = h.chain_id and b.seq = h.seq`,
)

type AnchorRow = { anchored_on: string; heads: string; previous_hash: Buffer; hash: Buffer }

/** Recomputes the chain of anchors, and looks for every batch that one of them remembers. */
export async function walkAnchors(walk: Walk): Promise<void> {
  let previous: Buffer = ZERO_HASH
  for (const anchor of await walk.tx.run<AnchorRow>(ANCHORS)) {
    const day = anchor.anchored_on
    walk.anchors.push({ day, hash: anchor.hash.toString('hex') })
    const heads = headsOf(anchor.heads)
    const follows =
      heads !== undefined &&
      anchor.previous_hash.equals(previous) &&
      anchorHash(day, previous, heads).equals(anchor.hash)
    if (!follows) {
      const detail = `The anchor of ${day} does not follow from the one before or from its heads.`
      find(walk, { kind: 'anchor', detail })
    }
    previous = anchor.hash
    await checkHeads(walk, day, heads ?? [])
  }
}

async function checkHeads(walk: Walk, day: string, heads: readonly Head[]): Promise<void> {
  const values = [heads.map(({ chain }) => chain), heads.map(({ seq }) => seq)]
  const rows = await walk.tx.run<{ chain_id: number; seq: bigint; hash: string }>(BATCHES_OF_HEADS, values)
  const found = new Map(rows.map((row) => [`${row.chain_id}:${row.seq}`, row.hash]))
  for (const { chain, seq, hash } of heads) {
    if (found.get(`${chain}:${seq}`) === hash) continue
    const detail = `The anchor of ${day} knows batch ${seq} of chain ${chain} with another hash, or it is gone.`
    find(walk, { kind: 'anchor', chain, batch: Number(seq), detail })
  }
}

/** The heads in an anchor, or undefined when they are not what we write. */
function headsOf(json: string): readonly Head[] | undefined {
  const value: unknown = JSON.parse(json)
  return Array.isArray(value) && value.every(isHead) ? value : undefined
}

function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 3) return false
  if (!('chain' in value && 'seq' in value && 'hash' in value)) return false
  const { chain, seq, hash } = value
  if (typeof chain !== 'number' || typeof seq !== 'string' || typeof hash !== 'string') return false
  return (
    Number.isInteger(chain) && chain > 0 && chain < 32_768 && /^[1-9]\d{0,17}$/.test(seq) && /^[\da-f]{64}$/.test(hash)
  )
}
