import { type Decimal, type Minor, powerOfTen } from '../decimal.ts'
import { type Columns, cellAt, type Fields } from '../named-csv/columns.ts'
import { decimalIn, finest, type Money, minorIn } from '../named-csv/money.ts'

/** 10^−24 of a major unit, in which amounts are compared. */
const SCALE = 24

/**
 * Whether gross × rate is the amount before fees. The rate is rounded to the digits that it has, and so is the amount: a
 * minor unit and half of the rate's last digit are no difference, but for the rate 1, which is exact. True where the row
 * does not say.
 */
export function grossChecker(columns: Columns): (fields: Fields, money: Money, amount: Minor) => boolean {
  const [debit, credit] = [columns.amount('Gross Debit (GC)'), columns.amount('Gross Credit (GC)')]
  const [rate, currency] = [columns.amount('Exchange Rate'), columns.place('Gross Currency')]
  /** As nearly all rows: at the rate 1, the gross is the amount. Compared in minor units, which is exact at that rate. */
  const isPlain = (fields: Fields, money: Money, amount: Minor): boolean => {
    const [minus, gross] = [minorIn(fields, debit, money) ?? NOTHING, minorIn(fields, credit, money) ?? NOTHING]
    return gross.amount - minus.amount === amount.amount && gross.rest - minus.rest === amount.rest
  }
  return (fields, money, amount) => {
    if (cellAt(fields, rate) === '1' && isPlain(fields, money, amount)) return true
    const [minus, gross] = [decimalIn(fields, debit), decimalIn(fields, credit)]
    const factor = rateOf(fields, rate, cellAt(fields, currency).toUpperCase() === money.currency)
    if ((minus === undefined && gross === undefined) || factor === undefined) return true
    const [units, scale] = difference(gross ?? NONE, minus ?? NONE)
    const room = SCALE - scale - factor.scale
    if (room < 0) return true
    const unit = powerOfTen(room)
    const expected = units * factor.digits * unit
    const isOne = factor.digits === powerOfTen(factor.scale)
    const slack = powerOfTen(SCALE - money.decimals) + (isOne ? 0n : (absolute(units) * unit) / 2n)
    return absolute(expected - finest(amount, money)) <= slack
  }
}

const NOTHING: Minor = { amount: 0n, rest: 0n }
const NONE: Decimal = { digits: 0n, scale: 0 }
const ONE: Decimal = { digits: 1n, scale: 0 }

/** Rows in their own currency may leave it out. */
function rateOf(fields: Fields, place: number, isSame: boolean): Decimal | undefined {
  const rate = decimalIn(fields, place)
  return rate ?? (isSame ? ONE : undefined)
}

function difference(a: Decimal, b: Decimal): readonly [units: bigint, scale: number] {
  const scale = Math.max(a.scale, b.scale)
  const at = ({ digits, scale: own }: Decimal): bigint => digits * powerOfTen(scale - own)
  return [at(a) - at(b), scale]
}

const absolute = (value: bigint): bigint => (value < 0n ? -value : value)
