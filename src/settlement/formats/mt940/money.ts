import { decimalsIn } from '../currencies.ts'
import { dateOfSix } from '../dates.ts'
import { type DecimalMark, minorUnit, readDecimal, rounded, toMinor } from '../decimal.ts'
import { UnreadableRow } from '../diagnostics.ts'

/** Minor units, and how much the exact amount is over them, in 10^−24 of a major unit: 0 but for excess decimals. */
export type Exact = { readonly amount: bigint; readonly over: bigint }

export const NOTHING: Exact = { amount: 0n, over: 0n }

export const plus = (a: Exact, b: Exact): Exact => ({ amount: a.amount + b.amount, over: a.over + b.over })

export const negated = ({ amount, over }: Exact): Exact => ({ amount: -amount, over: -over })

/** Decimals beyond this are no money: a reference without a type stands directly behind its amount. */
const MAX_FRACTION = 6

/**
 * An amount as banks write it: `20,`, `20,5`, `0000000020,50`, with a point in place of the comma, or with the thousands
 * grouped by the other mark. One point before exactly three digits is refused where it can be both. Throws `UnreadableRow`.
 */
export function readAmount(text: string, currency: string, column: number): Exact {
  const decimals = decimalsIn(currency, column)
  const plain = plainAmount(text, decimals)
  const decimal = plain && readDecimal(plain.digits, plain.mark)
  if (decimal === undefined || decimal.scale > MAX_FRACTION)
    throw new UnreadableRow('amount', column, `"${text.slice(0, 64)}" is not an amount in ${currency}`)
  const minor = toMinor(decimal, currency, column)
  if (minor.rest === 0n) return { amount: minor.amount, over: 0n }
  const amount = rounded(minor, currency)
  return { amount, over: minor.rest - (amount - minor.amount) * minorUnit(decimals) }
}

type Plain = { readonly digits: string; readonly mark: DecimalMark }

const POINT_GROUPS = /^\d{1,3}(?:\.\d{3})+(?:,\d*)?$/
const COMMA_GROUPS = /^\d{1,3}(?:,\d{3})+(?:\.\d*)?$/

function plainAmount(text: string, decimals: number): Plain | undefined {
  const [points, commas] = [countOf(text, '.'), countOf(text, ',')]
  if (points === 0 && commas <= 1) return /\d/.test(text) ? { digits: text, mark: ',' } : undefined
  if (points === 1 && commas === 0) {
    const fraction = text.length - text.indexOf('.') - 1
    return fraction === 3 && decimals !== 3 && text.length <= 7 ? undefined : { digits: text, mark: '.' }
  }
  const isPointLast = text.lastIndexOf('.') > text.lastIndexOf(',')
  const byPoints = commas === 0 || (points > 0 && !isPointLast)
  if (!(byPoints ? POINT_GROUPS : COMMA_GROUPS).test(text)) return undefined
  return byPoints ? { digits: text.replaceAll('.', ''), mark: ',' } : { digits: text.replaceAll(',', ''), mark: '.' }
}

function countOf(text: string, mark: string): number {
  let count = 0
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, at + 1)) count++
  return count
}

/** A balance (fields 60 to 65). Its sign is the effect for the account's holder: a debit balance is negative. */
export type Balance = {
  readonly money: Exact
  /** Undefined when the field does not say it; see `withoutCurrency`. */
  readonly currency: string
  /** Undefined when there is no such day. */
  readonly date: string | undefined
  readonly statedDate: string
  readonly lacksCurrency: boolean
  /** What stands behind it and was not read. */
  readonly behind: string
}

const BALANCE = /^([CD])\s?(\d{6})\s?([A-Z]{3})?\s?([\d,][\d,.']*)(.*)$/

/** Reads a balance; `currency` is taken where the field has none. Throws `UnreadableRow`. */
export function readBalance(text: string, currency: string | undefined): Balance {
  const match = BALANCE.exec(text)
  if (match === null) throw new UnreadableRow('balance', 0, `"${text.slice(0, 64)}" is not a balance`)
  const [, mark, statedDate = '', stated, digits = '', behind = ''] = match
  const code = stated ?? currency
  if (code === undefined) throw new UnreadableRow('currency', 3, `The balance "${text.slice(0, 64)}" has no currency`)
  const money = readAmount(digits, code, 4)
  return {
    money: mark === 'D' ? negated(money) : money,
    currency: code,
    date: dateOfSix(statedDate),
    statedDate,
    lacksCurrency: stated === undefined,
    behind: behind.trim(),
  }
}

/** The number of entries and their sum (field 90D or 90C): `2EUR47,11`. */
export type EntrySum = { readonly count: bigint; readonly currency: string; readonly sum: Exact }

const ENTRY_SUM = /^(\d{1,9})\s?([A-Z]{3})\s?([\d,][\d,.']*)\s*$/

export function readEntrySum(text: string): EntrySum {
  const [, count = '', currency = '', digits = ''] = ENTRY_SUM.exec(text) ?? []
  if (count === '')
    throw new UnreadableRow('entry_sum', 0, `"${text.slice(0, 64)}" is not a number of entries and their sum`)
  return { count: BigInt(count), currency, sum: readAmount(digits, currency, 3) }
}
