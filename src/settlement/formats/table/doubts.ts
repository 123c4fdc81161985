import type { DecimalMark } from '../decimal.ts'
import { saysMinor } from './columns.ts'
import type { DateOrder } from './date-text.ts'
import type { Doubt } from './doubt.ts'
import type { CalendarOrder, ColumnSurvey } from './survey.ts'

/** What the cells of a file prove of its decimal mark, its units and the order of its dates, and what they leave open. */

/** What speaks against is damage up to this share of what speaks for it, and beyond, the file is of two minds. */
const FEW = 0.3

/** By the amounts, else by fee, net and balance; a currency without decimals settles what `1,234` is. */
export function decimalMark(
  amounts: readonly ColumnSurvey[],
  others: readonly ColumnSurvey[],
  units: ReadonlySet<number>,
  doubts: Doubt[],
): DecimalMark {
  const column = (amounts[0]?.place ?? -1) + 1
  const sum = (columns: readonly ColumnSurvey[], what: 'marks' | 'open', mark: DecimalMark): number =>
    columns.reduce((total, each) => total + each[what][mark], 0)
  for (const columns of [amounts, others]) {
    const [point, comma] = [sum(columns, 'marks', '.'), sum(columns, 'marks', ',')]
    if (point === 0 && comma === 0) continue
    if (Math.min(point, comma) > Math.max(point, comma) * FEW) {
      const message = 'Some amounts have a decimal point and others a decimal comma: say which is right with a mapping'
      doubts.push({ severity: 'error', code: 'decimal_mixed', column, message })
    }
    return comma > point ? ',' : '.'
  }
  const [point, comma] = [sum(amounts, 'open', '.'), sum(amounts, 'open', ',')]
  if (point === 0 && comma === 0) return '.'
  if (Math.max(...units) === 0 && Math.min(point, comma) === 0) return point > 0 ? ',' : '.'
  const message = 'Amounts such as 1,234 can be a thousand and more, or one and a fraction: say which with a mapping'
  doubts.push({ severity: 'error', code: 'decimal_ambiguous', column, message })
  return '.'
}

/**
 * Whether amounts are in minor units, which only a name says. Whole numbers without such a name are whole euros or cents,
 * a hundred times as much or as little, so that is an error; not so in a currency without decimals.
 */
export function doubtScale(
  amounts: readonly ColumnSurvey[],
  others: readonly ColumnSurvey[],
  units: ReadonlySet<number>,
  doubts: Doubt[],
): boolean {
  const minor = amounts.some(({ name }) => saysMinor(name))
  const [first] = amounts
  const all = [...amounts, ...others].filter(({ filled }) => filled > 0)
  const other = all.find(({ name, fractions }) => saysMinor(name) !== minor || (minor && fractions > 0))
  if (Math.max(...units) === 0 || first === undefined || all.length === 0) return minor
  if (other !== undefined) {
    const message = `"${other.name.slice(0, 64)}" is in other units than the rest, or has decimals of minor units: say so with a mapping`
    doubts.push({ severity: 'error', code: 'scale_mixed', column: other.place + 1, message })
    return minor
  }
  if (minor || all.some(({ fractions }) => fractions > 0)) return minor
  const message =
    'No amount has decimals: they are read as whole units of the currency and could be minor units: say so with a mapping'
  doubts.push({ severity: 'error', code: 'scale_unproven', column: first.place + 1, message })
  return false
}

/** The order in which most dates can be read, when it is the only one. */
export function dateOrder(column: ColumnSurvey, doubts: Doubt[]): DateOrder | 'ambiguous' {
  const { orders, dates, filled, words } = column
  const at = column.place + 1
  const calendar = calendarOrders(column)
  const [first, second] = calendar
  const doubt = (code: string, message: string): 'ambiguous' => {
    doubts.push({ severity: 'error', code, column: at, message })
    return 'ambiguous'
  }
  const order: DateOrder = first ?? numberOrder(column)
  const against = dates - orders[order]
  if (first !== undefined && against > 0) {
    const proofs = dates - Math.max(...CALENDAR.filter((each) => each !== order).map((each) => orders[each]))
    if (against > proofs * FEW)
      return doubt(
        'date_mixed',
        `Some dates can only be ${WORDS[first]} and others cannot: say which is right with a mapping`,
      )
  }
  if (second !== undefined && !isSpelled(column)) {
    const [example = ''] = column.values
    const which = calendar.map((each) => WORDS[each]).join(' or ')
    return doubt(
      'date_ambiguous',
      `Dates such as ${example.slice(0, 32)} can be ${which}, and no row proves which: say so with a mapping`,
    )
  }
  if (against > 0 || dates < filled - words) {
    const message = `Not every date is written as most are (${order})`
    doubts.push({ severity: 'warning', code: 'dates_differ', column: at, message })
  }
  return order
}

const CALENDAR = ['ymd', 'dmy', 'mdy'] as const

const WORDS: Readonly<Record<CalendarOrder, string>> = {
  ymd: 'year/month/day',
  dmy: 'day/month/year',
  mdy: 'month/day/year',
}

/** Years between which the dates of one file lie when they are read rightly, and surely not. */
const [NEAR_YEARS, FAR_YEARS] = [5, 10]

/**
 * The orders in which most dates can be read. Where `26-03-04` leaves open which number is the year, the one that makes
 * the file a matter of few years is right: days run through a month, years do not.
 */
function calendarOrders({ orders, years }: ColumnSurvey): readonly CalendarOrder[] {
  const most = Math.max(...CALENDAR.map((order) => orders[order]))
  if (most === 0 || most < Math.max(...Object.values(orders))) return []
  const possible = CALENDAR.filter((order) => orders[order] === most)
  const span = (order: CalendarOrder): number => years[order][1] - years[order][0]
  const near = possible.filter((order) => span(order) <= NEAR_YEARS)
  return near.length > 0 && possible.every((order) => near.includes(order) || span(order) > FAR_YEARS) ? near : possible
}

/** Months by their names are the same in every order. */
export const isSpelled = ({ values, orders }: ColumnSurvey): boolean =>
  orders.ymd > 0 &&
  orders.ymd === orders.dmy &&
  orders.dmy === orders.mdy &&
  ![...values].some((text) => /^\d{2}-\d{2}-\d{2}(?!\d)/.test(text))

function numberOrder({ orders }: ColumnSurvey): DateOrder {
  const most = Math.max(...Object.values(orders))
  return (['epoch_seconds', 'epoch_ms', 'excel'] as const).find((order) => orders[order] === most) ?? 'ymd'
}
