/** What a check is about: the column of the score that it counts in. */
export type Topic = 'format' | 'control' | 'value' | 'sum' | 'zero'

/** One comparison of what the product printed with what somebody else says of the same file. */
export type Check = {
  readonly topic: Topic
  /** In words, with the number of the statement or line, from 1. */
  readonly what: string
  readonly expected: string
  readonly got: string
}

export const holds = ({ expected, got }: Check): boolean => expected === got

export const check = (topic: Topic, what: string, expected: unknown, got: unknown): Check => ({
  topic,
  what,
  expected: shown(expected),
  got: shown(got),
})

const shown = (value: unknown): string =>
  value === undefined || value === null ? 'nothing' : String(value).replace(/\s+/g, ' ')

/** Minor units of a decimal that another project wrote, e.g. `-9` or `876.840`. Undefined when it is finer than the currency. */
export function minorOf(decimal: string | number, currency: string): bigint | undefined {
  const [, sign, whole = '', fraction = ''] = /^([+-]?)(\d*)\.?(\d*)$/.exec(String(decimal)) ?? []
  if (sign === undefined) return undefined
  const digits = decimalsOf(currency)
  const kept = fraction.slice(0, digits).padEnd(digits, '0')
  if (/[^0]/.test(fraction.slice(digits))) return undefined
  const amount = BigInt(`0${whole}${kept}`)
  return sign === '-' ? -amount : amount
}

/** Currencies of ISO 4217 that have not two decimals, of those in samples. Not our own table: that is what is checked. */
const DECIMALS: Readonly<Record<string, number>> = { JPY: 0, KRW: 0, CLP: 0, ISK: 0, BHD: 3, KWD: 3, TND: 3 }

const decimalsOf = (currency: string): number => DECIMALS[currency] ?? 2
