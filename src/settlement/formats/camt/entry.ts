import type { Minor } from '../decimal.ts'
import { type Context, warn } from './context.ts'
import { child, childrenNamed, type Element, quoted, textAt, UnreadableElement } from './element.ts'
import { currencyOf, type Direction, directionOf, signedMinorOf, wholeUnits } from './money.ts'
import { referenceOf } from './references.ts'
import { type BankCode, bankCodeOf } from './transaction.ts'
import { whenOf } from './when.ts'

/** One `Ntry`: what was booked, or is expected to be. */
export type Entry = {
  readonly element: Element
  readonly currency: string
  /** With its sign, exactly. */
  readonly exact: Minor
  /** The same in whole minor units. */
  readonly amount: bigint
  readonly direction: Direction
  readonly isReversal: boolean
  readonly isBooked: boolean
  /** The sender's word, such as BOOK. */
  readonly status: string | undefined
  readonly businessDate: string | undefined
  readonly occurredAt: Date | undefined
  readonly code: BankCode | undefined
  readonly charges: readonly Element[]
  readonly bankReference: string | undefined
  readonly entryReference: string | undefined
  readonly text: string | undefined
}

/**
 * Reads an entry without its transactions. The sign is that of CdtDbtInd alone: RvslInd says why money moved, and
 * CdtDbtInd already says in which direction. Throws `UnreadableElement`.
 */
export function readEntry(context: Context, element: Element, accountCurrency: string | undefined): Entry {
  const amountElement = child(element, 'Amt')
  if (amountElement === undefined) throw new UnreadableElement(element, 'amount', 'Ntry has no Amt')
  const currency = currencyOf(amountElement, accountCurrency)
  const exact = signedMinorOf(element, amountElement, currency)
  const amount = wholeUnits(context, amountElement, exact, currency)
  const { status, isBooked } = statusOf(context, element)
  const booked = whenOf(context, child(element, 'BookgDt'))
  if (isBooked && child(element, 'BookgDt') === undefined)
    warn(context, element, 'date', 'Ntry is booked and has no BookgDt')
  return {
    element,
    currency,
    exact,
    amount,
    direction: directionOf(element) ?? 1n,
    isReversal: /^(?:true|1)$/i.test(textAt(element, 'RvslInd') ?? ''),
    isBooked,
    status,
    businessDate: booked.date,
    occurredAt: booked.at,
    code: bankCodeOf(element),
    charges: childrenNamed(element, 'Chrgs'),
    bankReference: referenceOf(textAt(element, 'AcctSvcrRef')),
    entryReference: referenceOf(textAt(element, 'NtryRef')),
    text: textAt(element, 'AddtlNtryInf'),
  }
}

/** Codes of entries that moved no balance (ISO 20022, ExternalEntryStatus1Code). */
const NOT_BOOKED = new Set(['PDNG', 'INFO', 'FUTR'])

/** Up to version .07 `Sts` is the code, later a choice of `Cd` and `Prtry`. */
function statusOf(context: Context, element: Element): Pick<Entry, 'status' | 'isBooked'> {
  const sts = child(element, 'Sts')
  const status = textAt(sts, 'Cd') ?? textAt(sts, 'Prtry') ?? textAt(element, 'Sts')
  if (status === 'BOOK') return { status, isBooked: true }
  if (status === undefined) {
    warn(context, sts ?? element, 'status', 'Ntry has no status: it is read as booked')
    return { status, isBooked: true }
  }
  if (!NOT_BOOKED.has(status))
    warn(context, sts ?? element, 'status', `${quoted(status)} is not a known status: the entry is not read as booked`)
  return { status, isBooked: false }
}
