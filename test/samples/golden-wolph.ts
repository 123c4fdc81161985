import { parse } from 'yaml'
import { minorOf } from './check.ts'
import type { Golden, GoldenBalance, GoldenLine } from './golden.ts'

/**
 * The `.yml` beside the files of WoLpH/mt940: a PyYAML dump of its objects. Python's tags are ignored, so that an object
 * is its fields and a call the list of its arguments. Its statements are merged into one: only the last balance of each
 * kind is there.
 */
export function readWolph(text: string): Golden {
  // Everything between `tags:` and `transactions:` is the parser's own set of patterns.
  const relevant = text.replace(/^tags:\n(?: .*\n|\n)*/m, '').replace(/\*id\d+/g, 'null')
  // Every scalar is a text: PyYAML and this reader do not agree which references are numbers.
  const { data, transactions } = parse(relevant, { schema: 'failsafe', logLevel: 'silent' }) as Dump
  return {
    lines: transactions.map(({ data: line }) => lineOf(line)),
    openings: [data.final_opening_balance, data.intermediate_opening_balance].flatMap(balanceOf),
    closings: [data.final_closing_balance, data.intermediate_closing_balance].flatMap(balanceOf),
    accounts: data.account_identification === undefined ? [] : [data.account_identification],
  }
}

type Dump = { readonly data: Data; readonly transactions: readonly { readonly data: Transaction }[] }

type Amount = { readonly amount: readonly [string]; readonly currency: string }

type Balance = { readonly amount: Amount; readonly status: 'C' | 'D' }

type Data = {
  readonly account_identification?: string
  readonly final_opening_balance?: Balance
  readonly intermediate_opening_balance?: Balance
  readonly final_closing_balance?: Balance
  readonly intermediate_closing_balance?: Balance
}

/** A date is its pickled bytes in Base64: two of the year, one of the month, one of the day. */
type PickledDate = readonly [string]

type Transaction = {
  readonly amount: Amount
  readonly date: PickledDate
  readonly guessed_entry_date?: PickledDate
  readonly customer_reference?: string
  readonly bank_reference?: string
}

function balanceOf(balance: Balance | undefined): GoldenBalance[] {
  if (balance === undefined) return []
  const { amount, currency } = balance.amount
  return [{ amount: minorOf(amount[0], currency), currency }]
}

function lineOf({ amount, date, guessed_entry_date, customer_reference, bank_reference }: Transaction): GoldenLine {
  const currency = amount.currency === 'null' ? undefined : amount.currency
  return {
    amount: currency === undefined ? undefined : minorOf(amount.amount[0], currency),
    currency,
    date: isoDate(guessed_entry_date ?? date),
    references: [customer_reference, bank_reference]
      .filter((each) => each !== undefined)
      .filter((each) => each !== 'null'),
  }
}

function isoDate([pickled]: PickledDate): string {
  const bytes = Buffer.from(pickled, 'base64')
  const [, , month = 0, day = 0] = bytes
  return `${bytes.readUInt16BE(0)}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}
