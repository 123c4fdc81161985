import type { Sums } from '../control.ts'
import { currencyIn, decimalsIn } from '../currencies.ts'
import { exactText, type Minor, minorUnit, readDecimal, rounded, toMinor } from '../decimal.ts'
import { UnreadableRow } from '../diagnostics.ts'
import { type Context, warn } from './context.ts'
import { child, childrenNamed, type Element, quoted, textAt, UnreadableElement } from './element.ts'

/** Amounts of a message are not negative (`ActiveOrHistoricCurrencyAndAmount`): the sign is that of CdtDbtInd. */

/** 1 for a credit. */
export type Direction = 1n | -1n

/** What `CdtDbtInd` says, undefined when it says neither. */
export function directionOf(element: Element | undefined): Direction | undefined {
  const word = textAt(element, 'CdtDbtInd')
  if (word === 'CRDT') return 1n
  return word === 'DBIT' ? -1n : undefined
}

/** The currency of an `Amt`. Throws `UnreadableElement` when it is none. */
export function currencyOf(amount: Element, otherwise: string | undefined): string {
  const text = amount.currency ?? otherwise ?? ''
  const code = currencyIn(text)
  if (code !== undefined) return code
  throw new UnreadableElement(amount, 'currency', `${amount.name}: ${quoted(text)} is not a currency`)
}

/** What stands in an `Amt` or a `Sum`, exactly. Throws `UnreadableElement` for what is no amount: it is never zero. */
export function minorOf(amount: Element, currency: string): Minor {
  const decimal = readDecimal(amount.text, '.')
  if (decimal === undefined || decimal.digits < 0n)
    throw new UnreadableElement(amount, 'amount', `${amount.name}: ${quoted(amount.text)} is not an amount`)
  try {
    return toMinor(decimal, currency)
  } catch (error) {
    if (!(error instanceof UnreadableRow)) throw error
    throw new UnreadableElement(amount, error.code, `${amount.name}: ${error.message}`)
  }
}

/** The amount of an entry or a balance with its sign, exactly. Zero needs no sign. */
export function signedMinorOf(owner: Element, amount: Element, currency: string): Minor {
  const minor = minorOf(amount, currency)
  if (minor.amount === 0n && minor.rest === 0n) return minor
  const direction = directionOf(owner)
  if (direction !== undefined) return { amount: minor.amount * direction, rest: minor.rest * direction }
  const word = child(owner, 'CdtDbtInd')
  const message =
    word === undefined ? `${owner.name} has no CdtDbtInd` : `${quoted(word.text)} is neither CRDT nor DBIT`
  throw new UnreadableElement(word ?? owner, 'direction', message)
}

/** Whole minor units; a warning says when the amount was finer. */
export function wholeUnits(context: Context, amount: Element, minor: Minor, currency: string): bigint {
  if (minor.rest === 0n) return minor.amount
  const whole = rounded(minor, currency)
  const message = `${amount.name}: ${quoted(amount.text)} has more decimals than ${currency}; it is rounded to ${whole} minor units`
  warn(context, amount, 'rounding', message)
  return whole
}

/**
 * The effect of charges on the balance, in whole minor units: negative for a cost. Undefined when none of them is readable
 * in the currency. Up to version .03 a `Chrgs` is one charge, later it has records and a total.
 */
export function chargesOf(chargesElements: readonly Element[], currency: string): bigint | undefined {
  let sum: bigint | undefined
  for (const charges of chargesElements) {
    const records = childrenNamed(charges, 'Rcrd')
    for (const record of records.length > 0 ? records : [charges]) {
      const amount = child(record, 'Amt') ?? child(record, 'TtlChrgsAndTaxAmt')
      const effect = amount === undefined ? undefined : chargeOf(record, amount, currency)
      if (effect !== undefined) sum = (sum ?? 0n) + effect
    }
  }
  return sum
}

function chargeOf(record: Element, amount: Element, currency: string): bigint | undefined {
  try {
    if (currencyOf(amount, currency) !== currency) return undefined
    return rounded(minorOf(amount, currency), currency) * (directionOf(record) ?? -1n)
  } catch (error) {
    if (!(error instanceof UnreadableElement)) throw error
    return undefined
  }
}

/** Compares exactly. A difference that is finer than a minor unit is told in words, and rounded as a number. */
export function compareExactly(sums: Sums, what: string, stated: Minor, computed: Minor, currency: string): void {
  const unit = minorUnit(decimalsIn(currency))
  const difference = (computed.amount - stated.amount) * unit + computed.rest - stated.rest
  const whole = rounded(stated, currency)
  if (difference % unit === 0n) return sums.compare(what, whole, whole + difference / unit)
  const nearest = rounded({ amount: difference / unit, rest: difference % unit }, currency)
  const exact = `${what}: it differs by ${exactText(difference)} ${currency}`
  sums.fail({ status: 'fail', what: exact, stated: whole, computed: whole + nearest, difference: nearest })
}
