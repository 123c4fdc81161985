import type { Minor } from '../decimal.ts'
import { UnreadableRow } from '../diagnostics.ts'
import type { FileSummary, Format, LineKind, ReadOptions, SettlementLine, TakeLines } from '../format.ts'
import { type Book, type Books, createBooks } from '../named-csv/books.ts'
import { createClock, createZones, zoneNamed } from '../named-csv/clock.ts'
import { type Columns, cellAt, type Fields, namesColumns, requireColumns } from '../named-csv/columns.ts'
import {
  compareExactly,
  createCurrencies,
  isSame,
  type Money,
  minorIn,
  negative,
  plus,
  roundedTo,
  ZERO,
} from '../named-csv/money.ts'
import { readRows, type TakeRow } from '../named-csv/rows.ts'
import { createIdentify, createOnce, others, reserveKind, textAt } from '../named-csv/words.ts'
import { type Reading, readFile } from '../reading.ts'
import { detached } from '../text/detached.ts'
import { createRoundings, type Roundings } from './rounding.ts'
import { kindOfMovement } from './types.ts'

/**
 * The settlement breakdown report of Checkout.com, as checkout.com/docs specifies it: every movement that a payout is made
 * of. Columns are found by their names.
 *
 * - **Text.** CSV in major units of the holding currency, with up to eight decimals: fees are finer than a minor unit.
 * - **Sign.** Gross as the account's holder sees it; deductions are negative, so the fee is −deduction. A reserve that is
 *   among the deductions is no cost: it is a line of its own.
 * - **Rounding.** Each line is rounded to minor units. What the exact sum of a payout differs from its lines by is a line of
 *   the kind `rounding` at the end.
 * - **References.** `reference` is ours, `pspReference` the payment's; the payout and the action are among the others.
 * - **Dates.** `Processed On UTC` where that column is, else `Processed On` in the zone of the column `Timezone`, else in the
 *   zone that is given: the entity sets it, and the file does not say. Without one a line has its day alone.
 * - **Statements.** One for each entity, holding currency and payout.
 * - **Balance.** Net = gross + deduction in each row. Where the payout's own row is in the file, all nets add up to zero, less
 *   than a minor unit being what could not be paid. Else the payout stands in the payouts report.
 *
 * Measured on a million rows of 224 bytes, each finer than a minor unit: 210,000 rows per second of processor time, in a
 * process of 160 MB (2 shared cores, Node 26).
 */
export const checkoutcomSettlement: Format = {
  name: 'checkoutcom_settlement',
  title: 'Settlement breakdown report of Checkout.com',
  detects: (beginning) => namesColumns(beginning, NEEDED),
  read,
}

const NEEDED = [['Type'], ['Holding Currency'], ['Net In Holding Currency', 'Gross In Holding Currency']] as const

function read(bytes: AsyncIterable<Uint8Array>, take: TakeLines, options?: ReadOptions): Promise<FileSummary> {
  return readFile(checkoutcomSettlement.name, take, async (reading) => {
    const books = createBooks(reading)
    const roundings = createRoundings()
    await readRows(reading, bytes, (columns, line) => {
      requireColumns(columns, line, NEEDED)
      return rowReader({ reading, books, roundings, options }, columns)
    })
    roundings.finish(books)
    const payouts = new Set(books.all().map(({ sequence }) => sequence))
    if (payouts.size === 1) reading.fileReference = [...payouts][0]
    books.close()
  })
}

type Work = {
  readonly reading: Reading
  readonly books: Books
  readonly roundings: Roundings
  readonly options: ReadOptions | undefined
}

const COSTS = ['Processing Fee', 'Scheme Fee', 'Interchange', 'Tax'] as const

const placesIn = (columns: Columns) => ({
  type: columns.place('Type'),
  account: columns.place('Client Entity ID', 'Entity ID'),
  currency: columns.place('Holding Currency'),
  payout: columns.place('Payout ID'),
  gross: columns.amount('Gross In Holding Currency'),
  deduction: columns.amount('Deduction In Holding Currency'),
  net: columns.amount('Net In Holding Currency'),
  costs: COSTS.map((name) => columns.amount(`${name} In Holding Currency`)),
  reserve: columns.amount('Reserve In Holding Currency'),
  payment: columns.place('Payment ID'),
  reference: columns.place('Reference'),
  rest: [columns.place('Action ID'), columns.place('Acquirer Reference Number')],
  processed: columns.place('Processed On'),
  processedUtc: columns.place('Processed On UTC'),
  zone: columns.place('Timezone', 'Time Zone'),
})

type Places = ReturnType<typeof placesIn>

function rowReader({ reading, books, roundings, options }: Work, columns: Columns): TakeRow {
  const places = placesIn(columns)
  const moneyIn = createCurrencies()
  const linesOf = linesReader(reading, places, options)
  const once = createOnce(reading)

  return (fields, line) => {
    const money = moneyIn(fields, places.currency)
    const amounts = amountsIn(fields, places, money)
    const { gross, deduction, reserve, net } = amounts
    const account = cellAt(fields, places.account)
    const book = books.of({ account, money, sequence: cellAt(fields, places.payout), line })
    for (const each of linesOf(fields, { book, line, ...amounts })) {
      books.post(book, each)
      roundings.line(book, each.amount - each.fee)
    }
    const computed = plus(gross, deduction, money)
    if (gross.rest !== 0n || deduction.rest !== 0n || reserve.rest !== 0n)
      once(
        '',
        { line, column: 0 },
        'rounding',
        'Amounts are finer than their currency: lines are rounded, and add up with one for the rounding',
      )
    if (net !== undefined) compareExactly(book.sums, `the net of line ${line}`, money, [net, computed])
    // Not the net that is stated: where it is wrong, what is between them is no rounding.
    roundings.row(book, computed, isPayout(fields, places, gross))
  }
}

