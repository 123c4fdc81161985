import { isCurrency } from '../../../money/index.ts'
import type { DecimalMark } from '../decimal.ts'
import { detached } from '../text/detached.ts'
import { isMarkOpen, markShown, readAmount } from './amount-text.ts'
import { currencyNamed } from './currency-sign.ts'
import { DATE_ORDERS, type DateOrder, type DateReader } from './date-text.ts'
import type { TableRow } from './rows.ts'

/** What is known of a column. Counts are of its first cells that are not empty; what could still prove anything, of all. */
export type ColumnSurvey = {
  readonly name: string
  readonly place: number
  readonly filled: number
  /** Cells without a digit. */
  readonly words: number
  /** Cells that are an amount, whatever the decimal mark. */
  readonly numbers: number
  /** Amounts that have to have this decimal mark. */
  readonly marks: Readonly<Record<DecimalMark, number>>
  /** Amounts such as `1,234` and `1.234`, by the mark in them, which could separate thousands as well as decimals. */
  readonly open: Readonly<Record<DecimalMark, number>>
  /** Amounts that have decimals, are below zero, and above. */
  readonly fractions: number
  readonly negatives: number
  readonly positives: number
  readonly orders: Readonly<Record<DateOrder, number>>
  /** The first and the last year that the dates are of when they are read in this order. */
  readonly years: Readonly<Record<CalendarOrder, readonly [first: number, last: number]>>
  /** Cells that look like a date in any order. */
  readonly dates: number
  readonly currencies: number
  /** Currencies that stand beside amounts in one cell, and how many cells have one. */
  readonly inAmounts: ReadonlySet<string>
  readonly withCurrency: number
  /** The different cells, as far as they are few. */
  readonly values: ReadonlySet<string>
}

export type CalendarOrder = (typeof CALENDAR)[number]
const CALENDAR = ['ymd', 'dmy', 'mdy'] as const

export const MAX_VALUES = 64
/** Far above any table: what stands behind is in nobody's way. */
const MAX_COLUMNS = 1_000

/**
 * After so many cells it is known what a column is; what is looked for from then on is only what could still prove the
 * order of its dates or its decimal mark. Asking a cell for both takes microseconds, and a file has millions.
 */
const SETTLED_CELLS = 2_000

/** Whether a column that has many cells has few different ones. */
export const hasFewValues = ({ filled, values }: ColumnSurvey): boolean =>
  filled === SETTLED_CELLS && values.size < MAX_VALUES

type Counting = {
  -readonly [Key in keyof ColumnSurvey]: ColumnSurvey[Key]
} & {
  readonly marks: Record<DecimalMark, number>
  readonly open: Record<DecimalMark, number>
  readonly orders: Record<DateOrder, number>
  readonly years: Record<CalendarOrder, [number, number]>
  readonly values: Set<string>
  readonly inAmounts: Set<string>
}

export type Survey = {
  readonly add: (row: TableRow) => void
  readonly columns: () => readonly ColumnSurvey[]
  /** Whether no row that may come can change what is known. */
  readonly isSettled: () => boolean
  /** The columns of which rows that may come can change what is known. */
  readonly unsettled: () => readonly Unsettled[]
}

export type Unsettled = {
  readonly place: number
  /** Cells that are still looked at, whatever they are. */
  readonly missing: number
  /** Whether nothing proves the decimal mark, or the order of its dates. */
  readonly mark: boolean
  readonly order: boolean
}

/**
 * Counts what the cells of each column can be. Keeps no rows. `names` may grow while rows are added; when there are none,
 * each cell of a row has a column of its own, and else cells without a name are not looked at. `skipsWide`: rows that have any
 * are not looked at either.
 */
export function createSurvey(
  names: readonly string[],
  dates: DateReader,
  { skipsWide }: { readonly skipsWide: boolean },
): Survey {
  const columns: Counting[] = []
  const hasNames = names.length > 0

  const columnAt = (place: number): Counting => {
    for (let next = columns.length; next <= place; next++)
      columns.push(newColumn(names[next] ?? `column ${next + 1}`, next))
    const column = columns[place]
    if (column === undefined) throw new RangeError(`there is no column ${place}`)
    return column
  }

  const allColumns = (): readonly Counting[] => {
    if (names.length > 0) columnAt(Math.min(names.length, MAX_COLUMNS) - 1)
    return columns
  }

  return {
    add({ fields, numbers, problem }) {
      if (problem !== undefined) return
      if (
        skipsWide &&
        hasNames &&
        fields.length > names.length &&
        fields.slice(names.length).some((text) => text.trim() !== '')
      )
        return
      const count = Math.min(fields.length, MAX_COLUMNS, hasNames ? names.length : MAX_COLUMNS)
      for (let place = 0; place < count; place++) {
        const text = fields[place]?.trim() ?? ''
        if (text !== '') look(columnAt(place), text, numbers?.[place] === true, dates)
      }
    },
    columns: allColumns,
    isSettled: () => columns.length >= Math.max(1, names.length) && columns.every((each) => !isUnsettled(each)),
    unsettled: () =>
      allColumns()
        .filter(isUnsettled)
        .map((each) => ({
          place: each.place,
          missing: SETTLED_CELLS - each.filled,
          mark: isMarkUnknown(each),
          order: isOrderUnknown(each),
        })),
  }
}

