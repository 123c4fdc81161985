import { decimalsOf, MAX_SUM } from '../../../money/index.ts'
import { UnreadableRow } from '../diagnostics.ts'

/**
 * Amounts in the files of PayPal: digits alone, hundredths of a major unit in every currency, so that 100 yen, 100 dollars
 * and 100 dinars are all `10000`. The direction stands in a column of its own.
 */

/** Places of a row, counted from 0. */
export type Fields = readonly string[]

/** Undefined when the field is blank. Throws `UnreadableRow` for anything but digits, and beyond 18 of them. */
export function hundredthsIn(fields: Fields, place: number): bigint | undefined {
  const text = (fields[place] ?? '').trim()
  if (text === '') return undefined
  if (DIGITS.test(text)) return BigInt(text)
  throw new UnreadableRow('amount', place + 1, `"${text.slice(0, 32)}" is no amount: digits alone are expected`)
}

const DIGITS = /^\d{1,18}$/

/** Throws `UnreadableRow` when the field is neither. */
export function isCreditIn(fields: Fields, place: number): boolean {
  const text = fields[place] ?? ''
  if (text === 'CR') return true
  if (text === 'DR') return false
  const word = text.trim().toUpperCase()
  if (word === 'CR') return true
  if (word === 'DR') return false
  throw new UnreadableRow('direction', place + 1, `"${text.slice(0, 16)}" is neither CR nor DR`)
}

/** In minor units of the currency, half away from zero where that has none so small. Throws beyond `MAX_SUM`. */
export function inMinorUnits(hundredths: bigint, currency: string, place: number): bigint {
  const amount = toMinorUnits(hundredths, currency)
  if (amount <= MAX_SUM && amount >= -MAX_SUM) return amount
  throw new UnreadableRow('amount', place + 1, 'The amount is more than 2^63 − 1 minor units')
}

/** As `inMinorUnits`, without a bound: for sums that are told and not kept. */
export function toMinorUnits(hundredths: bigint, currency: string): bigint {
  const decimals = decimalsOf(currency) ?? 2
  if (decimals === 2) return hundredths
  if (decimals > 2) return hundredths * 10n ** BigInt(decimals - 2)
  const unit = 10n ** BigInt(2 - decimals)
  const half = hundredths < 0n ? -unit / 2n : unit / 2n
  return (hundredths + half) / unit
}

/** Whether the currency has minor units for it, so that nothing is rounded. */
export const isWhole = (hundredths: bigint, currency: string): boolean => {
  const decimals = decimalsOf(currency) ?? 2
  return decimals >= 2 || hundredths % 10n ** BigInt(2 - decimals) === 0n
}
