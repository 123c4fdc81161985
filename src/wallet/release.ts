import assert from 'node:assert/strict'
import { toColumns } from '../platform/columns.ts'
import { statement, type Tx } from '../platform/db.ts'

/** Money that a seller waited for and may have now: more than nothing, in minor units. */
export type Release = { readonly seller: string; readonly currency: string; readonly amount: bigint }

// In the order of the key, as in credit.ts. A wallet that does not exist or holds less pending is a contradiction: the
// caller counts the rows, and the wallet's own check refuses the rest.
const RELEASE = statement(
  'wallet.release_pending',
  `with release as (
     select r.seller, r.currency, sum(r.amount) as amount
       from unnest($1::text[], $2::char(3)[], $3::bigint[]) as r (seller, currency, amount)
      group by r.seller, r.currency
   ), held as (
     select w.seller, w.currency, r.amount
       from release r join wallet w on w.seller = r.seller and w.currency = r.currency
      order by w.seller collate "C", w.currency collate "C"
        for update of w
   ), moved as (
     update wallet w set pending = w.pending - h.amount, available = w.available + h.amount
       from held h where w.seller = h.seller and w.currency = h.currency
     returning 1
   )
   select (select count(*) from release) as asked, (select count(*) from moved) as moved`,
)

/** Moves money from pending to available, in the transaction that books the same movement. */
export async function releasePending(tx: Tx, releases: readonly Release[]): Promise<void> {
  if (releases.length === 0) return
  const rows = releases.map(({ seller, currency, amount }) => [seller, currency, amount])
  const [counts] = await tx.run<{ asked: bigint; moved: bigint }>(RELEASE, toColumns(3, rows))
  assert(counts !== undefined && counts.asked === counts.moved, 'every seller whose money is released has a wallet')
}
