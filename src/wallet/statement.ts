import assert from 'node:assert/strict'
import { accounts, type SellerBucket } from '../ledger/index.ts'
import { type Queryable, statement } from '../platform/db.ts'
import { getWallet } from './wallet.ts'

/** One movement of a seller's money. What the seller gains is positive, in minor units. */
export type StatementLine = {
  readonly id: string
  readonly at: Date
  readonly entryId: string
  readonly kind: string
  readonly paymentId: string | null
  readonly orderId: string | null
  readonly bucket: SellerBucket
  readonly amount: bigint
  readonly currency: string
}

const BUCKETS = [
  'pending',
  'available',
  'reserved',
  'in_payout',
  'receivable',
] as const satisfies readonly SellerBucket[]

/**
 * The ledger's postings on the seller's accounts, newest first: the statement cannot differ from the books. Each account
 * gives a page from its index, and the page is taken from those: however much the seller has sold, a page reads a page.
 */
const LIST = statement(
  'wallet.statement',
  `select l.entry_id || '/' || l.position as id, l.booked_at as at, l.entry_id as "entryId", l.kind,
          l.payment_event_id as "paymentId", l.payment_order_id as "orderId", a.name as account, -l.amount as amount, l.currency
     from ledger_account a
    cross join lateral (
       select p.entry_id, p.position, p.amount, p.currency, e.booked_at, e.kind, e.payment_event_id, e.payment_order_id
         from posting p
         join journal_entry e on e.id = p.entry_id
        where p.account_id = a.id
          and ($2::timestamptz is null or e.booked_at >= $2)
          and ($3::timestamptz is null or e.booked_at < $3)
          and (p.entry_id, p.position) < (coalesce($4::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'), coalesce($5::smallint, 32767))
        order by p.entry_id desc, p.position desc
        limit $6
    ) l
    where a.name = any($1::text[])
    order by l.entry_id desc, l.position desc
    limit $6`,
)

export type StatementQuery = {
  readonly seller: string
  readonly from?: Date
  readonly to?: Date
  readonly limit: number
  /** `id` of the last line of the page before. */
  readonly after?: string
}

/** A page of the seller's statement, or undefined for a seller without a wallet. */
export async function walletStatement(
  db: Queryable,
  query: StatementQuery,
): Promise<{ readonly data: readonly StatementLine[]; readonly hasMore: boolean } | undefined> {
  if ((await getWallet(db, query.seller)) === undefined) return undefined
  const bucketOf = new Map(BUCKETS.map((bucket) => [accounts.seller(query.seller, bucket).name, bucket]))
  const [entryId, position] = query.after?.split('/') ?? []
  const rows = await db.run<Omit<StatementLine, 'bucket'> & { account: string }>(LIST, [
    [...bucketOf.keys()],
    query.from,
    query.to,
    entryId,
    position,
    query.limit + 1,
  ])
  const data = rows.slice(0, query.limit).map(({ account, ...line }) => {
    const bucket = bucketOf.get(account)
    assert(bucket !== undefined, `${account} is an account of the seller`)
    return { ...line, bucket }
  })
  return { data, hasMore: rows.length > query.limit }
}
