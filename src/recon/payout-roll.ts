import type { DuckDb } from '../platform/duckdb.ts'
import {
  type AmountRule,
  createDateReader,
  type DateOrder,
  type DecimalMark,
  nameScore,
  powerOfTen,
  wordsOf,
} from '../settlement/index.ts'
import { readRowAmount } from './amount-value.ts'
import { currencyOf } from './currency-code.ts'
import { BUCKETS, type Bucket, bucketOf } from './payout-kind.ts'
import { cellOf, type FeeSpec, rawTable, type Side } from './side.ts'

/** Sums are exact: in 10^−24 of what a number in the file counts, whatever that is. */
export const SCALE = 24

/** The rows of one payout in one currency, added up. */
export type Rolled = {
  readonly id: string
  /** A code, or empty where the rows name none. */
  readonly currency: string
  /** The first row. */
  readonly line: number
  rows: number
  /** ISO date of the last of its rows. */
  day: string
  readonly sums: Record<Bucket, bigint>
  /** What a column of net amounts adds up to. */
  net: bigint
  /** What a row of the payout itself says. */
  stated: bigint | undefined
}

export type Rolls = {
  readonly payouts: readonly Rolled[]
  /** Rows that are in no payout, by currency and why. */
  readonly outside: readonly {
    readonly kind: 'unpaid' | 'payout'
    readonly currency: string
    rows: number
    amount: bigint
  }[]
  readonly columns: RollColumns
  /** The most decimals that a number had. */
  readonly decimals: number
}

export type RollColumns = {
  readonly amount: AmountRule
  readonly mark: DecimalMark
  readonly fee: FeeSpec | undefined
  readonly net: string | undefined
  readonly date: { readonly column: string; readonly order: DateOrder } | undefined
}

/** Undefined when nothing says which column is the amount. */
export function rollColumns({ columns, alone }: Side): RollColumns | undefined {
  if (alone.amount === undefined) return undefined
  const nets = columns.filter(
    ({ name, numbers, filled }) => nameScore(name, 'net') >= 70 && filled > 0 && numbers > filled / 2,
  )
  const [net] = nets.length === 1 ? nets : []
  const isOwn = alone.amount.rule !== 'split' && alone.amount.column === net?.name
  return {
    amount: alone.amount,
    mark: alone.decimal ?? '.',
    fee: isOwn ? undefined : alone.fee,
    net: isOwn ? undefined : net?.name,
    date: dateOf(columns),
  }
}

const PAID_ON = /\b(payout|paid|arrival|settlement|settled|disbursement|available)\b.*\b(date|day|at|on|time|utc)\b/

/** The day of the payout before the day of the row. Of two orders that read it alike none is taken. */
function dateOf(columns: Side['columns']): RollColumns['date'] {
  const dates = columns.filter(({ filled, dates: read }) => filled > 0 && read >= filled * 0.7)
  const rank = (name: string): number => (PAID_ON.test(wordsOf(name)) ? 200 : nameScore(name, 'date'))
  const [best] = dates.filter(({ name }) => rank(name) > 0).toSorted((a, b) => rank(b.name) - rank(a.name))
  if (best === undefined) return undefined
  const orders = (['ymd', 'dmy', 'mdy', 'epoch_seconds', 'epoch_ms'] as const).filter(
    (order) => best.orders[order] >= best.filled * 0.7,
  )
  const most = orders.filter((order) => orders.every((other) => best.orders[other] <= best.orders[order]))
  const [order] = most
  return order === undefined || most.length > 1 ? undefined : { column: best.name, order }
}

type CellRow = { readonly line: number } & Readonly<Record<string, string | number | null>>

