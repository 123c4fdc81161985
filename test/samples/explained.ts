import type { Check } from './check.ts'

/** Disagreements that are right on our side, or a matter of words, each with its reason. */
type Explanation = {
  /** Of the path in the folder of its format. */
  readonly file: RegExp
  readonly what: RegExp
  /** What the other side says, when only that is explained. */
  readonly expected?: RegExp
  readonly reason: string
}

const EXPLANATIONS: readonly Explanation[] = [
  {
    file: /^wolph\+mt940\/self-provided__invalid_statement\.sta$/,
    what: /^the format$/,
    reason: 'the file is a made-up field and no message',
  },
  {
    file: /^(?:wolph|svenstaro)\+/,
    what: /^a reference of entry/,
    expected: /^[KEM]REF\b/,
    reason: 'KREF or EREF in field 61 says that the reference stands in field 86: we read that one',
  },
  {
    file: /^(?:wolph|svenstaro)\+.*sepa_mt9401/,
    what: /^the amount of entry (?:6|19)$/,
    reason:
      'RC is the reversal of a credit, and takes from the balance, as the closing balance proves; others read a credit',
  },
  {
    file: /^wolph\+mt940\/(?:betterplace__empty_entry_date|cmxl__account_identification_legacy|self-provided__account_identification)\.sta$/,
    what: /./,
    reason:
      'the file is a field or two without a balance, so nothing says its currency: it is unreadable as a statement',
  },
  {
    file: /^wolph\+mt940\/betterplace__sepa_snippet_broken\.sta$/,
    what: /^an account$/,
    reason: 'a tag 25 behind an entry is its details with a wrong tag, and no account',
  },
  {
    file: /^wolph\+mt940\/self-provided__raphaelm\.sta$/,
    what: /^a closing balance$/,
    reason: 'the balance has no currency: the golden takes the first digits of the amount for one',
  },
  {
    file: /(?:wolph\+mt940\/self-provided|svenstaro\+mt940-rs\/mt942__special-cases)__raphaelm\.sta$/,
    what: /^the control/,
    reason:
      'balances without a currency: the audit reads none of them; we take that of the opening balance, and they add up',
  },
  {
    file: /^genkgo\+camt\/camt053\.v2\.all-balance-types\.xml$/,
    what: /^an opening balance$/,
    expected: /^202 /,
    reason: 'OPBD and PRCD are both there: OPBD opens the statement, the golden calls both so',
  },
  {
    file: /^genkgo\+camt\/camt053\.v(?:2\.minimal\.ultimate|4)\.xml$/,
    what: /^a closing balance$/,
    expected: / SEK$/,
    reason: 'the closing balance is in another currency than the opening one: we say so and keep none',
  },
  {
    file: /^genkgo\+camt\/camt053\.v2\.multi\.statement\.xml$/,
    what: /entr/,
    reason: 'the golden has only the entries of the last statement of the file',
  },
  {
    file: /^moov-io\+bai2\/sample3\.txt$/,
    what: /^the (?:number of statements|control of statement 1)$/,
    reason:
      'records that share a line of the file: the audit read one record per line, and lost those behind the first',
  },
  {
    file: /stl_chargeback_with_fee\.csv$/,
    what: /the (?:net|fee)$/,
    reason: 'the fee is a row of its own in the file and a line of its own with us; SmashPig adds it to the chargeback',
  },
  {
    file: /stl_dr_payment\.csv$/,
    what: /row 2: what is paid out$/,
    reason: 'the payout is a row that SmashPig makes up from the rest',
  },
  {
    file: /stl_payout_currency_convert\.csv$/,
    what: /row 2: /,
    reason: 'the payout is a row that SmashPig makes up from the rest',
  },
  {
    file: /settlement_detail_report_deposit_correction\.csv$/,
    what: /: the kind$/,
    reason: 'a deposit correction keeps money back or gives it free: a reserve with us, an adjustment with SmashPig',
  },
  {
    file: /settlement-breakdown_.*\.csv$/,
    what: /^testProcessSettlementBreakdownDonation, row 1: the (?:net|fee)$/,
    reason:
      'the fee of a network token is a row of its own in the file and a line of its own with us; SmashPig adds it to the charge',
  },
  {
    file: /settlement-breakdown_.*\.csv$/,
    what: /^(?:payout|rounding), row 1: /,
    reason:
      'SmashPig makes the payout and its rounding up from another file, of payouts, which is not among the samples',
  },
]

/** The reason why a check need not hold. */
export const reasonOf = (file: string, { what, expected }: Check): string | undefined =>
  EXPLANATIONS.find((each) => each.file.test(file) && each.what.test(what) && (each.expected?.test(expected) ?? true))
    ?.reason
