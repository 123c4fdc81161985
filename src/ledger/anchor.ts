import { type Db, statement } from '../platform/db.ts'
import { anchorHash, type Head, ZERO_HASH } from './hash.ts'

const LAST = statement(
  'ledger.last_anchor',
  'select anchored_on::text, hash from ledger_anchor order by ledger_anchor.anchored_on desc limit 1',
)

const HEADS = statement(
  'ledger.heads',
  'select id, head_seq, head_hash from ledger_chain where head_seq > 0 order by id',
)

/** A second anchor of the day, or a second one after the same one before, gives way. */
const INSERT = statement(
  'ledger.insert_anchor',
  `insert into ledger_anchor (anchored_on, heads, previous_hash, hash) values ($1, $2, $3, $4) on conflict do nothing`,
)

/**
 * Folds the heads of all chains into one hash for the business day that has ended, chained to the anchor before: a tail
 * that is cut off a chain later, head and all, contradicts it. One anchor a day; a day that has one, or that lies
 * before the newest one, is left alone.
 */
export async function anchorDay(db: Db, day: string): Promise<void> {
  await db.transaction(async (tx) => {
    const [last] = await tx.run<{ anchored_on: string; hash: Buffer }>(LAST)
    if (last !== undefined && last.anchored_on >= day) return
    const rows = await tx.run<{ id: number; head_seq: bigint; head_hash: Buffer }>(HEADS)
    const heads: Head[] = rows.map((row) => ({
      chain: row.id,
      seq: row.head_seq.toString(),
      hash: row.head_hash.toString('hex'),
    }))
    const previous = last?.hash ?? ZERO_HASH
    await tx.run(INSERT, [day, JSON.stringify(heads), previous, anchorHash(day, previous, heads)])
  })
}