/** Adds up the rows of each payout. What cannot be read goes to `unparsed`. */
export async function rollUp(duckdb: DuckDb, side: Side, id: string, columns: RollColumns): Promise<Rolls> {
  const { amount, mark, fee, net, date } = columns
  const { currency, kind } = side.alone
  const payouts = new Map<string, Rolled>()
  const outside = new Map<string, Rolls['outside'][number]>()
  const days = createDateReader()
  let decimals = 0
  const place = (name: string): number => side.columns.findIndex((column) => column.name === name) + 1
  const rejected: (string | number)[][] = []

  const take = (row: CellRow): void => {
    const textOf = (name: string): string => String(row[cellOf(side, name)] ?? '').trim()
    const numberOf = (rule: AmountRule): bigint => {
      const read = readRowAmount(rule, mark, textOf)
      const name = rule.rule === 'split' ? rule.credit : rule.column
      if (read === 'empty') throw new Rejected('amount', name, 'The row has no amount')
      if ('unreadable' in read) throw new Rejected('amount', name, `"${read.unreadable.slice(0, 40)}" is no amount`)
      decimals = Math.max(decimals, read.decimal.scale)
      return read.decimal.digits * powerOfTen(SCALE - read.decimal.scale)
    }
    const optional = (name: string | undefined): bigint =>
      name === undefined || textOf(name) === '' ? 0n : numberOf({ rule: 'signed', column: name })
    const sum = numberOf(amount)
    const cost = optional(fee?.column) * (fee?.sign === 'effect' ? -1n : 1n)
    const own = optional(net)
    const code = currency === undefined ? '' : 'code' in currency ? currency.code : currencyOf(textOf(currency.column))
    if (code === undefined && currency !== undefined && 'column' in currency)
      throw new Rejected('currency', currency.column, `"${textOf(currency.column).slice(0, 16)}" is no currency`)
    const bucket = bucketOf(kind === undefined ? '' : textOf(kind), sum >= 0n)
    const name = textOf(id)
    if (name === '') return leaveOut(outside, bucket === 'payout' ? 'payout' : 'unpaid', code ?? '', sum - cost)
    const rolled = rolledOf(payouts, name, code ?? '', row.line)
    const day = date === undefined ? undefined : days.read(textOf(date.column), date.order)?.date
    if (day !== undefined && day > rolled.day) rolled.day = day
    if (bucket === 'payout') {
      rolled.stated = (rolled.stated ?? 0n) - sum + cost
      return
    }
    rolled.rows += 1
    rolled.sums[bucket] += sum
    rolled.sums.fees -= cost
    rolled.net += own
  }

  const cells = side.columns.map(({ place: at }) => `c${at}`)
  for await (const rows of duckdb.stream<CellRow>(
    `select line, ${cells.join(', ')} from ${rawTable(side.name)} order by n`,
  ))
    for (const row of rows)
      try {
        take(row)
      } catch (error) {
        if (!(error instanceof Rejected)) throw error
        rejected.push([side.name, row.line, place(error.column), error.code, error.message])
      }
  await duckdb.append('unparsed', ['varchar', 'integer', 'integer', 'varchar', 'varchar'], rejected)
  const whole = [...payouts.values()].filter(({ rows, stated }) => rows > 0 || stated !== undefined)
  return { payouts: whole, outside: [...outside.values()], columns, decimals }
}

class Rejected extends Error {
  readonly code: string
  readonly column: string
  constructor(code: string, column: string, message: string) {
    super(message)
    this.code = code
    this.column = column
  }
}

function rolledOf(payouts: Map<string, Rolled>, id: string, currency: string, line: number): Rolled {
  const key = JSON.stringify([id, currency])
  const known = payouts.get(key)
  if (known !== undefined) return known
  const sums = Object.fromEntries(BUCKETS.map((bucket) => [bucket, 0n])) as Record<Bucket, bigint>
  const rolled = { id, currency, line, rows: 0, day: '', sums, net: 0n, stated: undefined }
  payouts.set(key, rolled)
  return rolled
}

function leaveOut(
  outside: Map<string, Rolls['outside'][number]>,
  kind: 'unpaid' | 'payout',
  currency: string,
  amount: bigint,
): void {
  const known = outside.get(`${kind} ${currency}`)
  if (known === undefined) outside.set(`${kind} ${currency}`, { kind, currency, rows: 1, amount })
  else {
    known.rows += 1
    known.amount += amount
  }
}

/** What a payout comes to: all that its rows add and take. */
export const totalOf = ({ sums }: Pick<Rolled, 'sums'>): bigint =>
  BUCKETS.reduce((sum, bucket) => sum + sums[bucket], 0n)

/** Everything before fees. */
export const grossOf = (rolled: Pick<Rolled, 'sums'>): bigint => totalOf(rolled) - rolled.sums.fees
