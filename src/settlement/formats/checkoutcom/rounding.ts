import type { Minor } from '../decimal.ts'
import type { Book, Books } from '../named-csv/books.ts'
import { compareExactly, type Money, majorText, plus, roundedTo, ZERO } from '../named-csv/money.ts'

/**
 * The exact sum of each statement beside that of its rounded lines. In the end a line of the kind `rounding` brings the
 * lines to the sum, and the sum is compared with the payout, where its row is there.
 */
export type Roundings = {
  readonly row: (book: Book, net: Minor, isPayout: boolean) => void
  /** What a line moved the balance by. */
  readonly line: (book: Book, moved: bigint) => void
  readonly finish: (books: Books) => void
}

type Total = { exact: Minor; lines: bigint; payout: Minor | undefined }

export function createRoundings(): Roundings {
  const totals = new Map<number, Total>()
  const of = ({ index }: Book): Total => {
    let total = totals.get(index)
    if (total === undefined) {
      total = { exact: ZERO, lines: 0n, payout: undefined }
      totals.set(index, total)
    }
    return total
  }
  return {
    row(book, net, isPayout) {
      const total = of(book)
      total.exact = plus(total.exact, net, book.money)
      if (isPayout) total.payout = plus(total.payout ?? ZERO, net, book.money)
    },
    line(book, moved) {
      of(book).lines += moved
    },
    finish(books) {
      for (const book of books.all()) {
        const total = of(book)
        const isPaid = total.payout !== undefined && total.exact.amount === 0n
        if (total.payout !== undefined) prove(book, total.exact, total.payout)
        addRounding(books, book, (isPaid ? 0n : roundedTo(total.exact, book.money)) - total.lines)
      }
    },
  }
}

/** A payout is whole minor units: less than one of them stays behind. */
function prove({ sums, money, sequence }: Book, exact: Minor, payout: Minor): void {
  const what = sequence === undefined ? 'the payout' : `the payout ${sequence.slice(0, 64)}`
  const stated = minus(payout)
  const computed = plus(exact, stated, money)
  if (exact.amount === 0n) sums.compare(what, 0n, 0n)
  else compareExactly(sums, what, money, [stated, computed])
}

const minus = ({ amount, rest }: Minor): Minor => ({ amount: -amount, rest: -rest })

function addRounding(books: Books, book: Book, amount: bigint): void {
  if (amount === 0n) return
  books.post(book, {
    line: book.lastLine,
    statement: book.index,
    kind: 'rounding',
    status: 'Rounding',
    pspReference: undefined,
    reference: undefined,
    otherReferences: book.sequence === undefined ? undefined : [book.sequence],
    amount,
    fee: 0n,
    currency: book.money.currency,
    occurredAt: undefined,
    businessDate: book.lastDate,
    description: describe(amount, book.money),
  })
}

const describe = (amount: bigint, money: Money): string =>
  `What the lines of this payout are rounded by: ${majorText({ amount, rest: 0n }, money)} ${money.currency}`
