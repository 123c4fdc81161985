import assert from 'node:assert/strict'
import { statement, type Tx } from '../platform/db.ts'

/** What changes in a seller's wallet, in minor units; a debt (`owed`) grows with a positive amount. */
export type WalletMove = {
  readonly seller: string
  readonly currency: string
  readonly pending: bigint
  readonly available: bigint
  readonly owed: bigint
}

/** What a correction gives a seller, or takes when it is negative, and where: a gain of what is owed pays the debt back. */
export type WalletChange = {
  readonly seller: string
  readonly currency: string
  readonly amount: bigint
  readonly where: 'pending' | 'available' | 'owed'
}

// In the order of the key, as in credit.ts.
const LOCK = statement(
  'wallet.lock',
  `select w.seller, w.currency, w.pending, w.available, w.owed
     from unnest($1::text[], $2::char(3)[]) as c (seller, currency) join wallet w on w.seller = c.seller and w.currency = c.currency
    order by w.seller collate "C", w.currency collate "C" for update of w`,
)
const ENSURE = statement(
  'wallet.ensure',
  'insert into wallet (seller, currency) values ($1, $2) on conflict do nothing',
)
const MOVE = statement(
  'wallet.move',
  `update wallet set pending = pending + $3, available = available + $4, owed = owed + $5
    where seller = $1 and currency = $2 returning seller`,
)

type Held = { readonly seller: string; readonly currency: string; pending: bigint; available: bigint; owed: bigint }

const keyOf = ({ seller, currency }: { readonly seller: string; readonly currency: string }): string =>
  `${seller}\n${currency}`
const inOrder = <T extends { readonly seller: string; readonly currency: string }>(items: readonly T[]): readonly T[] =>
  items.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))

/**
 * How corrections move sellers' money. What is given goes where the order's money stands. What is taken comes from there, then
 * from what is available, and what is not there any more is a debt. The wallets are locked until the end of the transaction.
 */
export async function planMoves(tx: Tx, changes: readonly WalletChange[]): Promise<readonly WalletMove[]> {
  const sorted = inOrder(changes)
  const wallets = new Map(sorted.map((each) => [keyOf(each), each]))
  const columns = [
    [...wallets.values()].map(({ seller }) => seller),
    [...wallets.values()].map(({ currency }) => currency),
  ]
  const held = new Map((await tx.run<Held>(LOCK, columns)).map((row) => [keyOf(row), row]))
  return sorted.map(({ seller, currency, amount, where }) => {
    const move = { seller, currency, pending: 0n, available: 0n, owed: 0n }
    const wallet = held.get(keyOf(move)) ?? { seller, currency, pending: 0n, available: 0n, owed: 0n }
    if (amount >= 0n && where === 'owed') {
      const owed = least(amount, wallet.owed)
      wallet.owed -= owed
      return { ...move, available: amount - owed, owed: -owed }
    }
    if (amount >= 0n) return { ...move, [where]: amount }
    const pending = where === 'pending' ? least(-amount, wallet.pending) : 0n
    const available = least(-amount - pending, wallet.available)
    wallet.pending -= pending
    wallet.available -= available
    return { ...move, pending: -pending, available: -available, owed: -amount - pending - available }
  })
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

/** Carries moves out, in the transaction that books the same movements. */
export async function moveWallets(tx: Tx, moves: readonly WalletMove[]): Promise<void> {
  for (const { seller, currency, pending, available, owed } of inOrder(moves)) {
    await tx.run(ENSURE, [seller, currency])
    const moved = await tx.run(MOVE, [seller, currency, pending, available, owed])
    assert(moved.length === 1, 'every seller whose money moves has a wallet')
  }
}
