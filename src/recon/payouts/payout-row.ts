import {
  type AmountRule,
  createDateReader,
  DATE_ORDERS,
  type DateOrder,
  type DecimalMark,
  isSpelled,
  nameScore,
  powerOfTen,
  wordsOf,
} from '../../settlement/index.ts'
import { readRowAmount } from '../rows/amount-value.ts'
import { currencyOf } from '../rows/currency-code.ts'
import { isTotal, TOTAL_KIND } from '../rows/kinds.ts'
import type { FeeSpec, Side } from '../side.ts'
import { type Bucket, bucketOf } from './payout-kind.ts'

/** Sums are exact: in 10^−24 of what a number in the file counts, whatever that is. */
export const SCALE = 24

/** The columns by which rows are added up. */
export type RollColumns = {
  readonly amount: AmountRule
  readonly mark: DecimalMark
  readonly fee: FeeSpec | undefined
  readonly net: string | undefined
  readonly date: { readonly column: string; readonly order: DateOrder } | undefined
}

/**
 * `given`: the column that somebody says is compared; `open`: the mark where the side proves none. Undefined when nothing says which
 * column is the amount.
 */
export function rollColumns(
  { columns, alone }: Side,
  given: string | undefined,
  open: DecimalMark,
): RollColumns | undefined {
  const [mark, date] = [alone.decimal ?? open, dateOf(columns)]
  if (given !== undefined)
    return { amount: { rule: 'signed', column: given }, mark, date, fee: undefined, net: undefined }
  if (alone.amount === undefined) return undefined
  const nets = columns.filter(
    ({ name, numbers, filled }) => nameScore(name, 'net') >= WHOLE_NAME && filled > 0 && numbers > filled / 2,
  )
  const [net] = nets.length === 1 ? nets : []
  const isOwn = alone.amount.rule !== 'split' && alone.amount.column === net?.name
  return { amount: alone.amount, mark, date, fee: isOwn ? undefined : alone.fee, net: isOwn ? undefined : net?.name }
}

/** What a name scores that says net and nothing else. */
const WHOLE_NAME = 70

const PAID_ON = /\b(payout|paid|arrival|settlement|settled|disbursement|available)\b.*\b(date|day|at|on|time|utc)\b/

/** The day of the payout before the day of the row. Of two orders that read it alike none is taken. */
function dateOf(columns: Side['columns']): RollColumns['date'] {
  const dates = columns.filter(({ filled, dates: read }) => filled > 0 && read >= filled * 0.7)
  const rank = (name: string): number => (PAID_ON.test(wordsOf(name)) ? 200 : nameScore(name, 'date'))
  const [best] = dates.filter(({ name }) => rank(name) > 0).toSorted((a, b) => rank(b.name) - rank(a.name))
  if (best === undefined) return undefined
  const orders = DATE_ORDERS.filter((order) => best.orders[order] >= best.filled * 0.7)
  const most = orders.filter((order) => orders.every((other) => best.orders[other] <= best.orders[order]))
  const [order] = most
  return order === undefined || (most.length > 1 && !isSpelled(best)) ? undefined : { column: best.name, order }
}

/** What a row says of the payout that it is in. Amounts are exact, see `SCALE`. */
export type PayoutRow = {
  /** Empty where it is in none. */
  readonly id: string
  /** A code, or empty where the file names none. */
  readonly currency: string
  readonly bucket: Bucket | 'payout' | typeof TOTAL_KIND
  readonly amount: bigint
  readonly fee: bigint
  readonly net: bigint
  /** ISO date. */
  readonly day: string | undefined
  /** Decimals that its numbers have. */
  readonly decimals: number
}

/** A row that cannot be read, because of what stands in one column. */
export class UnreadablePayout extends Error {
  readonly code: string
  readonly column: string
  constructor(code: string, column: string, message: string) {
    super(message)
    this.code = code
    this.column = column
  }
}

/** Reads rows one by one. Throws `UnreadablePayout`. */
export function createPayoutReader(
  { alone: { currency, kind }, columns: all, isTable }: Side,
  id: string,
  { amount, mark, fee, net, date }: RollColumns,
): (textOf: (column: string) => string) => PayoutRow {
  const days = createDateReader()
  const first = all[0]?.name ?? id
  return (textOf) => {
    const numberOf = (rule: AmountRule) => {
      const read = readRowAmount(rule, mark, textOf)
      const column = rule.rule === 'split' ? rule.credit : rule.column
      if (read === 'empty') throw new UnreadablePayout('amount', column, 'The row has no amount')
      if ('unreadable' in read)
        throw new UnreadablePayout('amount', column, `"${read.unreadable.slice(0, 40)}" is no amount`)
      const { digits, scale } = read.decimal
      return { value: digits * powerOfTen(SCALE - scale), scale, currency: read.currency }
    }
    const optional = (column: string | undefined) =>
      column === undefined || textOf(column) === '' ? NOTHING : numberOf({ rule: 'signed', column })
    const [sum, cost, own] = [numberOf(amount), optional(fee?.column), optional(net)]
    const isSum = isTable && textOf(id) === '' && isTotal(textOf(first))
    return {
      id: textOf(id),
      currency: sum.currency ?? codeOf(currency, textOf),
      bucket: isSum ? TOTAL_KIND : bucketOf(kind === undefined ? '' : textOf(kind), sum.value >= 0n),
      amount: sum.value,
      fee: fee?.sign === 'effect' ? -cost.value : cost.value,
      net: own.value,
      day: date === undefined ? undefined : days.read(textOf(date.column), date.order)?.date,
      decimals: Math.max(sum.scale, cost.scale, own.scale),
    }
  }
}

const NOTHING = { value: 0n, scale: 0 } as const

function codeOf(currency: Side['alone']['currency'], textOf: (column: string) => string): string {
  if (currency === undefined) return ''
  if ('code' in currency) return currency.code
  const text = textOf(currency.column)
  const code = currencyOf(text)
  if (code === undefined)
    throw new UnreadablePayout('currency', currency.column, `"${text.slice(0, 16)}" is no currency`)
  return code
}
