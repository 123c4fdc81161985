import { type DeclineCode, isDeclineCode } from '../../declines.ts'

/** What happens to a charge with a token, apart from what its amount does. */
export type TokenOutcome =
  | { readonly kind: 'success' }
  | { readonly kind: 'decline'; readonly code: DeclineCode }
  /** The buyer must authenticate; an approval then ends in a success, or in a decline with this code. */
  | { readonly kind: 'action'; readonly declines: DeclineCode | undefined }

/** The token whose amounts are magic, see magic.ts. */
export const MAGIC_TOKEN = 'pm_test_magic'

const SUCCESS: TokenOutcome = { kind: 'success' }
const decline = (code: DeclineCode): TokenOutcome => ({ kind: 'decline', code })

const TOKENS: ReadonlyMap<string, TokenOutcome> = new Map([
  ['pm_test_visa', SUCCESS],
  [MAGIC_TOKEN, SUCCESS],
  // What these six stand for happens after the charge, so the charge itself is an ordinary one.
  ['pm_test_instant_available', SUCCESS],
  ['pm_test_refund_fails', SUCCESS],
  ['pm_test_refund_slow', SUCCESS],
  ['pm_test_dispute_fraud', SUCCESS],
  ['pm_test_dispute_not_received', SUCCESS],
  ['pm_test_dispute_inquiry', SUCCESS],
  ['pm_test_fraud_warning', SUCCESS],
  ['pm_test_declined', decline('generic_decline')],
  ['pm_test_insufficient_funds', decline('insufficient_funds')],
  ['pm_test_lost_card', decline('lost_card')],
  ['pm_test_stolen_card', decline('stolen_card')],
  ['pm_test_expired_card', decline('expired_card')],
  ['pm_test_incorrect_cvc', decline('incorrect_cvc')],
  ['pm_test_processing_error', decline('processing_error')],
  ['pm_test_incorrect_number', decline('incorrect_number')],
  ['pm_test_fails_on_charge', decline('generic_decline')],
  ['pm_test_velocity', decline('card_velocity_exceeded')],
  ['pm_test_blocked', decline('fraudulent')],
  ['pm_test_cvc_fail', decline('incorrect_cvc')],
  ['pm_test_postcode_fail', decline('incorrect_zip')],
  ['pm_test_address_fail', decline('incorrect_address')],
  ['pm_test_3ds', { kind: 'action', declines: undefined }],
  // No token can be set up for later use here, so this one always asks.
  ['pm_test_3ds_setup', { kind: 'action', declines: undefined }],
  ['pm_test_3ds_declined', { kind: 'action', declines: 'generic_decline' }],
  ['pm_test_3ds_insufficient', { kind: 'action', declines: 'insufficient_funds' }],
])

const ANY_DECLINE = 'pm_test_decline_'

/**
 * The outcome of a token. `pm_test_decline_<code>` gives any decline code there is. An unknown token is
 * a payment method that does not exist: a decline, as a real PSP would answer.
 */
export function tokenOutcome(token: string): TokenOutcome {
  const known = TOKENS.get(token)
  if (known !== undefined) return known
  const code = token.startsWith(ANY_DECLINE) ? token.slice(ANY_DECLINE.length) : ''
  return decline(isDeclineCode(code) ? code : 'invalid_account')
}

/** The card networks' response code (ISO 8583 field 39) for the declines that have one. */
const NETWORK_CODES: Partial<Record<DeclineCode, string>> = {
  call_issuer: '01',
  card_not_supported: '57',
  card_velocity_exceeded: '61',
  do_not_honor: '05',
  expired_card: '54',
  fraudulent: '59',
  generic_decline: '05',
  incorrect_cvc: 'N7',
  incorrect_number: '14',
  incorrect_pin: '55',
  insufficient_funds: '51',
  invalid_amount: '13',
  issuer_not_available: '91',
  lost_card: '41',
  pickup_card: '04',
  pin_try_exceeded: '75',
  processing_error: '96',
  reenter_transaction: '19',
  restricted_card: '62',
  security_violation: '63',
  stolen_card: '43',
  withdrawal_count_limit_exceeded: '65',
}

export const networkCodeOf = (code: DeclineCode): string | undefined => NETWORK_CODES[code]
