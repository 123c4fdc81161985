import { UnreadableRow } from '../diagnostics.ts'
import type { FileSummary, Format, ReadOptions, TakeLines } from '../format.ts'
import { type Books, createBooks } from '../named-csv/books.ts'
import { createClock, createZones, zoneNamed } from '../named-csv/clock.ts'
import { type Columns, cellAt, type Fields, namesColumns, requireColumns } from '../named-csv/columns.ts'
import { createCurrencies, type Money, minorIn, plus, roundedTo } from '../named-csv/money.ts'
import { readRows, type TakeRow } from '../named-csv/rows.ts'
import { createIdentify, createOnce, textAt } from '../named-csv/words.ts'
import { type Reading, readFile } from '../reading.ts'
import { feeReader, idPlacesIn, kindReader, momentReader, referencesOf } from './common.ts'
import { isAskedFor, isExternal } from './types.ts'

/**
 * The payment accounting report of Adyen, as docs.adyen.com specifies it: every state that a payment came to on a day.
 * Columns are found by their names.
 *
 * - **Text.** CSV in major units; each state moves the payment between registers: Received, Authorised, Captured, Payable.
 * - **Sign.** What is in Payable (SC) is owed to the merchant from then on: amount − fee is that, and the fee is Commission
 *   + Markup + Scheme Fees + Interchange.
 * - **Booked** are rows with a Payable, but those that are only asked for (`SentForSettle`, `SentForRefund`), whose final
 *   state has a row of its own, and those that an acquirer pays directly (`…Externally`). Other states have the Main Amount,
 *   negative for refunds and chargebacks, and are in no sum.
 * - **References and dates** are as in the settlement details; the one date is the Booking Date.
 * - **Statements.** One for each merchant account, currency and payable batch.
 * - **Balance.** None: the report has no balances, no totals and no payouts.
 *
 * Measured on a million rows of 168 bytes: 335,000 rows per second of processor time, in a process of 155 MB (2 shared
 * cores, Node 26).
 */
export const adyenAccounting: Format = {
  name: 'adyen_accounting',
  title: 'Payment accounting report of Adyen',
  detects: (beginning) => namesColumns(beginning, NEEDED),
  read,
}

const NEEDED = [['Record Type'], ['Psp Reference'], ['Main Amount', 'Payable (SC)']] as const

function read(bytes: AsyncIterable<Uint8Array>, take: TakeLines, options?: ReadOptions): Promise<FileSummary> {
  return readFile(adyenAccounting.name, take, async (reading) => {
    const books = createBooks(reading)
    await readRows(reading, bytes, (columns, line) => {
      requireColumns(columns, line, NEEDED)
      return rowReader(reading, books, columns, options)
    })
    books.close()
  })
}

const placesIn = (columns: Columns) => ({
  type: columns.place('Record Type'),
  account: columns.place('Merchant Account', 'Company Account'),
  batch: columns.place('Payable Batch', 'Batch Number'),
  payable: columns.amount('Payable (SC)'),
  payableCurrency: columns.place('Settlement Currency'),
  main: columns.amount('Main Amount'),
  mainCurrency: columns.place('Main Currency'),
  booked: columns.place('Booking Date', 'Creation Date'),
  zone: columns.place('TimeZone', 'Booking Date TimeZone'),
  ids: idPlacesIn(columns, { type: 'Record Type', modification: 'Modification Psp Reference' }),
})

type Places = ReturnType<typeof placesIn>

function rowReader(reading: Reading, books: Books, columns: Columns, options: ReadOptions | undefined): TakeRow {
  const places = placesIn(columns)
  const identify = createIdentify(reading)
  const amountsOf = amountsReader(reading, columns, places)
  const kindOf = kindReader(reading, places.type)
  const momentOf = momentReader(
    {
      clock: createClock(reading),
      zones: createZones(),
      zone: options?.zone === undefined ? undefined : zoneNamed(options.zone),
      once: createOnce(reading),
    },
    [places.booked, places.zone],
  )

  return (fields, line) => {
    const type = textAt(fields, places.type) ?? ''
    const { amount: size, fee, money, isBooked } = amountsOf(fields, line, type)
    const kind = kindOf(type, size, line)
    const takes = !isBooked && (kind === 'refund' || kind === 'dispute')
    const account = cellAt(fields, places.account)
    const book = books.of({ account, money, sequence: cellAt(fields, places.batch), line })
    const moment = momentOf(fields, line)
    books.post(book, {
      line,
      statement: book.index,
      kind,
      status: type === '' ? undefined : type,
      ...referencesOf(fields, places.ids, identify, line),
      amount: takes && size > 0n ? -size : size,
      fee,
      currency: money.currency,
      occurredAt: moment?.at,
      businessDate: moment?.date,
      ...(isBooked ? {} : { booked: false }),
    })
  }
}

type Amounts = { readonly amount: bigint; readonly fee: bigint; readonly money: Money; readonly isBooked: boolean }

function amountsReader(
  reading: Reading,
  columns: Columns,
  places: Places,
): (fields: Fields, line: number, type: string) => Amounts {
  const moneyIn = createCurrencies()
  const feeIn = feeReader(columns, 'SC')
  const warn = (line: number): void => {
    const message = 'An amount is finer than its currency: it is rounded'
    reading.diagnostics.add({ severity: 'warning', code: 'rounding', line, message })
  }

  return (fields, line, type) => {
    const moves = cellAt(fields, places.payable) !== '' && !isAskedFor(type) && !isExternal(type)
    const money = moneyIn(fields, moves ? places.payableCurrency : places.mainCurrency)
    const net = minorIn(fields, moves ? places.payable : places.main, money)
    if (net === undefined) throw new UnreadableRow('amount', places.main + 1, 'The row has no amount')
    if (!moves) {
      if (net.rest !== 0n) warn(line)
      return { amount: roundedTo(net, money), fee: 0n, money, isBooked: false }
    }
    const fee = feeIn(fields, money)
    if (net.rest !== 0n || fee.rest !== 0n) warn(line)
    const amount = roundedTo(plus(net, fee, money), money)
    return { amount, fee: amount - roundedTo(net, money), money, isBooked: true }
  }
}
