import { formatMinor } from '../../money/index.ts'
import type { LiveItem } from './item.ts'
import type { LivePair } from './read.ts'

/** How a record stands, and what happens next, in a sentence or two. */
export function explainLive({ state, code, dueOn, ours, theirs }: Omit<LivePair, 'id' | 'dueAt'>): string {
  const by = theirs?.item.side === 'told' ? "the PSP's webhook" : "a line of the PSP's file"
  const until = dueOn === undefined ? '' : ` The file of ${dueOn} decides.`
  if (state === 'matched') return `What we booked is what ${by} says. The night confirms it by the file.`
  if (state === 'differing' && ours !== undefined && theirs !== undefined)
    return `We booked ${moneyOf(ours)}, and ${by} says ${moneyOf(theirs)} (${code}). The night decides by the file.`
  if (state === 'differing') return `It repeats a record that is in a pair already (${code}).`
  if (state === 'waiting_for_psp')
    return code === 'missing_external'
      ? 'We booked it, and no file had it in time.'
      : `We booked it, and the PSP's file is still to come.${until}`
  return `The PSP says it by ${by}, and we have no record of it; when none comes, it is ${code}.${until}`
}

function moneyOf({ item: { side, record } }: LiveItem): string {
  const [amount, currency] =
    side === 'ours' ? [record.ours_amount, record.ours_currency] : [record.theirs_amount, record.theirs_currency]
  return `${formatMinor(amount, currency)} ${currency}`
}
