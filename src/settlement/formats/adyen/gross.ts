import { type Decimal, type Minor, powerOfTen } from '../decimal.ts'
import { type Columns, cellAt, type Fields } from '../named-csv/columns.ts'
import { decimalOf, finest, type Money, plainMinor } from '../named-csv/money.ts'

/** 10^−24 of a major unit, in which amounts are compared. */
const SCALE = 24

/**
 * Whether gross × rate is the amount before fees. The rate is rounded to the digits that it has, and so is the amount: a
 * minor unit and half of the rate's last digit are no difference, but for the rate 1, which is exact. True where the row
 * does not say, and false for what is no number: none of it is needed to know what moved.
 */
export function grossChecker(columns: Columns): (fields: Fields, money: Money, amount: Minor) => boolean {
  const [debit, credit] = [columns.amount('Gross Debit (GC)'), columns.amount('Gross Credit (GC)')]
  const [rate, currency] = [columns.amount('Exchange Rate'), columns.place('Gross Currency')]
  return (fields, money, amount) => {
    const [minus, gross, factor] = [cellAt(fields, debit), cellAt(fields, credit), cellAt(fields, rate)]
    if (minus === '' && gross === '') return true
    // As nearly all rows are.
    if (factor === '1' && minus === '' && isPlain(gross, money, amount)) return true
    const isSame = cellAt(fields, currency).toUpperCase() === money.currency
    if (factor === '' && !isSame) return true
    const [a, b, by] = [decimalOf(gross || '0'), decimalOf(minus || '0'), decimalOf(factor || '1')]
    return (
      a !== undefined &&
      b !== undefined &&
      by !== undefined &&
      isNear(difference(a, b), by, finest(amount, money), money)
    )
  }
}

/** At the rate 1 the gross is the amount, and minor units say so exactly. */
function isPlain(gross: string, money: Money, amount: Minor): boolean {
  const plain = plainMinor(gross, money.decimals)
  return plain !== undefined && plain.amount === amount.amount && amount.rest === 0n
}

function isNear({ digits, scale }: Decimal, rate: Decimal, amount: bigint, { decimals }: Money): boolean {
  const room = SCALE - scale - rate.scale
  if (room < 0) return true
  const unit = powerOfTen(room)
  const isOne = rate.digits === powerOfTen(rate.scale)
  const slack = powerOfTen(SCALE - decimals) + (isOne ? 0n : (absolute(digits) * unit) / 2n)
  return absolute(digits * rate.digits * unit - amount) <= slack
}

function difference(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale)
  const at = ({ digits, scale: own }: Decimal): bigint => digits * powerOfTen(scale - own)
  return { digits: at(a) - at(b), scale }
}

const absolute = (value: bigint): bigint => (value < 0n ? -value : value)
