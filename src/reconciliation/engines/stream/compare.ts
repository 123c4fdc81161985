import { type FeeSchedule, type PairTerms, scheduledFee } from '../../source.ts'
import { agrees } from '../../tolerance.ts'
import type { Code, LineItem, OursItem, ToldItem } from './record.ts'

/** Kinds of lines that stand for no charge: payouts and fees have proofs of their own. */
const APART: readonly string[] = ['payout', 'payout_reversal', 'fee']

export const isCompared = ({ kind }: Pick<LineItem, 'kind'>): boolean => !APART.includes(kind)

/** Words with which a PSP says that a charge is what it should be. */
const GOOD_STATUS: readonly string[] = ['captured', 'settled', 'succeeded', 'paid']

type Theirs = Pick<LineItem | ToldItem, 'theirs_amount' | 'theirs_currency'>

/** What the schedule says of our amount, or of theirs across currencies; null without a schedule. */
export function expectedFee(ours: OursItem, theirs: Theirs, schedule: FeeSchedule | undefined): bigint | null {
  if (schedule === undefined) return null
  const amount = ours.ours_currency === theirs.theirs_currency ? ours.ours_amount : theirs.theirs_amount
  return scheduledFee(amount, schedule)
}

export const isGood = (status: string | null): boolean => status === null || GOOD_STATUS.includes(status.toLowerCase())

/** What differs, the weightiest first. Whoever tells something before its file says nothing of status and fee. */
export function codeOf(
  ours: OursItem,
  theirs: Theirs & Partial<Pick<LineItem, 'status' | 'fee'>>,
  expected: bigint | null,
  tolerance: PairTerms['tolerance'],
): Code {
  const { status = null, fee } = theirs
  if (ours.ours_currency !== theirs.theirs_currency) return 'currency_mismatch'
  if (!isGood(status)) return 'status_mismatch'
  const { ours_currency: currency } = ours
  if (!agrees(theirs.theirs_amount, ours.ours_amount, { currency, tolerance: tolerance?.amount }))
    return 'amount_mismatch'
  if (ours.asked_amount !== ours.ours_amount) return 'split_mismatch'
  if (expected === null || fee === undefined) return null
  return agrees(fee, expected, { currency, tolerance: tolerance?.fee }) ? null : 'fee_mismatch'
}
