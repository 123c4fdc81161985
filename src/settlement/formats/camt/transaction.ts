import { type Context, warn } from './context.ts'
import { at, child, childrenNamed, type Element, textAt, UnreadableElement } from './element.ts'
import { currencyOf, type Direction, directionOf, minorOf, wholeUnits } from './money.ts'
import { referencesOf, type TransactionReferences } from './references.ts'

/** One `TxDtls` of an entry: which payment is behind it, or behind a part of it. */
export type Transaction = {
  readonly element: Element
  /** Those that can be its amount, the best first. */
  readonly amounts: readonly Element[]
  readonly direction: Direction | undefined
  readonly charges: readonly Element[]
  readonly code: BankCode | undefined
  readonly references: TransactionReferences
  readonly debtor: string | undefined
  readonly creditor: string | undefined
  /** Remittance and other texts. */
  readonly texts: readonly string[]
}

/** `BkTxCd`: the ISO domain, family and sub-family, and the bank's own code. */
export type BankCode = {
  readonly domain: string
  readonly family: string
  readonly subFamily: string
  readonly proprietary: string
}

/** Keeps what lines need and lets the rest of the element go: an entry may have a hundred thousand of them. */
export function readTransaction(details: Element): Transaction {
  const parties = child(details, 'RltdPties')
  const { name, line, column } = details
  return {
    element: { name, line, column, text: '', currency: undefined, children: undefined },
    // Up to version .03 there is no Amt of its own.
    amounts: [child(details, 'Amt'), at(details, 'AmtDtls', 'TxAmt', 'Amt')].filter((each) => each !== undefined),
    direction: directionOf(details),
    charges: childrenNamed(details, 'Chrgs'),
    code: bankCodeOf(details),
    references: referencesOf(details),
    debtor: partyOf(parties, 'Dbtr') ?? partyOf(parties, 'UltmtDbtr'),
    creditor: partyOf(parties, 'Cdtr') ?? partyOf(parties, 'UltmtCdtr'),
    texts: textsOf(details),
  }
}

export function bankCodeOf(owner: Element): BankCode | undefined {
  const code = child(owner, 'BkTxCd')
  if (code?.children === undefined) return undefined
  const domain = child(code, 'Domn')
  return {
    domain: textAt(domain, 'Cd') ?? '',
    family: textAt(domain, 'Fmly', 'Cd') ?? '',
    subFamily: textAt(domain, 'Fmly', 'SubFmlyCd') ?? '',
    proprietary: textAt(code, 'Prtry', 'Cd') ?? '',
  }
}

/** From version .08 on a party is wrapped in `Pty`, a bank as a party in `Agt`. */
const partyOf = (parties: Element | undefined, name: string): string | undefined =>
  textAt(parties, name, 'Nm') ?? textAt(parties, name, 'Pty', 'Nm')

function textsOf(details: Element): string[] {
  const texts: (string | undefined)[] = []
  for (const each of child(details, 'RmtInf')?.children ?? []) {
    if (each.name === 'Ustrd') texts.push(each.text)
    else for (const more of childrenNamed(each, 'AddtlRmtInf')) texts.push(more.text)
  }
  for (const returned of childrenNamed(details, 'RtrInf')) {
    texts.push(textAt(returned, 'Rsn', 'Cd') ?? textAt(returned, 'Rsn', 'Prtry'))
    for (const more of childrenNamed(returned, 'AddtlInf')) texts.push(more.text)
  }
  texts.push(textAt(details, 'AddtlTxInf'))
  return texts.filter((text) => text !== undefined && text !== '') as string[]
}

/**
 * The amount of a transaction without a sign, in whole minor units of the currency of its entry. Undefined when there is
 * none in that currency, such as one in that of the payer.
 */
export function amountIn(context: Context, { amounts }: Transaction, currency: string): bigint | undefined {
  for (const amount of amounts) {
    try {
      if (currencyOf(amount, currency) === currency)
        return wholeUnits(context, amount, minorOf(amount, currency), currency)
    } catch (error) {
      if (!(error instanceof UnreadableElement)) throw error
      // The amount of the entry is certain.
      warn(context, amount, error.code, error.message)
    }
  }
  return undefined
}

/** Whether `amountIn` will find one. */
export const hasAmountIn = ({ amounts }: Transaction, currency: string): boolean =>
  amounts.some((amount) => {
    try {
      return currencyOf(amount, currency) === currency && minorOf(amount, currency).amount >= 0n
    } catch (error) {
      if (!(error instanceof UnreadableElement)) throw error
      return false
    }
  })