const newColumn = (name: string, place: number): Counting => ({
  name,
  place,
  filled: 0,
  words: 0,
  numbers: 0,
  marks: { '.': 0, ',': 0 },
  open: { '.': 0, ',': 0 },
  fractions: 0,
  negatives: 0,
  positives: 0,
  orders: { ymd: 0, dmy: 0, mdy: 0, epoch_seconds: 0, epoch_ms: 0, excel: 0 },
  years: { ymd: [9_999, 0], dmy: [9_999, 0], mdy: [9_999, 0] },
  dates: 0,
  currencies: 0,
  inAmounts: new Set(),
  withCurrency: 0,
  values: new Set(),
})

function look(column: Counting, text: string, isNumber: boolean, dates: DateReader): void {
  if (column.filled === SETTLED_CELLS) return lookForProof(column, text, isNumber, dates)
  column.filled++
  if (!/\d/.test(text)) column.words++
  if (isCurrency(text.toUpperCase()) || currencyNamed(text) !== undefined) column.currencies++
  if (column.values.size < MAX_VALUES && !column.values.has(text)) column.values.add(detached(text))
  countAmount(column, text, isNumber)
  countDate(column, text, dates)
}

/** Whatever a cell says now, it proves the one or the other and changes nothing else. */
function lookForProof(column: Counting, text: string, isNumber: boolean, dates: DateReader): void {
  if (isNumber) column.fractions += text.includes('.') ? 1 : 0
  else if (isMarkUnknown(column) && text.length <= MAX_TEXT) {
    const mark = markShown(text)
    if (mark !== undefined && readAmount(text, mark) !== undefined) noteMark(column, text, mark)
    else if (isMarkOpen(text)) noteOpen(column, text)
  }
  if (isOrderUnknown(column) && noteCalendar(column, text, dates)) column.dates++
}

const isUnsettled = (column: Counting): boolean =>
  column.filled < SETTLED_CELLS || isMarkUnknown(column) || isOrderUnknown(column)

const isMarkUnknown = ({ marks, numbers }: Counting): boolean => marks['.'] + marks[','] === 0 && numbers > 0

const isOrderUnknown = ({ orders }: Counting): boolean =>
  orders.dmy > 0 && (orders.dmy === orders.mdy || orders.dmy === orders.ymd)

/** Nothing is an amount or a date that is longer, or has no digit. */
const MAX_TEXT = 40

function countDate(column: Counting, text: string, dates: DateReader): void {
  if (text.length > MAX_TEXT || !/\d/.test(text)) return
  let any = noteCalendar(column, text, dates)
  for (const order of DATE_ORDERS) {
    if (order === 'ymd' || order === 'dmy' || order === 'mdy' || dates.read(text, order) === undefined) continue
    column.orders[order]++
    any = true
  }
  if (any) column.dates++
}

function noteCalendar({ orders, years }: Counting, text: string, dates: DateReader): boolean {
  let any = false
  for (const order of CALENDAR) {
    const read = dates.read(text, order)
    if (read === undefined) continue
    any = true
    orders[order]++
    const year = Number(read.date.slice(0, 4))
    const span = years[order]
    if (year < span[0]) span[0] = year
    if (year > span[1]) span[1] = year
  }
  return any
}

function countAmount(column: Counting, text: string, isNumber: boolean): void {
  if (!/\d/.test(text) || text.length > MAX_TEXT) return
  const point = readAmount(text, '.')
  // A number by its type is one whatever mark the texts have, and proves nothing of it.
  const comma = isNumber ? point : readAmount(text, ',')
  const amount = point ?? comma
  if (amount === undefined) return
  column.numbers++
  if (amount.currency !== undefined) {
    column.inAmounts.add(amount.currency)
    column.withCurrency++
  }
  const mark = markShown(text)
  if (isNumber) column.fractions += text.includes('.') ? 1 : 0
  else if (mark !== undefined) noteMark(column, text, mark)
  else if (isMarkOpen(text)) noteOpen(column, text)
  if (amount.decimal.digits < 0n) column.negatives++
  if (amount.decimal.digits > 0n) column.positives++
}

function noteMark(column: Counting, text: string, mark: DecimalMark): void {
  column.marks[mark]++
  if (text.includes(mark)) column.fractions++
}

function noteOpen(column: Counting, text: string): void {
  column.open[text.includes('.') ? '.' : ',']++
}
