import type { NewBreak, PayoutRecord } from '../break.ts'
import { addBusinessDays } from './business-days.ts'
import type { ConcernedLine } from './lines.ts'
import type { Arrival } from './match.ts'
import type { BankSource } from './source.ts'

/** What a payout or a line means that found no twin, or one that differs. Pure. */

/** A payout that is in no statement yet: on its way until its due day's run, and missing then. */
export function breakOfPayout(payout: PayoutRecord, day: string, source: BankSource): NewBreak {
  const dueOn = addBusinessDays(payout.businessDate, source.lagDays, source.calendar)
  const fate =
    dueOn > day
      ? ({ code: 'payout_in_transit', class: 'temporary', dueOn } as const)
      : ({ code: 'missing_external', class: 'real', dueOn: undefined } as const)
  return {
    ...fate,
    ours: undefined,
    payout,
    theirs: undefined,
    difference: payout.amount,
    currency: payout.currency,
  }
}

/** A payout that arrived over another amount. */
export const breakOfArrival = ({ line, amount }: Arrival, payout: PayoutRecord, theirs: ConcernedLine): NewBreak => ({
  code: 'payout_mismatch',
  class: 'real',
  dueOn: undefined,
  ours: undefined,
  payout,
  theirs: theirsOf({ ...theirs, amount: line.amount }),
  difference: payout.amount - amount,
  currency: payout.currency,
})

/** A line of a PSP that no payout explains. `repeats`: the payout that it names arrived in another line. */
export const breakOfLine = (line: ConcernedLine, repeats: boolean): NewBreak => ({
  code: repeats ? 'duplicate_external' : 'missing_internal',
  class: 'real',
  dueOn: undefined,
  ours: undefined,
  theirs: theirsOf(line),
  difference: -line.amount,
  currency: line.currency,
})

const theirsOf = (line: ConcernedLine): NewBreak['theirs'] => ({
  fileId: line.fileId,
  line: line.line,
  kind: 'entry',
  status: null,
  reference: line.reference,
  pspReference: line.bankReference,
  amount: line.amount,
  fee: 0n,
  currency: line.currency,
  occurredAt: null,
})
