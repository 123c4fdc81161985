import { createAmountColumn, createIntegerColumn } from './columns.ts'

export type OrderLists = {
  /** The order of this seller in the list, if there is one, and the length of the list up to it. */
  readonly find: (list: number, seller: number) => { readonly order: number | undefined; readonly seen: number }
  /** Puts an order of 0 at the end of the list, and returns its number. */
  readonly append: (list: number, seller: number) => number
  readonly amountOf: (order: number) => bigint
  readonly setAmount: (order: number, amount: bigint) => void
  /** The orders of a list, in the order in which they were appended. */
  readonly inList: (list: number) => Generator<{ readonly seller: number; readonly amount: bigint }>
  readonly size: () => number
}

/** A link to nothing. Links are order numbers plus one, because a column holds 0 where nothing was set. */
const NOTHING = 0

/** Lists of orders that grow at the same time, all in a few flat columns: 24 bytes for a list of one order. */
export function createOrderLists(maxOrders: number): OrderLists {
  const first = createIntegerColumn(maxOrders)
  const last = createIntegerColumn(maxOrders)
  const next = createIntegerColumn(maxOrders)
  const sellers = createIntegerColumn(maxOrders)
  const amounts = createAmountColumn(maxOrders)
  let size = 0

  return {
    find: (list, seller) => {
      let seen = 0
      for (let link = first.at(list); link !== NOTHING; link = next.at(link - 1)) {
        if (sellers.at(link - 1) === seller) return { order: link - 1, seen }
        seen += 1
      }
      return { order: undefined, seen }
    },
    append: (list, seller) => {
      const order = size
      size += 1
      sellers.set(order, seller)
      next.set(order, NOTHING)
      amounts.set(order, 0n)
      const before = last.at(list)
      if (before === NOTHING) first.set(list, order + 1)
      else next.set(before - 1, order + 1)
      last.set(list, order + 1)
      return order
    },
    amountOf: amounts.at,
    setAmount: amounts.set,
    *inList(list) {
      for (let link = first.at(list); link !== NOTHING; link = next.at(link - 1)) {
        yield { seller: sellers.at(link - 1), amount: amounts.at(link - 1) }
      }
    },
    size: () => size,
  }
}
