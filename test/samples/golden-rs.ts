import { minorOf } from './check.ts'
import type { Golden, GoldenBalance } from './golden.ts'

/** The `.json` beside the files of svenstaro/mt940-rs: its statements, with amounts as decimals without a sign. */
export function readRs(text: string): Golden {
  const statements = JSON.parse(text) as readonly Statement[]
  return {
    lines: statements.flatMap(({ opening_balance: { iso_currency_code: currency }, statement_lines }) =>
      statement_lines.map((line) => ({
        amount: minorOf(`${SIGNS[line.ext_debit_credit_indicator]}${line.amount}`, currency),
        currency,
        date: line.entry_date ?? line.value_date,
        references: [line.customer_ref, line.bank_ref].filter((each) => each !== null),
      })),
    ),
    openings: statements.map(({ opening_balance }) => balanceOf(opening_balance)),
    closings: statements.map(({ closing_balance }) => balanceOf(closing_balance)),
    accounts: statements.map(({ account_id }) => account_id),
  }
}

type Balance = {
  readonly debit_credit_indicator: 'Credit' | 'Debit'
  readonly iso_currency_code: string
  readonly amount: string
}

type Statement = {
  readonly account_id: string
  readonly opening_balance: Balance
  readonly closing_balance: Balance
  readonly statement_lines: readonly {
    readonly value_date: string
    readonly entry_date: string | null
    readonly ext_debit_credit_indicator: keyof typeof SIGNS
    readonly amount: string
    readonly customer_ref: string | null
    readonly bank_ref: string | null
  }[]
}

const SIGNS = { Credit: '', Debit: '-', ReverseDebit: '', ReverseCredit: '-' } as const

const balanceOf = ({ debit_credit_indicator, iso_currency_code, amount }: Balance): GoldenBalance => ({
  amount: minorOf(`${SIGNS[debit_credit_indicator]}${amount}`, iso_currency_code),
  currency: iso_currency_code,
})
