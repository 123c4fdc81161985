import { AmountError, decimalsOf, formatMinor, isCurrency, MAX_AMOUNT, parseMajor } from '../money/index.ts'
import { holdsCardNumber } from '../platform/card-number.ts'
import { abridge } from './abridge.ts'

const RULE = 'Amounts are integers in minor units'

/** What would be right instead of this value of an amount, with the very number to send where it can be told. */
export function amountHint(value: unknown, named: string | undefined): string {
  const currency = named !== undefined && isCurrency(named) ? named : undefined
  const text = typeof value === 'symbol' ? (value.description ?? '') : String(value)
  if (holdsCardNumber(text)) return `${RULE}, e.g. ${example(currency)}.`
  if (typeof value === 'string') return hintForText(text.trim(), currency)
  if (typeof value === 'symbol') return hintForLiteral(text, currency)
  return `${RULE}, e.g. ${example(currency)}; ${abridge(value)} is not a number.`
}

function example(currency: string | undefined): string {
  return `1250 for ${formatMinor(1250n, currency ?? 'EUR')} ${currency ?? 'EUR'}`
}

function hintForText(text: string, currency: string | undefined): string {
  if (/^\d{1,16}$/.test(text)) return `Send the number ${BigInt(text)}, not a text. ${RULE}.`
  const minor = readMajor(text, currency)
  if (typeof minor === 'bigint') return `Send the number ${minor}. ${RULE}; ${text} ${currency} is ${minor}.`
  return `${RULE}, e.g. ${example(currency)}; ${abridge(text)} is a text.`
}

/** A literal such as 12.50, 12.0, 1e3 or 9007199254740993. */
function hintForLiteral(literal: string, currency: string | undefined): string {
  if (/^-?\d+$/.test(literal)) return tooLarge(literal)
  if (/[eE]/.test(literal)) return `${RULE} without an exponent; write ${abridge(Symbol(literal))} out.`
  if (currency !== undefined && decimalsOf(currency) === 0) {
    const whole = /^(\d+)\.0*$/.exec(literal)?.[1]
    const instead = whole === undefined ? 'a whole number' : whole
    return `${currency} has no minor unit: send ${instead}, without decimals.`
  }
  const minor = readMajor(literal, currency)
  if (typeof minor === 'bigint') return `${RULE}; ${literal} ${currency} is ${minor}.`
  return `${RULE}; ${minor ?? `e.g. ${example(currency)}`}.`
}

export const tooLarge = (literal: string): string =>
  `${abridge(Symbol(literal))} is out of range: the largest amount is ${MAX_AMOUNT} (2^53 − 1).`

/** The amount in minor units, or in words why the text is no amount in major units of the currency. */
function readMajor(text: string, currency: string | undefined): bigint | string | undefined {
  if (currency === undefined) return undefined
  try {
    return parseMajor(text, currency)
  } catch (error) {
    if (error instanceof AmountError) return error.message
    throw error
  }
}
