import type { LineKind } from '../format.ts'
import { reserveKind } from '../named-csv/words.ts'

/**
 * Journal types of Adyen (docs.adyen.com, Settlement details report and Payment accounting report) as kinds. What takes a
 * capture back is a negative charge.
 */
const KINDS: Readonly<Record<string, LineKind>> = {
  settled: 'charge',
  settledbulk: 'charge',
  settledinstallment: 'charge',
  bulksettlement: 'charge',
  settledreversed: 'charge',
  capturefailed: 'charge',
  received: 'charge',
  authorised: 'charge',
  authorisedpending: 'charge',
  authorisationpending: 'charge',
  sentforsettle: 'charge',
  refused: 'charge',
  cancelled: 'charge',
  expired: 'charge',
  error: 'charge',
  retried: 'charge',
  reversed: 'charge',
  refunded: 'refund',
  refundedbulk: 'refund',
  refundedinstallment: 'refund',
  sentforrefund: 'refund',
  refundedreversed: 'refund_reversal',
  refundfailed: 'refund_reversal',
  refundnotcleared: 'refund_reversal',
  chargeback: 'dispute',
  secondchargeback: 'dispute',
  notificationofchargeback: 'dispute',
  requestforinformation: 'dispute',
  chargebackreversed: 'dispute_reversal',
  secondchargebackreversed: 'dispute_reversal',
  fee: 'fee',
  misccosts: 'fee',
  invoicededuction: 'fee',
  paymentcost: 'fee',
  settlecost: 'fee',
  authorisationschemefee: 'fee',
  advancementcommission: 'fee',
  merchantpayout: 'payout',
  internalcompanypayout: 'payout',
  acquirerpayout: 'payout',
  paidout: 'payout',
  paidoutreversed: 'payout_reversal',
  bankinstructionreturned: 'payout_reversal',
  balancetransfer: 'transfer',
  xastransfer: 'transfer',
  merchantpayin: 'adjustment',
  merchantpayinreversed: 'adjustment',
  matchedstatement: 'adjustment',
  manualcorrected: 'adjustment',
  epapaid: 'adjustment',
  adjustment: 'adjustment',
  batch: 'adjustment',
  suspendinstallment: 'adjustment',
}

/** `Settled (Sales Day payout)` and `Unmatched Settled ExternallyWithInfo` are both `settled`. */
const bare = (type: string): string =>
  type
    .replace(/\(.*$/, '')
    .replaceAll(/[^A-Za-z]/g, '')
    .toLowerCase()
    .replace(/^unmatched/, '')
    .replace(/externally(withinfo)?$/, '')

/** Undefined for a type that is not known. */
export function kindOfType(type: string, amount: bigint): LineKind | undefined {
  const word = bare(type)
  if (word === 'depositcorrection' || word === 'reserveadjustment') return reserveKind(amount)
  return Object.hasOwn(KINDS, word) ? KINDS[word] : undefined
}

export const isMerchantPayout = (type: string): boolean => /^merchant ?payout$/i.test(type)

/** What an acquirer pays directly, and not Adyen. */
export const isExternal = (type: string): boolean => /externally/i.test(type)

/** Money that is asked for and not there yet: its final state is a row of its own. */
export const isAskedFor = (type: string): boolean => /^sentfor/i.test(type.trim())
