import { MAX_AMOUNT } from '../../money/index.ts'
import { type Column, createIntegerColumn } from './columns.ts'
import { createNames, type Names } from './names.ts'
import { createOrderLists, type OrderLists } from './order-lists.ts'

/** What a payment event holds at most; more is refused before anything is sent. */
const MAX_SELLERS_PER_CHECKOUT = 1_000

export type BookLine = {
  readonly checkout: string
  readonly seller: string
  readonly currency: string
  /** Minor units; negative for a discount. */
  readonly amount: bigint
  readonly lineNumber: number
}

export type Checkout = {
  readonly checkout: string
  readonly currency: string
  readonly orders: readonly { readonly seller: string; readonly amount: bigint }[]
  /** Line of the file where the checkout appears first. */
  readonly lineNumber: number
}

/** Something in the file that cannot be a payment. `lineNumber` is where it shows. */
export class BookProblem extends Error {
  readonly lineNumber: number
  constructor(lineNumber: number, message: string) {
    super(message)
    this.name = 'BookProblem'
    this.lineNumber = lineNumber
  }
}

export type CheckoutBook = {
  /** Adds one line to its checkout and seller. Throws `BookProblem`. */
  readonly add: (line: BookLine) => void
  /** Checks what only the whole file shows: every order is more than 0, no checkout too large. Throws `BookProblem`. */
  readonly close: () => void
  readonly checkout: (index: number) => Checkout
  readonly size: () => { checkouts: number; orders: number; sellers: number }
  readonly totals: () => Map<string, bigint>
}

/**
 * Groups checkout lines in any order. The lines of one checkout may lie anywhere in the file, so all
 * checkouts are held until the end: as sums in flat columns, with each name kept once. Order is that
 * of first appearance, for checkouts and for the sellers within one, so that the same file always
 * gives the same requests.
 */
export function createCheckoutBook(limits: { readonly maxOrders: number }): CheckoutBook {
  // A checkout has at least one order, so the limit of orders is one of checkouts, too.
  const held: Held = {
    checkouts: createNames(),
    sellers: createNames(),
    currencies: createNames(),
    orders: createOrderLists(limits.maxOrders),
    lines: createIntegerColumn(limits.maxOrders),
    units: createIntegerColumn(limits.maxOrders),
  }

  return {
    add: (line) => addLine(held, line, limits.maxOrders),
    close: () => {
      for (let index = 0; index < held.checkouts.size(); index += 1) refuseUnpayable(checkoutAt(held, index))
    },
    checkout: (index) => checkoutAt(held, index),
    size: () => ({
      checkouts: held.checkouts.size(),
      orders: held.orders.size(),
      sellers: held.sellers.size(),
    }),
    totals: () => {
      const sums = new Map<string, bigint>()
      for (let index = 0; index < held.checkouts.size(); index += 1) {
        const unit = held.currencies.at(held.units.at(index))
        for (const { amount } of held.orders.inList(index)) sums.set(unit, (sums.get(unit) ?? 0n) + amount)
      }
      return sums
    },
  }
}

type Held = {
  readonly checkouts: Names
  readonly sellers: Names
  readonly currencies: Names
  /** One list per checkout. */
  readonly orders: OrderLists
  /** Of each checkout: the line of its first appearance. */
  readonly lines: Column<number>
  /** Of each checkout: the number of its currency. */
  readonly units: Column<number>
}

function addLine(held: Held, line: BookLine, maxOrders: number): void {
  const unit = held.currencies.indexOf(line.currency) ?? held.currencies.add(line.currency)
  const seller = held.sellers.indexOf(line.seller) ?? held.sellers.add(line.seller)
  const known = held.checkouts.indexOf(line.checkout)
  if (known !== undefined && held.units.at(known) !== unit) {
    const first = held.currencies.at(held.units.at(known))
    throw new BookProblem(
      line.lineNumber,
      `checkout ${line.checkout} is in ${line.currency} here and in ${first} before`,
    )
  }
  const order = known === undefined ? undefined : orderOf(held, known, seller, line)
  if (order === undefined && held.orders.size() >= maxOrders) {
    const limit = maxOrders.toLocaleString('en')
    throw new BookProblem(line.lineNumber, `one import takes ${limit} payment orders; split the file by checkout`)
  }
  const into = order ?? held.orders.append(known ?? addCheckout(held, line, unit), seller)
  const sum = held.orders.amountOf(into) + line.amount
  if (sum > MAX_AMOUNT || sum < -MAX_AMOUNT) {
    throw new BookProblem(line.lineNumber, `seller ${line.seller} gets more than 2^53 − 1 in checkout ${line.checkout}`)
  }
  held.orders.setAmount(into, sum)
}

/** The seller's order in a checkout, or undefined where there is none yet and room for one. */
function orderOf(held: Held, checkout: number, seller: number, line: BookLine): number | undefined {
  const { order, seen } = held.orders.find(checkout, seller)
  if (order === undefined && seen >= MAX_SELLERS_PER_CHECKOUT) {
    throw new BookProblem(
      line.lineNumber,
      `checkout ${line.checkout} has more than ${MAX_SELLERS_PER_CHECKOUT} sellers`,
    )
  }
  return order
}

function addCheckout(held: Held, line: BookLine, unit: number): number {
  const index = held.checkouts.add(line.checkout)
  held.lines.set(index, line.lineNumber)
  held.units.set(index, unit)
  return index
}

const checkoutAt = (held: Held, index: number): Checkout => ({
  checkout: held.checkouts.at(index),
  currency: held.currencies.at(held.units.at(index)),
  orders: Array.from(held.orders.inList(index), ({ seller, amount }) => ({ seller: held.sellers.at(seller), amount })),
  lineNumber: held.lines.at(index),
})

function refuseUnpayable({ checkout, orders, lineNumber }: Checkout): void {
  for (const { seller, amount } of orders) {
    if (amount > 0n) continue
    const text = `seller ${seller} gets ${amount} minor units in checkout ${checkout}`
    throw new BookProblem(lineNumber, `${text}; a payment order is more than 0`)
  }
  const sum = orders.reduce((total, { amount }) => total + amount, 0n)
  if (sum > MAX_AMOUNT) throw new BookProblem(lineNumber, `checkout ${checkout} is more than 2^53 − 1`)
}
