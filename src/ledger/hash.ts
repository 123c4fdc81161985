import { hash } from 'node:crypto'

/** Everything about a posting and its entry that must never change. */
export type LeafFacts = {
  readonly entryId: string
  readonly kind: string
  readonly fact: string
  readonly paymentId: string | null
  readonly orderId: string | null
  readonly reverses: string | null
  readonly occurredAt: Date
  readonly bookedAt: Date
  readonly accountingDate: string
  readonly postingCount: number
  readonly position: number
  readonly account: string
  readonly amount: bigint
  readonly currency: string
}

/** SHA-256 over the facts as a JSON array: an unambiguous text, whatever characters a name has. */
export function leafHash(facts: LeafFacts): Buffer {
  const text = JSON.stringify([
    facts.entryId,
    facts.kind,
    facts.fact,
    facts.paymentId,
    facts.orderId,
    facts.reverses,
    facts.occurredAt.getTime(),
    facts.bookedAt.getTime(),
    facts.accountingDate,
    facts.postingCount,
    facts.position,
    facts.account,
    facts.amount.toString(),
    facts.currency,
  ])
  return hash('sha256', text, 'buffer')
}

/** The hash of a batch: over its place in the chain, its predecessor's hash and its leaves by entry id and position. */
export function batchHash(batch: {
  readonly chain: number
  readonly seq: bigint
  readonly bookedAt: Date
  readonly previousHash: Buffer
  readonly leaves: readonly Buffer[]
}): Buffer {
  const head = Buffer.from(`${batch.chain}/${batch.seq}/${batch.bookedAt.getTime()}/${batch.leaves.length}/`)
  return hash('sha256', Buffer.concat([head, batch.previousHash, ...batch.leaves]), 'buffer')
}

/** The hash of a day's anchor: over the day before's and the text of all heads. */
export const anchorHash = (previousHash: Buffer, day: string, heads: string): Buffer =>
  hash('sha256', Buffer.concat([previousHash, Buffer.from(`${day}/${heads}`)]), 'buffer')

export const ZERO_HASH = Buffer.alloc(32)
