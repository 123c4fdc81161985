import { MAX_AMOUNT } from '../../money/index.ts'

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

const NONE = -1

/**
 * Groups checkout lines in any order. The lines of one checkout may lie anywhere in the file, so all
 * checkouts are held until the end: as sums in flat arrays, with each name kept once. Order is that
 * of first appearance, for checkouts and for the sellers within one, so that the same file always
 * gives the same requests.
 */
export function createCheckoutBook(limits: { readonly maxOrders: number }): CheckoutBook {
  const flat = (bytes: number) => new ArrayBuffer(0, { maxByteLength: limits.maxOrders * bytes })
  // Length-tracking views: they grow with `resize`, without a copy twice as large beside them.
  const buffers = { first: flat(4), last: flat(4), line: flat(4), unit: flat(4), seller: flat(4), next: flat(4) }
  const firstOrder = new Int32Array(buffers.first)
  const lastOrder = new Int32Array(buffers.last)
  const firstLine = new Uint32Array(buffers.line)
  const currency = new Uint32Array(buffers.unit)
  const orderSeller = new Uint32Array(buffers.seller)
  const nextOrder = new Int32Array(buffers.next)
  const amountBuffer = flat(8)
  const amounts = new BigInt64Array(amountBuffer)

  const checkouts = createNames()
  const sellers = createNames()
  const currencies = createNames()
  let orders = 0

  /** The order of this seller in the checkout, or `NONE`, and how many were looked at. */
  function findOrder(checkout: number, seller: number): { order: number; seen: number } {
    let seen = 0
    for (let order = firstOrder[checkout] ?? NONE; order !== NONE; order = nextOrder[order] ?? NONE) {
      if (orderSeller[order] === seller) return { order, seen }
      seen += 1
    }
    return { order: NONE, seen }
  }

  function addCheckout(line: BookLine, unit: number): number {
    refuseWhenFull(line)
    const index = checkouts.add(line.checkout)
    for (const buffer of [buffers.first, buffers.last, buffers.line, buffers.unit]) grow(buffer, (index + 1) * 4)
    firstOrder[index] = NONE
    lastOrder[index] = NONE
    firstLine[index] = line.lineNumber
    currency[index] = unit
    return index
  }

  function addOrder(line: BookLine, checkout: number, seller: number): number {
    refuseWhenFull(line)
    const order = orders
    orders += 1
    for (const buffer of [buffers.seller, buffers.next]) grow(buffer, orders * 4)
    grow(amountBuffer, orders * 8)
    orderSeller[order] = seller
    nextOrder[order] = NONE
    const last = lastOrder[checkout] ?? NONE
    if (last === NONE) firstOrder[checkout] = order
    else nextOrder[last] = order
    lastOrder[checkout] = order
    return order
  }

  function* ordersOf(checkout: number): Generator<{ seller: string; amount: bigint }> {
    for (let order = firstOrder[checkout] ?? NONE; order !== NONE; order = nextOrder[order] ?? NONE) {
      yield { seller: sellers.at(orderSeller[order] ?? 0), amount: amounts[order] ?? 0n }
    }
  }

  function add(line: BookLine): void {
    const unit = currencies.indexOf(line.currency) ?? currencies.add(line.currency)
    const checkout = checkouts.indexOf(line.checkout) ?? addCheckout(line, unit)
    if (currency[checkout] !== unit) {
      const first = currencies.at(currency[checkout] ?? 0)
      throw new BookProblem(
        line.lineNumber,
        `checkout ${line.checkout} is in ${line.currency} here and in ${first} before`,
      )
    }
    const seller = sellers.indexOf(line.seller) ?? sellers.add(line.seller)
    const { order: known, seen } = findOrder(checkout, seller)
    if (known === NONE && seen >= MAX_SELLERS_PER_CHECKOUT) {
      throw new BookProblem(
        line.lineNumber,
        `checkout ${line.checkout} has more than ${MAX_SELLERS_PER_CHECKOUT} sellers`,
      )
    }
    const order = known === NONE ? addOrder(line, checkout, seller) : known
    const sum = (amounts[order] ?? 0n) + line.amount
    if (sum > MAX_AMOUNT || sum < -MAX_AMOUNT) {
      throw new BookProblem(
        line.lineNumber,
        `seller ${line.seller} gets more than 2^53 − 1 in checkout ${line.checkout}`,
      )
    }
    amounts[order] = sum
  }

  function refuseWhenFull(line: BookLine): void {
    if (orders < limits.maxOrders) return
    const limit = limits.maxOrders.toLocaleString('en')
    throw new BookProblem(line.lineNumber, `one import takes ${limit} payment orders; split the file by checkout`)
  }

  function close(): void {
    for (let index = 0; index < checkouts.size(); index += 1) {
      const lineNumber = firstLine[index] ?? 0
      let sum = 0n
      for (const { seller, amount } of ordersOf(index)) {
        if (amount <= 0n) {
          const text = `seller ${seller} gets ${amount} minor units in checkout ${checkouts.at(index)}`
          throw new BookProblem(lineNumber, `${text}; a payment order is more than 0`)
        }
        sum += amount
      }
      if (sum > MAX_AMOUNT) throw new BookProblem(lineNumber, `checkout ${checkouts.at(index)} is more than 2^53 − 1`)
    }
  }

  function totals(): Map<string, bigint> {
    const sums = new Map<string, bigint>()
    for (let index = 0; index < checkouts.size(); index += 1) {
      const unit = currencies.at(currency[index] ?? 0)
      for (const { amount } of ordersOf(index)) sums.set(unit, (sums.get(unit) ?? 0n) + amount)
    }
    return sums
  }

  return {
    add,
    close,
    totals,
    checkout: (index) => ({
      checkout: checkouts.at(index),
      currency: currencies.at(currency[index] ?? 0),
      orders: [...ordersOf(index)],
      lineNumber: firstLine[index] ?? 0,
    }),
    size: () => ({ checkouts: checkouts.size(), orders, sellers: sellers.size() }),
  }
}

/** Grows by half, so that growing costs little, and never beyond what the buffer may hold. */
function grow(buffer: ArrayBuffer, bytes: number): void {
  if (buffer.byteLength >= bytes) return
  buffer.resize(Math.min(buffer.maxByteLength, Math.max(bytes, 4_096, Math.ceil(buffer.byteLength / 8) * 12)))
}

type Names = {
  readonly add: (name: string) => number
  readonly indexOf: (name: string) => number | undefined
  readonly at: (index: number) => string
  readonly size: () => number
}

/** Numbers for names, in order of first appearance. */
function createNames(): Names {
  const byName = new Map<string, number>()
  const names: string[] = []
  return {
    add: (name) => {
      const index = names.push(name) - 1
      byName.set(name, index)
      return index
    },
    indexOf: (name) => byName.get(name),
    at: (index) => {
      const name = names[index]
      if (name === undefined) throw new RangeError(`there is no name ${index} of ${names.length}`)
      return name
    },
    size: () => names.length,
  }
}
