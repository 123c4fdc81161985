import type { Sums } from '../control.ts'
import type { Minor } from '../decimal.ts'
import { type Context, isolated } from './context.ts'
import { child, type Element, textAt, UnreadableElement } from './element.ts'
import { compareExactly, currencyOf, signedMinorOf, wholeUnits } from './money.ts'
import { whenOf } from './when.ts'

/** One `Bal`: money in the account at the beginning or the end of a report. */
export type Balance = {
  readonly exact: Minor
  /** In whole minor units. */
  readonly amount: bigint
  readonly currency: string
  readonly date: string | undefined
}

/** Balances of one currency that prove its entries. */
export type Balances = { readonly opening: Balance | undefined; readonly closing: Balance | undefined }

/** A page of a longer statement: what stands between pages is interim. */
export type Page = { readonly isFirst: boolean; readonly isLast: boolean }

export type BalanceBook = {
  readonly add: (element: Element, accountCurrency: string | undefined) => void
  readonly currencies: () => IterableIterator<string>
  readonly of: (currency: string, page: Page) => Balances
}

type Kept = {
  opening: Balance | undefined
  previous: Balance | undefined
  closing: Balance | undefined
  interim: { readonly first: Balance; readonly last: Balance; readonly count: number } | undefined
}

/**
 * The balances of one report. Opening is OPBD, else PRCD (what the report before closed with); closing is CLBD. When a
 * report of several days has more than one, the first day opens and the last one closes. Between the pages of a camt.053
 * stands ITBD; in a camt.052 it is the balance at some time of the day. All others, OPAV, CLAV, FWAV, XPCD and what a bank calls its own, are information about something else.
 */
export function createBalanceBook(context: Context): BalanceBook {
  const byCurrency = new Map<string, Kept>()

  function keep(type: string, balance: Balance): void {
    let kept = byCurrency.get(balance.currency)
    if (kept === undefined) {
      kept = { opening: undefined, previous: undefined, closing: undefined, interim: undefined }
      byCurrency.set(balance.currency, kept)
    }
    if (type === 'OPBD' && (kept.opening === undefined || isBefore(balance, kept.opening))) kept.opening = balance
    if (type === 'PRCD') kept.previous ??= balance
    if (type === 'CLBD' && (kept.closing === undefined || isBefore(kept.closing, balance))) kept.closing = balance
    if (type === 'ITBD') {
      const { first = balance, count = 0 } = kept.interim ?? {}
      kept.interim = { first, last: balance, count: count + 1 }
    }
  }

  return {
    add(element, accountCurrency) {
      const type = textAt(element, 'Tp', 'CdOrPrtry', 'Cd') ?? textAt(element, 'Tp', 'Cd') ?? ''
      if (!TYPES.has(type)) return
      const balance = isolated(context, () => readBalance(context, element, accountCurrency))
      if (balance !== undefined) keep(type, balance)
    },
    currencies: () => byCurrency.keys(),
    of(currency, page) {
      const { opening, previous, closing, interim } = byCurrency.get(currency) ?? {}
      const needed = (page.isFirst ? 0 : 1) + (page.isLast ? 0 : 1)
      const isBetween = interim !== undefined && interim.count === needed
      return {
        opening: opening ?? previous ?? (isBetween && !page.isFirst ? interim.first : undefined),
        closing: closing ?? (isBetween && !page.isLast ? interim.last : undefined),
      }
    },
  }
}

const TYPES = new Set(['OPBD', 'PRCD', 'CLBD', 'ITBD'])

const isBefore = (one: Balance, other: Balance): boolean =>
  one.date !== undefined && other.date !== undefined && one.date < other.date

function readBalance(context: Context, element: Element, accountCurrency: string | undefined): Balance {
  const amountElement = child(element, 'Amt')
  if (amountElement === undefined) throw new UnreadableElement(element, 'amount', 'Bal has no Amt')
  const currency = currencyOf(amountElement, accountCurrency)
  const exact = signedMinorOf(element, amountElement, currency)
  const amount = wholeUnits(context, amountElement, exact, currency)
  return { exact, amount, currency, date: whenOf(context, child(element, 'Dt')).date }
}

/** opening + Σ booked = closing, exactly. */
export function compareBalances(sums: Sums, { opening, closing }: Balances, booked: Minor, currency: string): void {
  if (opening === undefined || closing === undefined) return
  const computed = { amount: opening.exact.amount + booked.amount, rest: opening.exact.rest + booked.rest }
  compareExactly(sums, `the closing balance in ${currency}`, closing.exact, computed, currency)
}
