import { decimalsOfAny, formatMinor, isCurrency, NO_CURRENCY } from '../../money/index.ts'
import { currencyNamed } from '../../settlement/index.ts'

/** The one currency that texts name, when it is one. */
export function currencyIn(texts: readonly string[]): string | undefined {
  const codes = new Set(texts.flatMap((text) => text.match(/\b[A-Z]{3}\b/g) ?? []).filter(isCurrency))
  return codes.size === 1 ? [...codes][0] : undefined
}

/** A cell of a currency column as its code. Undefined for what is none. */
export function currencyOf(text: string): string | undefined {
  const cell = text.trim()
  const code = currencyNamed(cell) ?? cell.toUpperCase()
  return decimalsOfAny(code) === undefined ? undefined : code
}

/** Decimals of its minor unit; hundredths for no currency (XXX). */
export const decimalsIn = (code: string): number => decimalsOfAny(code) ?? 2

/** Minor units as people write them, with thousands in groups. */
export function groupedMajor(amount: bigint, currency: string): string {
  const [whole = '', fraction] = formatMinor(amount, currency).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return fraction === undefined ? grouped : `${grouped}.${fraction}`
}

const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']

/** All that `currencyOf` may give, and none, by their letters. */
export const CURRENCY_CODES: readonly string[] = LETTERS.flatMap((a) =>
  LETTERS.flatMap((b) => LETTERS.map((c) => a + b + c)),
).filter((code) => code === NO_CURRENCY || decimalsOfAny(code) !== undefined)
