import type { LineKind } from '../format.ts'
import { reserveKind } from '../named-csv/words.ts'

/**
 * Reporting categories of Stripe (docs.stripe.com/reports/reporting-categories) as kinds. A charge that failed later, and
 * the part of an authorisation that was never captured, are negative charges: they take a charge back.
 */
const KINDS: Readonly<Record<string, LineKind>> = {
  charge: 'charge',
  charge_failure: 'charge',
  partial_capture_reversal: 'charge',
  refund: 'refund',
  refund_failure: 'refund_reversal',
  dispute: 'dispute',
  dispute_reversal: 'dispute_reversal',
  fee: 'fee',
  network_cost: 'fee',
  tax: 'fee',
  payout: 'payout',
  payout_reversal: 'payout_reversal',
  transfer: 'transfer',
  transfer_reversal: 'transfer',
  connect_collection_transfer: 'transfer',
  platform_earning: 'transfer',
  platform_earning_refund: 'transfer',
  issuing_authorization_hold: 'reserve',
  issuing_authorization_release: 'reserve_release',
  // From and to places outside of the payments of the account: a bank, Capital, Issuing, Climate.
  topup: 'adjustment',
  topup_reversal: 'adjustment',
  advance: 'adjustment',
  advance_funding: 'adjustment',
  anticipation_repayment: 'adjustment',
  financing_paydown: 'adjustment',
  financing_paydown_reversal: 'adjustment',
  financing_payout: 'adjustment',
  financing_payout_reversal: 'adjustment',
  issuing_dispute: 'adjustment',
  issuing_transaction: 'adjustment',
  climate_order_purchase: 'adjustment',
  climate_order_refund: 'adjustment',
  contribution: 'adjustment',
  unreconciled_customer_funds: 'adjustment',
  other_adjustment: 'adjustment',
}

/** Undefined for a category that is not known. */
export function kindOfCategory(category: string, amount: bigint): LineKind | undefined {
  if (category === 'risk_reserved_funds' || category === 'connect_reserved_funds') return reserveKind(amount)
  return Object.hasOwn(KINDS, category) ? KINDS[category] : undefined
}
