import { toColumns } from '../platform/columns.ts'
import { statement, type Tx } from '../platform/db.ts'

/** What a seller gets from one sale: the amount less the platform's fee, in minor units. */
export type PendingCredit = { readonly seller: string; readonly currency: string; readonly amount: bigint }

// Rows are locked in the order of their key, so that two batches with the same sellers never wait for each other in a circle.
const ADD_PENDING = statement(
  'wallet.add_pending',
  `insert into wallet (seller, currency, pending)
   select c.seller, c.currency, sum(c.amount)
     from unnest($1::text[], $2::char(3)[], $3::bigint[]) as c (seller, currency, amount)
    group by c.seller, c.currency
    order by c.seller collate "C", c.currency collate "C"
   on conflict (seller, currency) do update set pending = wallet.pending + excluded.pending`,
)

/** Adds to what is pending for each seller, in the transaction that books the sale. */
export async function creditPending(tx: Tx, credits: readonly PendingCredit[]): Promise<void> {
  if (credits.length === 0) return
  await tx.run(
    ADD_PENDING,
    toColumns(
      3,
      credits.map((credit) => [credit.seller, credit.currency, credit.amount]),
    ),
  )
}
