import { type Queryable, statement } from '../platform/db.ts'

/** What we owe a seller in one currency, by state of the money; `owed` is what the seller owes us. Minor units. */
export type WalletBalance = {
  readonly currency: string
  readonly pending: bigint
  readonly available: bigint
  readonly reserved: bigint
  readonly owed: bigint
}

export type Wallet = { readonly seller: string; readonly balances: readonly WalletBalance[] }

const GET = statement(
  'wallet.get',
  'select currency, pending, available, reserved, owed from wallet where seller = $1 order by currency',
)

/** The seller's wallet, or undefined for a seller that never sold anything. */
export async function getWallet(db: Queryable, seller: string): Promise<Wallet | undefined> {
  const balances = await db.run<WalletBalance>(GET, [seller])
  return balances.length === 0 ? undefined : { seller, balances }
}
