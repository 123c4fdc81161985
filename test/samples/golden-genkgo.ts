import type { Golden, GoldenBalance, GoldenLine } from './golden.ts'

/**
 * The `.json` beside the files of genkgo/camt: a dump of what its getters answer. An object that was dumped before is only
 * the word `__RECURSIVITY__`, so a statement is found where it stands first: in its first entry, or in the list of them.
 */
export function readGenkgo(text: string): Golden {
  const { getEntries, getRecords } = JSON.parse(text) as Dump
  const records = [...(getRecords ?? []), ...(getEntries ?? []).map(({ getRecord }) => getRecord)].filter(
    (record) => typeof record !== 'string',
  )
  const balances = records.flatMap(({ getBalances }) => getBalances ?? []).filter((each) => typeof each !== 'string')
  return {
    lines: (getEntries ?? []).map(lineOf),
    openings: balances.filter(({ getType }) => getType === 'opening').map(balanceOf),
    closings: balances.filter(({ getType }) => getType === 'closing').map(balanceOf),
    accounts: records.map(({ getAccount }) => getAccount.getIdentification),
  }
}

/** `getAmount` is signed minor units. */
type Money = { readonly getAmount: string; readonly getCurrency: { readonly getCode: string } }

type Balance = { readonly getType: string; readonly getAmount: Money }

type Record = {
  readonly getAccount: { readonly getIdentification: string }
  readonly getBalances?: readonly (Balance | string)[]
}

type Entry = {
  readonly getAmount: Money
  readonly getBookingDate: { readonly 0: string } | null
  readonly getValueDate?: { readonly 0: string } | null
  readonly getReference: string | null
  readonly getAccountServicerReference: string | null
  readonly getRecord: Record | string
}

type Dump = { readonly getEntries: readonly Entry[] | null; readonly getRecords: readonly (Record | string)[] | null }

const balanceOf = ({ getAmount: { getAmount, getCurrency } }: Balance): GoldenBalance => ({
  amount: BigInt(getAmount),
  currency: getCurrency.getCode,
})

function lineOf({ getAmount, getBookingDate, getReference, getAccountServicerReference }: Entry): GoldenLine {
  return {
    amount: BigInt(getAmount.getAmount),
    currency: getAmount.getCurrency.getCode,
    date: getBookingDate?.[0].slice(0, 10),
    references: [getReference, getAccountServicerReference].filter((each) => each !== null),
  }
}
