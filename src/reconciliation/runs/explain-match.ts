import { formatMinor } from '../../money/index.ts'
import { publicId } from '../../platform/ids.ts'
import type { Match } from './matches.ts'

/** Why a record of ours and a line belong together, what differs, and what was open before, in plain sentences. */
export function explainMatch(match: Omit<Match, 'explanation'>): string {
  const { ours, theirs } = match
  const open = [
    ...(ours.carried ? ['Our record was open from an earlier day.'] : []),
    ...(theirs.carried ? ['The line was open from an earlier file.'] : []),
  ]
  return [`${ruleText(match)}${differenceText(match)}.`, ...open].join(' ')
}

function ruleText(match: Omit<Match, 'explanation'>): string {
  return match.charge === null ? payoutText(match) : chargeText(match, publicId('att', match.charge.attemptId))
}

function chargeText({ rule, pspReference, ours }: Omit<Match, 'explanation'>, reference: string): string {
  switch (rule) {
    case 'exact':
      return `Matched by our reference ${reference}, with the amount and currency: ${money(ours.amount, ours.currency)}`
    case 'reference':
      return `Matched by our reference ${reference}`
    case 'psp_reference':
      return `Matched by PSP id: ${pspReference ?? 'unknown'}, because the line has no reference of ours`
    case 'joined':
      return `Matched by our reference ${reference}, which the line names beside others: together they come to its amount, and this is its part`
    default:
      return `Matched by ${rule}`
  }
}

/** A payout in a line of a bank's statement. */
function payoutText({ rule, pspReference, ours, payout, theirs }: Omit<Match, 'explanation'>): string {
  const what = `the payout of ${payout?.businessDate ?? 'a day'} by ${payout?.psp ?? 'a PSP'}`
  const days = theirs.on === null ? '' : ` on ${theirs.on}`
  switch (rule) {
    case 'amount':
      return `Matched by amount and day: the bank's lines carry no references, and this one came${days} over ${money(ours.amount, ours.currency)}, as ${what} may have`
    case 'sum':
      return `Matched by sum: ${what} and others of neighbouring days, and no others, come to the line${days}, and this is its part`
    case 'joined':
      return `Matched by the PSP's reference ${pspReference ?? 'unknown'} of ${what}, which the line${days} names beside others: together they come to its amount, and this is its part`
    default:
      return `Matched by the PSP's reference ${pspReference ?? 'unknown'} of ${what}, which stands in the line${days}`
  }
}

function differenceText({ code, ours, theirs, difference, expectedFee }: Omit<Match, 'explanation'>): string {
  switch (code) {
    case null:
      return [
        ...(difference === null ? [] : [`; the amounts differ by ${money(difference, ours.currency)}`]),
        ...(expectedFee === null || theirs.fee === expectedFee
          ? []
          : [`; the fee is ${feeGap(theirs.fee - expectedFee, theirs.currency)} than it should be`]),
      ]
        .map((each) => `${each}, which the rules tolerate`)
        .join('')
    case 'amount_mismatch':
    case 'payout_mismatch':
      return `; the amounts differ: ours ${money(ours.amount, ours.currency)}, theirs ${money(theirs.amount, theirs.currency)}`
    case 'currency_mismatch':
      return `; the currencies differ: ours ${money(ours.amount, ours.currency)}, theirs ${money(theirs.amount, theirs.currency)}`
    case 'fee_mismatch':
      return `; the fee is ${money(theirs.fee, theirs.currency)} and should be ${money(expectedFee ?? 0n, theirs.currency)}`
    default:
      return `; it is a ${code}`
  }
}

const feeGap = (gap: bigint, currency: string): string =>
  gap < 0n ? `${money(-gap, currency)} less` : `${money(gap, currency)} more`

const money = (amount: bigint, currency: string): string => `${formatMinor(amount, currency)} ${currency}`
