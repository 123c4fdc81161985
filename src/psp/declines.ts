import type { Decline } from './psp.ts'

type Reason = { readonly advice: Decline['advice']; readonly message: string }

/**
 * Every reason for which a PSP says no, in words that do not depend on the PSP. An adapter maps its own
 * codes to these. Messages are for the merchant, never for the buyer: they may reveal a fraud rule.
 */
const DECLINES = {
  approve_with_id: { advice: 'try_again_later', message: 'The issuer could not authorise the payment.' },
  authentication_not_handled: { advice: 'try_again_later', message: 'The buyer was not authenticated.' },
  authentication_required: { advice: 'try_again_later', message: 'The buyer did not pass authentication.' },
  call_issuer: {
    advice: 'do_not_try_again',
    message: 'The issuer declined for a reason that it tells only the buyer.',
  },
  card_not_supported: { advice: 'do_not_try_again', message: 'The card does not support this kind of purchase.' },
  card_velocity_exceeded: { advice: 'try_again_later', message: 'The card is over its limit of amount or number.' },
  currency_not_supported: { advice: 'do_not_try_again', message: 'The card or the PSP does not take this currency.' },
  do_not_honor: { advice: 'try_again_later', message: 'The issuer declined and gives no reason.' },
  do_not_try_again: { advice: 'do_not_try_again', message: 'The issuer declined for good.' },
  duplicate_transaction: { advice: 'do_not_try_again', message: 'The same amount was charged a moment ago.' },
  expired_card: { advice: 'confirm_card_data', message: 'The card has expired.' },
  fraudulent: { advice: 'do_not_try_again', message: 'The PSP blocked the payment as fraudulent.' },
  generic_decline: { advice: 'try_again_later', message: 'The issuer declined and gives no reason.' },
  incorrect_address: { advice: 'confirm_card_data', message: 'The billing address is not right.' },
  incorrect_cvc: { advice: 'confirm_card_data', message: 'The security code is not right.' },
  incorrect_number: { advice: 'confirm_card_data', message: 'The card number is not right.' },
  incorrect_pin: { advice: 'confirm_card_data', message: 'The PIN is not right.' },
  incorrect_zip: { advice: 'confirm_card_data', message: 'The postcode is not right.' },
  insufficient_funds: { advice: 'try_again_later', message: 'The account does not hold enough money.' },
  invalid_account: { advice: 'do_not_try_again', message: 'The payment method or its account is not valid.' },
  invalid_amount: { advice: 'do_not_try_again', message: 'The amount is not allowed.' },
  invalid_cvc: { advice: 'confirm_card_data', message: 'The security code is not well-formed.' },
  invalid_expiry_month: { advice: 'confirm_card_data', message: 'The expiry month is not valid.' },
  invalid_expiry_year: { advice: 'confirm_card_data', message: 'The expiry year is not valid.' },
  invalid_number: { advice: 'confirm_card_data', message: 'The card number is not well-formed.' },
  invalid_pin: { advice: 'confirm_card_data', message: 'The PIN is not well-formed.' },
  issuer_not_available: { advice: 'try_again_later', message: 'The issuer could not be reached.' },
  lost_card: { advice: 'do_not_try_again', message: 'The card is reported lost.' },
  merchant_blacklist: { advice: 'do_not_try_again', message: 'The payment matches a block list of the merchant.' },
  mobile_device_authentication_required: {
    advice: 'try_again_later',
    message: 'The wallet on the buyer’s device must authenticate the payment.',
  },
  new_account_information_available: {
    advice: 'confirm_card_data',
    message: 'The issuer has new data for this card.',
  },
  no_action_taken: { advice: 'do_not_try_again', message: 'The issuer or the PSP took no action.' },
  not_permitted: { advice: 'do_not_try_again', message: 'The payment is not permitted.' },
  offline_pin_required: { advice: 'try_again_later', message: 'The card needs a PIN.' },
  online_or_offline_pin_required: { advice: 'try_again_later', message: 'The card needs a PIN.' },
  pickup_card: { advice: 'do_not_try_again', message: 'The card cannot be used; it may be lost or stolen.' },
  pin_try_exceeded: { advice: 'do_not_try_again', message: 'The PIN was entered wrongly too often.' },
  processing_error: { advice: 'try_again_later', message: 'The PSP or the network failed while processing.' },
  reenter_transaction: { advice: 'try_again_later', message: 'The issuer could not process the payment.' },
  restricted_card: { advice: 'do_not_try_again', message: 'The card is restricted; it may be lost or stolen.' },
  revocation_of_all_authorizations: { advice: 'do_not_try_again', message: 'The buyer revoked every authorisation.' },
  revocation_of_authorization: { advice: 'do_not_try_again', message: 'The buyer revoked this authorisation.' },
  security_violation: { advice: 'do_not_try_again', message: 'The issuer declined for a security reason.' },
  service_not_allowed: { advice: 'do_not_try_again', message: 'The issuer does not allow this service.' },
  stolen_card: { advice: 'do_not_try_again', message: 'The card is reported stolen.' },
  stop_payment_order: { advice: 'do_not_try_again', message: 'The buyer stopped these payments.' },
  testmode_decline: { advice: 'do_not_try_again', message: 'A payment method of test mode was used in live mode.' },
  transaction_not_allowed: { advice: 'do_not_try_again', message: 'The issuer does not allow this kind of payment.' },
  try_again_later: { advice: 'try_again_later', message: 'The issuer declined for the moment.' },
  withdrawal_count_limit_exceeded: { advice: 'try_again_later', message: 'The card is over its number of payments.' },
} as const satisfies Record<string, Reason>

export type DeclineCode = keyof typeof DECLINES

/** Every code that `Decline.code` may hold, in alphabetical order. */
export const DECLINE_CODES: readonly DeclineCode[] = Object.keys(DECLINES).filter(isDeclineCode)

export function isDeclineCode(code: string): code is DeclineCode {
  return Object.hasOwn(DECLINES, code)
}

/**
 * The decline for a PSP's code. A code that is not in the list is a `generic_decline` that keeps the
 * original as its network code, so that nothing the PSP said is lost.
 */
export function declineOf(code: string, networkCode?: string): Decline {
  const known = isDeclineCode(code) ? code : 'generic_decline'
  const network = networkCode ?? (known === code ? undefined : code)
  return { code: known, ...(network === undefined ? {} : { networkCode: network }), ...DECLINES[known] }
}
