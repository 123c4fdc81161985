import { AmountError, minorUnits } from './currency.ts'
import { decimalsOfAny, NO_CURRENCY, shownDecimals } from './withdrawn.ts'

/** The largest amount in minor units: 2^53 − 1, the last integer that every JSON reader keeps exactly. */
export const MAX_AMOUNT = 9_007_199_254_740_991n

/** Longest text of an amount worth reading: 16 digits, a separator, 4 decimals, and room for leading zeros. */
const MAX_TEXT_LENGTH = 40

/**
 * Minor units of an amount written in major units: `parseMajor('12.50', 'EUR')` is `1250n`. Exact: nothing is
 * rounded. Throws `AmountError` with the reason for a sign, an exponent, a separator other than one decimal point,
 * more decimals than the currency has, and anything beyond `MAX_AMOUNT`.
 */
export function parseMajor(text: string, currency: string): bigint {
  const amount = fromDigits(text, currency)
  if (amount > MAX_AMOUNT) throw new AmountError(`"${text}" is more than the largest amount, 2^53 − 1 minor units`)
  return amount
}

/** The largest sum in minor units, above or below zero: 2^63 − 1, the last integer of PostgreSQL's bigint. */
export const MAX_SUM = 2n ** 63n - 1n

/**
 * As `parseMajor` for what a balance or a sum may be: a minus may stand before the digits, and it may be as large as
 * `MAX_SUM`.
 */
export function parseSignedMajor(text: string, currency: string): bigint {
  const isNegative = text.startsWith('-')
  const amount = fromDigits(isNegative ? text.slice(1) : text, currency)
  if (amount > MAX_SUM) throw new AmountError(`"${text}" is more than the largest sum, 2^63 − 1 minor units`)
  return isNegative ? -amount : amount
}

function fromDigits(text: string, currency: string): bigint {
  const decimals = minorUnits(currency)
  const match = text.length <= MAX_TEXT_LENGTH ? /^(\d+)(?:\.(\d+))?$/.exec(text) : null
  if (match === null) throw new AmountError(whyNot(text))
  const [, whole = '', fraction = ''] = match
  if (fraction.length > decimals) {
    const has = decimals === 0 ? 'no minor unit' : `${decimals} decimals`
    throw new AmountError(`"${text}" has ${fraction.length} decimals; ${currency} has ${has}`)
  }
  return BigInt(whole + fraction.padEnd(decimals, '0'))
}

function whyNot(text: string): string {
  if (text.trim() === '') return 'the amount is empty'
  if (text.length > MAX_TEXT_LENGTH) return `the amount is longer than ${MAX_TEXT_LENGTH} characters`
  const shown = `"${text}"`
  if (/^[+\-\u2212]/.test(text.trim())) return `${shown} has a sign; amounts are written without one`
  if (/^[\d.]+[eE]/.test(text)) return `${shown} has an exponent; write the number out`
  if (/^\d[\d.,'’\s_]*$/.test(text)) {
    return `${shown} has separators; write digits with one decimal point, e.g. 1234.50`
  }
  return `${shown} is not a number such as 1234.50`
}

/**
 * An amount in major units with all its decimals: `formatMinor(1250n, 'EUR')` is `12.50`. Of a withdrawn currency and of
 * none (XXX) too, for old files and files without a currency are shown as well. Throws `AmountError` for any other code.
 */
export function formatMinor(amount: bigint, currency: string): string {
  const decimals = shownDecimals(currency)
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, '0')
  const sign = amount < 0n ? '-' : ''
  if (decimals === 0) return sign + digits
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/** The same of whatever stands in a file as its currency: one that is unknown, or none at all, has hundredths. */
export const formatStated = (amount: bigint, currency: string): string =>
  formatMinor(amount, decimalsOfAny(currency) === undefined ? NO_CURRENCY : currency)
