import type { LineKind } from '../format.ts'

/**
 * What a row is by its transaction event code: `T`, two digits of a group, two of a type. Where PayPal uses one code for
 * both directions (a payment received or sent, a hold set or lifted), the direction of the money decides.
 *
 * Source: PayPal, "Transaction event code (T-code) reference", and Appendix C of the Settlement Report Specification 9.0.
 * Undefined for a code that neither explains, T9900 ("not yet categorised") among them.
 */
export const kindsOf = (code: string): Kinds | undefined =>
  BY_CODE.get(code) ?? (CODE.test(code) ? BY_GROUP.get(code.slice(0, 3)) : undefined)

/**
 * Whether a row with this code can move a balance: an authorisation, its renewal and its void (T13) do not, nor does what
 * is only displayed (T98).
 */
export const movesBalance = (code: string): boolean => !code.startsWith('T13') && !code.startsWith('T98')

const CODE = /^T\d{4}$/

/** For a credit and for a debit. */
export type Kinds = readonly [LineKind, LineKind]

const either = (kind: LineKind): Kinds => [kind, kind]
const HOLD: Kinds = ['reserve_release', 'reserve']

const BY_GROUP: ReadonlyMap<string, Kinds> = new Map([
  // A payment that the account's holder sent is nothing that a buyer paid.
  ['T00', ['charge', 'transfer']],
  ['T01', either('fee')],
  ['T02', either('conversion')],
  // Money that comes in from the holder's own bank, card or credit, and what is spent from the balance.
  ['T03', either('transfer')],
  ['T04', ['payout_reversal', 'payout']],
  ['T05', either('transfer')],
  ['T06', ['payout_reversal', 'payout']],
  ['T07', either('transfer')],
  // Bonuses and incentives.
  ['T08', either('adjustment')],
  ['T09', either('adjustment')],
  ['T10', either('transfer')],
  ['T13', either('charge')],
  ['T14', either('adjustment')],
  ['T15', HOLD],
  ['T16', either('transfer')],
  ['T17', ['payout_reversal', 'payout']],
  ['T18', either('transfer')],
  ['T19', either('adjustment')],
  ['T20', either('transfer')],
  ['T21', HOLD],
  ['T22', either('transfer')],
  ['T50', either('transfer')],
  ['T98', either('adjustment')],
])

/** Groups 11 (reversals) and 12 (adjustments) hold different things, so each of their codes is named. */
const BY_CODE: ReadonlyMap<string, Kinds> = new Map([
  ['T1100', ['refund_reversal', 'refund']],
  ['T1101', ['payout_reversal', 'payout']],
  ['T1102', either('transfer')],
  ['T1103', either('adjustment')],
  ['T1104', either('transfer')],
  ['T1105', HOLD],
  ['T1106', ['dispute_reversal', 'dispute']],
  ['T1107', ['refund_reversal', 'refund']],
  ['T1108', either('fee')],
  ['T1109', either('fee')],
  ['T1110', either('reserve')],
  ['T1111', either('reserve_release')],
  ['T1113', ['refund_reversal', 'refund']],
  ['T1114', either('transfer')],
  ['T1115', either('transfer')],
  ['T1200', either('adjustment')],
  ['T1201', either('dispute')],
  ['T1202', either('dispute_reversal')],
  ['T1203', either('adjustment')],
  ['T1204', either('adjustment')],
  ['T1205', either('dispute_reversal')],
  ['T1207', either('dispute')],
  ['T1208', either('dispute_reversal')],
])
