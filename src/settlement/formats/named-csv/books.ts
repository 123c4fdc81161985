import { createSums, type Sums } from '../control.ts'
import { BrokenFile } from '../diagnostics.ts'
import type { SettlementLine } from '../format.ts'
import type { Reading } from '../reading.ts'
import { detached } from '../text/detached.ts'
import type { Money } from './money.ts'

/** One statement while its rows are read: they may be mixed with those of others. */
export type Book = {
  /** Its place among the statements. */
  readonly index: number
  readonly account: string
  readonly money: Money
  readonly sequence: string | undefined
  readonly sums: Sums
  /** The latest day of its lines. */
  lastDate: string | undefined
  /** The row that was read last. */
  lastLine: number
}

export type Books = {
  /** The book of an account, currency and number; opened when it is the first row of it. Throws `BrokenFile` for too many. */
  readonly of: (about: { account: string; money: Money; sequence: string; line: number }) => Book
  /** Adds a line to the book that its `statement` is, and hands it on. */
  readonly post: (book: Book, line: SettlementLine) => void
  readonly all: () => readonly Book[]
  /** Closes every book: their statements, and the day of the file, which is the latest of their days. */
  readonly close: () => void
}

/** Far above what a file has; each costs memory until the end. */
const MAX_STATEMENTS = 10_000

export function createBooks(reading: Reading): Books {
  const books = new Map<string, Book>()
  let last: Book | undefined

  function open({ account, money, sequence, line }: Parameters<Books['of']>[0]): Book {
    const key = `${money.currency}\n${account}\n${sequence}`
    const known = books.get(key)
    if (known !== undefined) return known
    if (books.size >= MAX_STATEMENTS)
      throw new BrokenFile('statements', line, `There are more than ${MAX_STATEMENTS} accounts, currencies and batches`)
    const book: Book = {
      index: books.size,
      account: detached(account),
      money,
      sequence: sequence === '' ? undefined : detached(sequence),
      sums: createSums(),
      lastDate: undefined,
      lastLine: 0,
    }
    books.set(detached(key), book)
    return book
  }

  return {
    of(about) {
      const { account, money, sequence } = about
      if (last?.account !== account || last.money.currency !== money.currency || (last.sequence ?? '') !== sequence)
        last = open(about)
      return last
    },
    post(book, line) {
      book.sums.add(line)
      book.lastLine = line.line
      const { businessDate } = line
      if (businessDate !== undefined && (book.lastDate === undefined || businessDate > book.lastDate))
        book.lastDate = detached(businessDate)
      reading.push(line)
    },
    all: () => [...books.values()],
    close() {
      for (const { account, money, sequence, sums, lastDate } of books.values()) {
        const about = { account, currency: money.currency, businessDate: lastDate, sequence }
        reading.statements.push(sums.finish({ ...about, opening: undefined, closing: undefined }))
        if (lastDate !== undefined && (reading.businessDate === undefined || lastDate > reading.businessDate))
          reading.businessDate = lastDate
      }
    },
  }
}
