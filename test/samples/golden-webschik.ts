import { minorOf } from './check.ts'
import type { Golden, GoldenBalance } from './golden.ts'

/** The `.json` beside the files of webschik/mt940-js. Its descriptions are not compared: it joins lines without a space. */
export function readWebschik(text: string): Golden {
  const statements = JSON.parse(text) as readonly Statement[]
  return {
    lines: statements.flatMap(({ transactions }) =>
      transactions.map((each) => ({
        amount: minorOf(`${each.isCredit ? '' : '-'}${each.amount}`, each.currency),
        currency: each.currency,
        date: each.entryDate === '' ? each.valueDate : each.entryDate,
        references: [each.customerReference, each.bankReference],
      })),
    ),
    openings: statements.map(({ openingBalance }) => balanceOf(openingBalance)),
    closings: statements.map(({ closingBalance }) => balanceOf(closingBalance)),
    accounts: statements.map(({ accountId }) => accountId),
  }
}

type Balance = { readonly isCredit: boolean; readonly currency: string; readonly value: number }

type Statement = {
  readonly accountId: string
  readonly openingBalance: Balance
  readonly closingBalance: Balance
  readonly transactions: readonly {
    readonly isCredit: boolean
    readonly currency: string
    readonly amount: number
    readonly valueDate: string
    readonly entryDate: string
    readonly customerReference: string
    readonly bankReference: string
  }[]
}

const balanceOf = ({ isCredit, currency, value }: Balance): GoldenBalance => ({
  amount: minorOf(`${isCredit ? '' : '-'}${value}`, currency),
  currency,
})
