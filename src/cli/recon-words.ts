import { type Code, groupedMajor, type Hint, type Item, placeText, type Row } from '../recon/index.ts'

/** Codes as people read them. */
export const LABELS: Readonly<Record<Code, string>> = {
  missing_external: 'missing in theirs',
  missing_internal: 'missing in ours',
  amount_mismatch: 'amount differs',
  currency_mismatch: 'currency differs',
  status_mismatch: 'status differs',
  fee_mismatch: 'fee differs',
  split_mismatch: 'parts do not add up',
  payout_mismatch: 'payout differs',
  duplicate_internal: 'twice in ours',
  duplicate_external: 'twice in theirs',
  unparsed_line: 'row cannot be read',
  control_total_mismatch: 'control total is wrong',
  cutoff_straddle: 'around the cut-off',
  awaiting_settlement: 'not in theirs yet',
  awaiting_internal: 'not in ours yet',
  payout_in_transit: 'payout on its way',
}

/** `1,214.40 EUR, 30.00 USD`. */
export const moneyOf = (amounts: Iterable<readonly [currency: string, amount: bigint]>): string =>
  [...amounts].map(([currency, amount]) => `${groupedMajor(amount, currency)} ${currency}`).join(', ')

/** The reference that a break is looked up by. */
export const nameOf = ({ ours, theirs, id }: Item): string => theirs?.reference ?? ours?.reference ?? id

/** What a break is about, in a few words: `410.00 EUR` or `25.00 EUR vs 24.70 EUR`. */
export function amountsOf({ ours, theirs }: Item): string {
  const texts = [ours, theirs].flatMap((row) =>
    row?.amount === undefined || row.currency === undefined ? [] : [moneyOf([[row.currency, row.amount]])],
  )
  return texts.join(' vs ')
}

/** `Thu 2 Apr 2026`. */
export const dayText = (day: string): string =>
  new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  })
    .format(new Date(`${day}T00:00:00Z`))
    .replace(',', '')

/** Where the rows stand that a break is about: `line 3, 4`, or of several files `line 3 of march.csv, line 4 of april.csv`. */
export function whereOf({ row, file, rows }: Row): string {
  if (file === undefined) return `line ${rows === undefined ? row : rows.map(({ line }) => line).join(', ')}`
  return (rows ?? [{ file, line: row }]).map(placeText).join(', ')
}

/** `0.84  pay_7129, 25.00 EUR, line 9: the amount is the same, the references differ in one place`. */
export function hintText({ score, reasons, rows }: Hint): string {
  const names = rows.map(
    ({ reference, id, amount, currency, row, file }) =>
      `${reference ?? id}, ${amount === undefined || currency === undefined ? '' : `${moneyOf([[currency, amount]])}, `}${placeText({ file, line: row })}`,
  )
  return `${score.toFixed(2)}  ${names.join(' + ')}: ${reasons.map(({ sentence }) => sentence).join(', ')}`
}
