import { isCurrency } from '../../../money/index.ts'
import type { DecimalMark } from '../decimal.ts'
import { markShown, readAmount } from './amount-text.ts'
import { DATE_ORDERS, type DateOrder, type DateReader } from './date-text.ts'
import type { TableRow } from './rows.ts'

/** What is known of a column. Counts are of its first cells that are not empty, marks and orders of all. */
export type ColumnSurvey = {
  readonly name: string
  readonly place: number
  readonly filled: number
  /** Cells that are an amount with this decimal mark, and cells that cannot be one with the other. */
  readonly amounts: Readonly<Record<DecimalMark, number>>
  readonly marks: Readonly<Record<DecimalMark, number>>
  /** Amounts that have decimals, are below zero, and above. */
  readonly fractions: number
  readonly negatives: number
  readonly positives: number
  readonly orders: Readonly<Record<DateOrder, number>>
  /** Cells that look like a date in any order. */
  readonly dates: number
  readonly currencies: number
  /** Currencies that stand beside amounts in one cell. */
  readonly inAmounts: ReadonlySet<string>
  /** The different cells, as far as they are few. */
  readonly values: ReadonlySet<string>
}

export const MAX_VALUES = 64

/**
 * After so many cells it is known what a column is; what is looked for from then on is only what could still prove the
 * order of its dates or its decimal mark. Asking a cell for both takes microseconds, and a file has millions.
 */
const SETTLED_CELLS = 2_000

type Counting = { -readonly [Key in keyof ColumnSurvey]: ColumnSurvey[Key] } & {
  readonly amounts: Record<DecimalMark, number>
  readonly marks: Record<DecimalMark, number>
  readonly orders: Record<DateOrder, number>
  readonly values: Set<string>
  readonly inAmounts: Set<string>
}

export type Survey = {
  readonly add: (row: TableRow) => void
  readonly columns: () => readonly ColumnSurvey[]
  /** Rows that were seen. */
  readonly rows: () => number
}

/** Counts what the cells of each column can be. Keeps no rows. `names` may grow while rows are added. */
export function createSurvey(names: readonly string[], dates: DateReader): Survey {
  const columns: Counting[] = []
  let rows = 0

  const columnAt = (place: number): Counting => {
    for (let next = columns.length; next <= place; next++)
      columns.push(newColumn(names[next] ?? `column ${next + 1}`, next))
    const column = columns[place]
    if (column === undefined) throw new RangeError(`there is no column ${place}`)
    return column
  }

  return {
    add({ fields, problem }) {
      if (problem !== undefined) return
      rows++
      for (let place = 0; place < fields.length; place++) {
        const text = fields[place]?.trim() ?? ''
        if (text !== '') count(columnAt(place), text, dates)
      }
    },
    columns: () => {
      if (names.length > 0) columnAt(names.length - 1)
      return columns
    },
    rows: () => rows,
  }
}

const newColumn = (name: string, place: number): Counting => ({
  name,
  place,
  filled: 0,
  amounts: { '.': 0, ',': 0 },
  marks: { '.': 0, ',': 0 },
  fractions: 0,
  negatives: 0,
  positives: 0,
  orders: { ymd: 0, dmy: 0, mdy: 0, epoch_seconds: 0, epoch_ms: 0, excel: 0 },
  dates: 0,
  currencies: 0,
  inAmounts: new Set(),
  values: new Set(),
})

function count(column: Counting, text: string, dates: DateReader): void {
  if (column.filled === SETTLED_CELLS) {
    // Whatever it says now, it proves the one or the other and changes nothing else.
    if (isMarkOpen(column)) noteMark(column, text)
    if (isOrderOpen(column))
      for (const order of ['dmy', 'mdy'] as const) if (dates.read(text, order)) column.orders[order]++
    return
  }
  column.filled++
  if (isCurrency(text.toUpperCase())) column.currencies++
  // A copy: a piece of a text would keep the whole text in memory.
  if (column.values.size < MAX_VALUES) column.values.add(Buffer.from(text).toString())
  countAmount(column, text)
  countDate(column, text, dates)
}

const isMarkOpen = ({ marks, amounts }: Counting): boolean =>
  marks['.'] + marks[','] === 0 && amounts['.'] + amounts[','] > 0

const isOrderOpen = ({ orders }: Counting): boolean => orders.dmy > 0 && orders.dmy === orders.mdy

function noteMark(column: Counting, text: string): void {
  const mark = markShown(text)
  if (mark === undefined || readAmount(text, mark) === undefined) return
  column.marks[mark]++
  column.fractions++
}

function countDate(column: Counting, text: string, dates: DateReader): void {
  // Nothing is a date that has no digit, and nearly nothing longer than this.
  if (text.length > 40 || !/\d/.test(text)) return
  let any = false
  for (const order of DATE_ORDERS) {
    if (dates.read(text, order) === undefined) continue
    column.orders[order]++
    any = true
  }
  if (any) column.dates++
}

function countAmount(column: Counting, text: string): void {
  if (!/\d/.test(text) || text.length > 40) return
  const [point, comma] = [readAmount(text, '.'), readAmount(text, ',')]
  if (point !== undefined) column.amounts['.']++
  if (comma !== undefined) column.amounts[',']++
  const amount = point ?? comma
  if (amount === undefined) return
  if (amount.currency !== undefined) column.inAmounts.add(amount.currency)
  const mark = markShown(text)
  if (mark !== undefined) column.marks[mark]++
  if (mark !== undefined || amount.decimal.scale > 0) column.fractions++
  if (amount.decimal.digits < 0n) column.negatives++
  if (amount.decimal.digits > 0n) column.positives++
}
