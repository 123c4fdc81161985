import { hash } from 'node:crypto'

/** Everything about an entry that must never change. Instants are milliseconds since 1970. */
export type EntryFacts = {
  readonly entryId: string
  readonly kind: string
  readonly fact: string
  readonly paymentId: string | null
  readonly orderId: string | null
  readonly reverses: string | null
  readonly occurredAtMs: number
  readonly bookedAtMs: number
  readonly accountingDate: string
  readonly postingCount: number
}

/** Everything about a posting that must never change. */
export type PostingFacts = {
  readonly position: number
  readonly account: string
  readonly accountType: string
  readonly amount: bigint
  readonly currency: string
}

/**
 * The hash of a posting, given its entry: SHA-256 over the facts of both as one JSON array, an unambiguous text
 * whatever characters a name has. The entry's half is written once for all its postings.
 */
export function leafHashing(entry: EntryFacts): (posting: PostingFacts) => Buffer {
  const text = JSON.stringify([
    'posting/1',
    entry.entryId,
    entry.kind,
    entry.fact,
    entry.paymentId,
    entry.orderId,
    entry.reverses,
    entry.occurredAtMs,
    entry.bookedAtMs,
    entry.accountingDate,
    entry.postingCount,
  ])
  const head = text.slice(0, -1)
  return ({ position, account, accountType, amount, currency }) => {
    const tail = JSON.stringify([position, account, accountType, amount.toString(), currency])
    return hash('sha256', `${head},${tail.slice(1)}`, 'buffer')
  }
}

/** How many chains the schema has, numbered from 1. */
export const CHAINS = 16

/** What the first batch of a chain has as its predecessor's hash, so that no chain can stand for another. */
export const genesisHash = (chain: number): Buffer => hash('sha256', `tallystick ledger chain ${chain}`, 'buffer')

/** The hash of a batch: over its place in the chain, its predecessor's hash and its leaves by entry id and position. */
export function batchHash(batch: {
  readonly chain: number
  readonly seq: bigint
  readonly bookedAtMs: number
  readonly previousHash: Buffer
  readonly leaves: readonly Buffer[]
}): Buffer {
  const { chain, seq, bookedAtMs, previousHash, leaves } = batch
  const head = Buffer.from(`batch/1/${chain}/${seq}/${bookedAtMs}/${leaves.length}/`)
  return hash('sha256', Buffer.concat([head, previousHash, ...leaves]), 'buffer')
}

/** The last batch of a chain, as an anchor remembers it; the hash is hexadecimal. */
export type Head = { readonly chain: number; readonly seq: string; readonly hash: string }

/** The hash of a day's anchor: over the day, the hash of the anchor before it and all heads. */
export function anchorHash(day: string, previousHash: Buffer, heads: readonly Head[]): Buffer {
  const text = heads.map(({ chain, seq, hash: head }) => `${chain}:${seq}:${head}`).join(',')
  return hash('sha256', Buffer.concat([Buffer.from(`anchor/1/${day}/`), previousHash, Buffer.from(text)]), 'buffer')
}

/** What the first anchor has as the hash of the one before. */
export const ZERO_HASH = Buffer.alloc(32)
