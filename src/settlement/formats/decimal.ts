import { MAX_SUM } from '../../money/index.ts'
import { decimalsIn } from './currencies.ts'
import { UnreadableRow } from './diagnostics.ts'

/** A number as it was written, exactly: `digits` × 10^−`scale`. */
export type Decimal = { readonly digits: bigint; readonly scale: number }

/** Which of the two marks separates decimals; the other one, a space or an apostrophe may group thousands. */
export type DecimalMark = '.' | ','

const MAX_TEXT_LENGTH = 64
const MAX_SCALE = 24

/**
 * Reads a number that is written plainly: digits, one decimal mark at most, a sign before it. Leading zeros and a mark
 * without digits on one side (`20,` or `.5`) are fine. Undefined for everything else, an empty text included.
 */
export function readDecimal(text: string, mark: DecimalMark): Decimal | undefined {
  const match = text.length <= MAX_TEXT_LENGTH ? (mark === '.' ? WITH_POINT : WITH_COMMA).exec(text) : null
  if (match === null) return undefined
  const [, sign = '', whole = '', fraction = ''] = match
  if ((whole === '' && fraction === '') || fraction.length > MAX_SCALE) return undefined
  const digits = BigInt(whole + fraction)
  return { digits: sign === '-' || sign === '\u2212' ? -digits : digits, scale: fraction.length }
}

const WITH_POINT = /^([+\-\u2212]?)(\d*)(?:\.(\d*))?$/
const WITH_COMMA = /^([+\-\u2212]?)(\d*)(?:,(\d*))?$/

const POWERS = Array.from({ length: MAX_SCALE + 1 }, (_, exponent) => 10n ** BigInt(exponent))

/** Looked up, for a file asks for the same few a million times. */
export const powerOfTen = (exponent: number): bigint => POWERS[exponent] ?? 10n ** BigInt(exponent)

/** Minor units, and what is finer than they are: `amount` = trunc, `rest` in 10^−24 of a major unit, of the same sign. */
export type Minor = { readonly amount: bigint; readonly rest: bigint }

/**
 * Exact: nothing is lost between `amount` and `rest`. Throws `UnreadableRow` beyond `MAX_SUM`, and for a code that is no
 * currency.
 */
export const toMinor = (decimal: Decimal, currency: string, column = 0): Minor =>
  toUnits(decimal, decimalsIn(currency, column), column)

/** As `toMinor`, for a unit that has this many decimals. */
export function toUnits(decimal: Decimal, decimals: number, column = 0): Minor {
  const split = toUnitsOfAny(decimal, decimals)
  if (split.amount > MAX_SUM || split.amount < -MAX_SUM)
    throw new UnreadableRow('amount', column, 'The amount is more than 2^63 − 1 minor units')
  return split
}

/** As `toUnits`, without a limit: for a sum that is told. */
export function toUnitsOfAny({ digits, scale }: Decimal, decimals: number): Minor {
  return scale === decimals
    ? { amount: digits, rest: 0n }
    : scale < decimals
      ? { amount: digits * powerOfTen(decimals - scale), rest: 0n }
      : splitAt(digits, powerOfTen(scale - decimals), powerOfTen(MAX_SCALE - scale))
}

const splitAt = (digits: bigint, unit: bigint, restScale: bigint): Minor => ({
  amount: digits / unit,
  rest: (digits % unit) * restScale,
})

/** Half away from zero, for an amount that is finer than its currency: the reader tells it with a diagnostic. */
export const rounded = (minor: Minor, currency: string): bigint => roundedUnits(minor, decimalsIn(currency))

/** As `rounded`, for a unit that has this many decimals. */
export function roundedUnits({ amount, rest }: Minor, decimals: number): bigint {
  if (rest === 0n) return amount
  const unit = minorUnit(decimals)
  if (rest * 2n >= unit) return amount + 1n
  return rest * 2n <= -unit ? amount - 1n : amount
}

/** A minor unit with this many decimals in 10^−24 of a major unit, as `rest` is. */
export const minorUnit = (decimals: number): bigint => powerOfTen(MAX_SCALE - decimals)

/** So many 10^−24 of a major unit as a person writes them: `0.004`. `places` is how many decimals it has at least. */
export function exactText(value: bigint, places = 0): string {
  const digits = (value < 0n ? -value : value).toString().padStart(MAX_SCALE + 1, '0')
  const fraction = digits.slice(-MAX_SCALE).replace(/0+$/, '').padEnd(places, '0')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -MAX_SCALE)}${fraction === '' ? '' : `.${fraction}`}`
}
