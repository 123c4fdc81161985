import {
  type AmountRule,
  type Decimal,
  type DecimalMark,
  plain,
  powerOfTen,
  readAmount,
} from '../../settlement/index.ts'
import type { Unit } from '../side.ts'

/** Reads the amount of a row: `decimal` as it was written, signed by the rule, and a currency that stands beside it. */
export type RowAmount = { readonly decimal: Decimal; readonly currency: string | undefined }

/** `empty`: there is no amount in the row. A string: the text that is no amount. */
export type AmountRead = RowAmount | 'empty' | { readonly unreadable: string }

export function readRowAmount(rule: AmountRule, mark: DecimalMark, textOf: (column: string) => string): AmountRead {
  if (rule.rule === 'split') return readSplit(rule, mark, textOf)
  const text = textOf(rule.column).trim()
  if (text === '') return 'empty'
  const read = readAmount(text, mark)
  if (read === undefined) return { unreadable: text }
  if (rule.rule === 'signed') return read
  // The word alone says the sign: some write a minus as well, and some do not.
  const { digits, scale } = read.decimal
  const size = digits < 0n ? -digits : digits
  const word = textOf(rule.direction).trim()
  const says = (words: readonly string[]): boolean => words.some((each) => plain(each) === plain(word))
  const isDebit = says(rule.debit)
  if (isDebit === says(rule.credit)) return { unreadable: word }
  return { decimal: { digits: isDebit ? -size : size, scale }, currency: read.currency }
}

function readSplit(
  rule: Extract<AmountRule, { rule: 'split' }>,
  mark: DecimalMark,
  textOf: (column: string) => string,
): AmountRead {
  const texts = [textOf(rule.credit).trim(), textOf(rule.debit).trim()] as const
  if (texts.every((text) => text === '')) return 'empty'
  const reads = texts.map((text) => readAmount(text === '' ? '0' : text, mark))
  const [credit, debit] = reads
  if (credit === undefined || debit === undefined) return { unreadable: texts[credit === undefined ? 0 : 1] }
  const scale = Math.max(credit.decimal.scale, debit.decimal.scale)
  const raised = ({ digits, scale: own }: Decimal): bigint => digits * powerOfTen(scale - own)
  const taken = raised(debit.decimal)
  const digits = raised(credit.decimal) + (rule.debitSign === 'negative' ? taken : -taken)
  return { decimal: { digits, scale }, currency: credit.currency ?? debit.currency }
}

const SHIFTS = { major: 0, hundredths: 2, thousandths: 3 } as const
const MAX = 2n ** 62n // beyond any amount, and sums of a few still fit 64 bits

/**
 * Minor units of a currency with so many decimals. `isExact` is false when the amount is finer than that and was rounded,
 * half away from zero. Undefined when it is beyond 2^62.
 */
export function unitsOf(
  { digits, scale }: Decimal,
  unit: Unit,
  decimals: number,
): { readonly amount: bigint; readonly isExact: boolean } | undefined {
  const shifted = scale + (unit === 'minor' ? decimals : SHIFTS[unit])
  if (shifted <= decimals) {
    const amount = digits * powerOfTen(decimals - shifted)
    return amount > MAX || amount < -MAX ? undefined : { amount, isExact: true }
  }
  const power = powerOfTen(shifted - decimals)
  const [whole, rest] = [digits / power, digits % power]
  const size = rest < 0n ? -rest : rest
  const amount = size * 2n >= power ? whole + (digits < 0n ? -1n : 1n) : whole
  return amount > MAX || amount < -MAX ? undefined : { amount, isExact: rest === 0n }
}
