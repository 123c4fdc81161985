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

function ruleText({ rule, attemptId, pspReference, ours }: Omit<Match, 'explanation'>): string {
  const reference = publicId('att', attemptId)
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
      return rule satisfies never
  }
}

function differenceText({ code, ours, theirs, difference, expectedFee }: Omit<Match, 'explanation'>): string {
  switch (code) {
    case null: {
      const feeGap = expectedFee === null ? 0n : theirs.fee - expectedFee
      return [
        ...(difference === null
          ? []
          : [`; the amounts differ by ${money(difference, ours.currency)}, which the rules tolerate`]),
        ...(feeGap === 0n
          ? []
          : [`; the fee is ${money(feeGap, theirs.currency)} more than it should be, which the rules tolerate`]),
      ].join('')
    }
    case 'amount_mismatch':
      return `; the amounts differ: ours ${money(ours.amount, ours.currency)}, theirs ${money(theirs.amount, theirs.currency)}`
    case 'currency_mismatch':
      return `; the currencies differ: ours ${money(ours.amount, ours.currency)}, theirs ${money(theirs.amount, theirs.currency)}`
    case 'fee_mismatch':
      return `; the fee is ${money(theirs.fee, theirs.currency)} and should be ${money(expectedFee ?? 0n, theirs.currency)}`
    default:
      return `; it is a ${code}`
  }
}

const money = (amount: bigint, currency: string): string => `${formatMinor(amount, currency)} ${currency}`
