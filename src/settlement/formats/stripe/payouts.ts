import type { Minor } from '../decimal.ts'
import type { Book } from '../named-csv/books.ts'
import { compareExactly, negative, plus, ZERO } from '../named-csv/money.ts'
import type { Reading } from '../reading.ts'
import { detached } from '../text/detached.ts'

/**
 * What a payout should be: the nets of the rows that name it. Where the row of the payout itself is in the file, both are
 * compared. A payout that was asked for by hand has no rows of its own, and nothing to compare with.
 */
export type Payouts = {
  readonly add: (id: string, row: { book: Book; net: Minor; isPayout: boolean; line: number }) => void
  /** Compares each payout, in the statement of its row. */
  readonly prove: () => void
}

type Payout = { book: Book; rows: number; sum: Minor; stated: Minor | undefined }

/** Each is kept until the end, at about 400 bytes. */
const MAX_PAYOUTS = 50_000

export function createPayouts({ diagnostics }: Reading): Payouts {
  const payouts = new Map<string, Payout>()
  let isFull = false

  function of(id: string, book: Book, line: number): Payout | undefined {
    const key = `${book.money.currency} ${id}`
    const known = payouts.get(key)
    if (known !== undefined) return known
    if (payouts.size < MAX_PAYOUTS) {
      const payout = { book, rows: 0, sum: ZERO, stated: undefined }
      payouts.set(detached(key), payout)
      return payout
    }
    if (!isFull) {
      const message = `There are more than ${MAX_PAYOUTS} payouts: those from here on are not compared with their rows`
      diagnostics.add({ severity: 'warning', code: 'payouts', line, message })
    }
    isFull = true
    return undefined
  }

  return {
    add(id, { book, net, isPayout, line }) {
      const payout = of(id, book, line)
      if (payout === undefined) return
      if (isPayout) {
        payout.book = book
        payout.stated = plus(payout.stated ?? ZERO, negative(net), book.money)
      } else {
        payout.rows++
        payout.sum = plus(payout.sum, net, book.money)
      }
    },
    prove() {
      for (const [key, { book, rows, sum, stated }] of payouts) {
        if (stated === undefined || rows === 0) continue
        compareExactly(book.sums, `the payout ${key.slice(key.indexOf(' ') + 1)}`, book.money, [stated, sum])
      }
    },
  }
}