type Amounts = {
  readonly gross: Minor
  /** All deductions; none is above zero, unless one is given back. */
  readonly deduction: Minor
  /** What of them is held back. */
  readonly reserve: Minor
  readonly net: Minor | undefined
}

function amountsIn(fields: Fields, places: Places, money: Money): Amounts {
  const gross = minorIn(fields, places.gross, money)
  const stated = minorIn(fields, places.deduction, money)
  const net = minorIn(fields, places.net, money)
  if (gross === undefined && net === undefined)
    throw new UnreadableRow('amount', Math.max(places.gross, places.net) + 1, 'The row has neither a gross nor a net')
  const held = minorIn(fields, places.reserve, money) ?? ZERO
  const parts = (): Minor =>
    places.costs.reduce((sum, place) => plus(sum, minorIn(fields, place, money) ?? ZERO, money), held)
  const deduction = stated ?? (gross === undefined || net === undefined ? parts() : plus(net, negative(gross), money))
  return {
    gross: gross ?? plus(net ?? ZERO, negative(deduction), money),
    deduction,
    // Where the parts without it are the deductions already, it is told beside them.
    reserve: isSame(held, ZERO) || !isSame(deduction, parts()) ? ZERO : held,
    net,
  }
}

/** The row of the payout itself, and not of its fee, nor of a payout to a card, which has a payment. */
function isPayout(fields: Fields, places: Places, gross: Minor): boolean {
  if (!/^(merchant )?payout$/i.test(cellAt(fields, places.type)) || isSame(gross, ZERO)) return false
  const payment = cellAt(fields, places.payment)
  return payment === '' || payment === cellAt(fields, places.payout)
}

/** The lines of a row: one, and one more for what is held back. */
function linesReader(reading: Reading, places: Places, options: ReadOptions | undefined) {
  const identify = createIdentify(reading)
  const momentOf = momentReader(reading, places, options)
  const kindOf = kindReader(reading, places)

  return (
    fields: Fields,
    { book, line, gross, deduction, reserve }: Amounts & { readonly book: Book; readonly line: number },
  ): readonly SettlementLine[] => {
    const { money } = book
    const [amount, held] = [roundedTo(gross, money), roundedTo(reserve, money)]
    const id = (place: number): string | undefined => (place === -1 ? undefined : identify(fields, place, line))
    const [payment, reference, payout] = [id(places.payment), id(places.reference), id(places.payout)]
    const moment = momentOf(fields, line)
    const type = textAt(fields, places.type)
    const about = {
      line,
      statement: book.index,
      status: type,
      currency: money.currency,
      occurredAt: moment?.at,
      businessDate: moment?.date,
    }
    const rest = [payout, ...places.rest.map(id)]
    const kind = kindOf(type ?? '', !isSame(gross, ZERO), line)
    const pspReference = payment ?? (kind === 'payout' ? payout : undefined)
    const main: SettlementLine = {
      ...about,
      kind,
      pspReference,
      reference,
      otherReferences: others(rest, reference, pspReference),
      amount,
      fee: -roundedTo(plus(deduction, negative(reserve), money), money),
    }
    if (held === 0n) return [main]
    // Not a second movement of the payment, which would look as if it came twice.
    const ids = {
      pspReference: undefined,
      reference: undefined,
      otherReferences: others([reference, payment, ...rest]),
    }
    return [main, { ...about, ...ids, kind: reserveKind(held), amount: held, fee: 0n }]
  }
}

function kindReader(reading: Reading, places: Places): (type: string, hasGross: boolean, line: number) => LineKind {
  const once = createOnce(reading)
  // A file has many rows and few types.
  const known = new Map<string, LineKind>()
  return (type, hasGross, line) => {
    const key = hasGross ? type : ` ${type}`
    const found = known.get(key)
    if (found !== undefined) return found
    const kind = kindOfMovement(type, hasGross)
    if (kind === undefined) {
      const message = `"${type.slice(0, 64)}" is no type that is known: its rows are read as adjustments`
      once(type, { line, column: places.type + 1 }, 'kind', message)
    }
    if (known.size < MAX_TYPES) known.set(detached(key), kind ?? 'adjustment')
    return kind ?? 'adjustment'
  }
}

const MAX_TYPES = 1_000

function momentReader(reading: Reading, places: Places, options: ReadOptions | undefined) {
  const [clock, zones] = [createClock(reading), createZones()]
  const given = options?.zone === undefined ? undefined : zoneNamed(options.zone)
  return (fields: Fields, line: number) => {
    const exact = clock(fields, places.processedUtc, { line, zone: 0 })
    const named = cellAt(fields, places.zone)
    const zone = (named === '' ? undefined : zones(named)) ?? given
    // Of two columns for one moment the first is certain.
    const local = clock(fields, places.processed, { line, zone: exact === undefined ? zone : undefined })
    if (exact === undefined) return local
    return { at: exact.at, date: local?.date ?? exact.date }
  }
}
