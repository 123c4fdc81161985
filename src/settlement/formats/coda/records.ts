import { decimalsOfAny } from '../../../money/index.ts'
import { dateOfSix } from '../dates.ts'
import type { Decimal } from '../decimal.ts'
import { UnreadableRow } from '../diagnostics.ts'
import type { Reading } from '../reading.ts'

/**
 * The fields of CODA records, by their places. Positions are those of the specification: from 1, the last one included.
 */

export const RECORD_LENGTH = 128

export const at = (record: string, from: number, to: number): string => record.slice(from - 1, to).trim()

/** Not trimmed: a communication goes on in the next record wherever it was cut. */
export const rawAt = (record: string, from: number, to: number): string => record.slice(from - 1, to)

export const SCALE = 3

/** A sign (0 is credit, 1 is debit), then 15 digits of which the last three are decimals: thousandths of a major unit. */
export function readMoney(record: string, signAt: number): bigint {
  const sign = rawAt(record, signAt, signAt)
  if (sign !== '0' && sign !== '1')
    throw new UnreadableRow('sign', signAt, `"${sign}" is neither 0 for a credit nor 1 for a debit`)
  const amount = readThousandths(record, signAt + 1)
  return sign === '1' ? -amount : amount
}

export function readThousandths(record: string, from: number): bigint {
  const digits = rawAt(record, from, from + 14)
  if (!/^\d{15}$/.test(digits)) throw new UnreadableRow('amount', from, `"${digits}" is no amount of 15 digits`)
  return BigInt(digits)
}

export const decimalOf = (thousandths: bigint): Decimal => ({ digits: thousandths, scale: SCALE })

/** Reads a date of a record. `what` and `line` are for what is told about it. */
export type DayReader = (
  record: string,
  place: { readonly from: number; readonly what: string; readonly line: number },
) => string | undefined

const MAX_DAYS_KNOWN = 1_000

/**
 * DDMMYY as an ISO date; undefined when it is not stated. What is no day is told and not guessed: the money of the record
 * is certain without it. Nearly all records of a file are of a few days, so each is proven once.
 */
export function createDayReader({ diagnostics }: Pick<Reading, 'diagnostics'>): DayReader {
  const known = new Map<string, string>()
  return (record, { from, what, line }) => {
    const text = rawAt(record, from, from + 5)
    const before = known.get(text)
    if (before !== undefined || text.trim() === '' || text === '000000') return before
    const date = dateOfSix(text.slice(4) + text.slice(2, 4) + text.slice(0, 2))
    if (date === undefined) {
      const message = `The ${what} date "${text}" is no day, written as DDMMYY`
      diagnostics.add({ severity: 'warning', code: 'date', line, column: from, message })
    } else if (known.size < MAX_DAYS_KNOWN) known.set(text, date)
    return date
  }
}

/** An account number and its currency, in 37 places whose layout the structure digit of record 1 tells. */
export function readAccount(
  field: string,
  { structure, column }: { readonly structure: string; readonly column: number },
): { readonly account: string; readonly currency: string } {
  if (!/^[0-3]$/.test(structure))
    throw new UnreadableRow('account', 2, `"${structure}" is no structure of an account number`)
  // 0: Belgian number of 12 digits, a blank, the currency. 1 and 3: foreign number or IBAN, 34 places. 2: Belgian IBAN, 31.
  const [end, currencyAt] = structure === '0' ? [12, 13] : structure === '2' ? [31, 34] : [34, 34]
  const currency = field.slice(currencyAt, currencyAt + 3)
  if (decimalsOfAny(currency) === undefined)
    throw new UnreadableRow('currency', column + currencyAt, `"${currency}" is not a currency`)
  return { account: field.slice(0, end).trim(), currency }
}

/** 21, 22, 23, 31, 32 or 33 by the article, else the one digit of the record. */
export const kindOf = (record: string): string =>
  record.startsWith('2') || record.startsWith('3') ? record.slice(0, 2) : record.slice(0, 1)
