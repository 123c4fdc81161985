import { NO_CURRENCY } from '../../money/index.ts'
import { createDateReader, createZoneReader, type DateReader, type ZoneReader } from '../../settlement/index.ts'
import type { Rows, SideSpec, Unit } from '../side.ts'
import { readRowAmount, unitsOf } from './amount-value.ts'
import { currencyOf, decimalsIn } from './currency-code.ts'
import { isTotal } from './kinds.ts'

/** What a row says that is compared, but for its key. */
export type RowValue = {
  readonly amount: bigint
  readonly fee: bigint | null
  readonly currency: string
  readonly ms: bigint | null
  readonly day: string | null
  readonly isTotal: boolean
  /** The amount is no finer than its currency. */
  readonly isExact: boolean
  /** There is a date that cannot be read, or none. */
  readonly isUndated: boolean
  readonly isMidnight: boolean
}

/** A row that is none, because of what stands in one column. */
export class Unreadable extends Error {
  readonly column: string
  readonly code: string
  constructor(code: string, column: string, message: string) {
    super(message)
    this.code = code
    this.column = column
  }
}

type TextOf = (column: string) => string

/** Reads rows one by one, in every way that people write them. Throws `Unreadable`. */
export function createRowReader(
  side: Pick<Rows, 'isTable'>,
  spec: SideSpec,
  zone: string,
): (textOf: TextOf) => RowValue {
  const readers = { dates: createDateReader(), zone: createZoneReader(zone) }
  return (textOf) => {
    const isSum = side.isTable && isTotal(textOf(spec.key).trim())
    const { amount, fee, currency, isExact } = isSum ? sumOf(spec, textOf) : moneyOf(spec, textOf)
    const when = spec.date === undefined ? undefined : momentOf(spec.date, textOf(spec.date.column), readers)
    return {
      amount,
      fee,
      currency,
      ms: when?.ms ?? null,
      day: when?.day ?? null,
      isTotal: isSum,
      isExact,
      isUndated: when === undefined && spec.date !== undefined,
      isMidnight: when?.isMidnight === true,
    }
  }
}

export const columnsOf = ({ key, amount, currency, date, fee, kind }: SideSpec): readonly string[] => [
  key,
  ...(amount.rule === 'split' ? [amount.credit, amount.debit] : [amount.column]),
  ...(amount.rule === 'direction' ? [amount.direction] : []),
  ...('column' in currency ? [currency.column] : []),
  ...(date === undefined ? [] : [date.column]),
  ...(fee === undefined ? [] : [fee.column]),
  ...(kind === undefined ? [] : [kind]),
]

/** A sum stands apart, whatever is left out in its row: mostly the currency, for that stands in the rows above. */
function sumOf(spec: SideSpec, textOf: TextOf): ReturnType<typeof moneyOf> {
  try {
    return moneyOf(spec, textOf)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
  }
  try {
    return moneyOf({ ...spec, currency: { code: NO_CURRENCY }, fee: undefined }, textOf)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return { amount: 0n, fee: null, currency: NO_CURRENCY, isExact: true }
  }
}

function moneyOf(spec: SideSpec, textOf: TextOf) {
  const column = spec.amount.rule === 'split' ? spec.amount.credit : spec.amount.column
  const read = readRowAmount(spec.amount, spec.decimal, textOf)
  if (read === 'empty') throw new Unreadable('amount', column, 'The row has no amount')
  if ('unreadable' in read) throw new Unreadable('amount', column, `"${read.unreadable.slice(0, 40)}" is no amount`)
  const named = 'code' in spec.currency ? spec.currency.code : textOf(spec.currency.column)
  const currency = read.currency ?? (named === 'XXX' ? named : currencyOf(named))
  if (currency === undefined)
    throw new Unreadable(
      'currency',
      'column' in spec.currency ? spec.currency.column : column,
      `"${named.slice(0, 16)}" is no currency`,
    )
  const decimals = decimalsIn(currency)
  const units = unitsOf(read.decimal, spec.unit, decimals)
  if (units === undefined) throw new Unreadable('amount', column, 'The amount is beyond 2^62 minor units')
  const amount = units.amount * BigInt(spec.sign)
  return { amount, fee: feeOf(spec, textOf, spec.unit, decimals), currency, isExact: units.isExact }
}

function feeOf({ fee, decimal }: SideSpec, textOf: TextOf, unit: Unit, decimals: number): bigint | null {
  // `-`, `n/a` and the like are no fee, and no reason to refuse the row.
  if (fee === undefined || !/\p{N}/u.test(textOf(fee.column))) return null
  const read = readRowAmount({ rule: 'signed', column: fee.column }, decimal, textOf)
  if (read === 'empty') return null
  if ('unreadable' in read) throw new Unreadable('fee', fee.column, `"${read.unreadable.slice(0, 40)}" is no fee`)
  const units = unitsOf(read.decimal, unit, decimals)
  if (units === undefined) throw new Unreadable('fee', fee.column, 'The fee is beyond 2^62 minor units')
  return fee.sign === 'cost' ? units.amount : -units.amount
}

type Moment = { readonly day: string; readonly ms: bigint | undefined; readonly isMidnight: boolean }

function momentOf(
  { order }: NonNullable<SideSpec['date']>,
  text: string,
  readers: { readonly dates: DateReader; readonly zone: ZoneReader },
): Moment | undefined {
  const read = readers.dates.read(text, order)
  if (read === undefined) return undefined
  const { date: day, timeMs, offsetMinutes } = read
  if (timeMs === undefined) return { day, ms: undefined, isMidnight: false }
  const isMidnight = timeMs === 0
  const at =
    offsetMinutes === undefined
      ? readers.zone(day, timeMs)?.at.getTime()
      : Date.parse(`${day}T00:00:00.000Z`) + timeMs - offsetMinutes * 60_000
  return { day, ms: at === undefined ? undefined : BigInt(at), isMidnight }
}
