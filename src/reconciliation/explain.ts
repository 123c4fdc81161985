import { formatMinor } from '../money/index.ts'
import type { Break } from './breaks-list.ts'
import type { ReasonCode, ResolutionVerb } from './resolutions/verbs.ts'

/** What is known beside the break itself. */
type Beside = {
  readonly rejection: string | null
  readonly clearedOn: string | null
  readonly verb: ResolutionVerb | null
  readonly reason: ReasonCode | null
}

const DONE: Readonly<Record<ResolutionVerb, string>> = {
  match: 'matched by hand',
  psp_corrected: 'corrected by the PSP',
  book_difference: 'the difference is booked',
  create_missing_record: 'the missing record is made',
  mark_duplicate: 'marked as a duplicate',
  write_off: 'written off',
  correct: 'our record is corrected',
  not_a_break: 'not a break',
  unmatch: 'together again with what it was taken out of',
}

/** A break in one or two plain sentences: what differs, and what happens next or has happened. */
export function explain(found: Omit<Break, 'explanation'>, beside: Beside): string {
  const what = whatDiffers(found, beside)
  if (found.state === 'cleared') return `${what} Cleared by the run of ${beside.clearedOn ?? 'a later day'}.`
  if (found.state === 'resolved') {
    const { verb, reason } = beside
    return verb === null ? `${what} Resolved.` : `${what} Resolved: ${DONE[verb]} (${reason?.replaceAll('_', ' ')}).`
  }
  const promoted = found.promotedAt === null ? '' : ` It was expected by ${found.dueOn} and did not come.`
  const proposed = found.proposalId === null ? '' : ' A resolution of it waits for a second person.'
  if (found.class !== 'temporary') return `${what}${promoted}${proposed}`
  const by = found.payout === undefined ? `the file of ${found.dueOn}` : found.dueOn
  return `${what} It is expected by ${by}.${proposed}`
}

/** The kind of every line of a bank's statement. */
const BANK_KIND = 'entry'

const money = (amount: bigint, currency: string): string => `${formatMinor(amount, currency)} ${currency}`

const stamp = (at: Date | null | undefined): string =>
  at == null ? 'at an unknown time' : `at ${at.toISOString().slice(0, 19).replace('T', ' ')} UTC`

function whatDiffers(found: Omit<Break, 'explanation'>, { rejection }: Beside): string {
  const { ours, payout, theirs, source, difference, currency } = found
  const paid =
    payout &&
    `The payout ${payout.pspReference ?? 'without a reference'} of ${payout.psp} over ${money(payout.amount, payout.currency)}, announced on ${payout.businessDate},`
  const sale = ours === undefined ? '' : `${money(ours.amount, ours.currency)}, captured ${stamp(ours.occurredAt)}`
  const line =
    theirs === undefined
      ? ''
      : `line ${theirs.line} of ${theirs.fileName} (${theirs.pspReference ?? theirs.reference ?? 'without a reference'}, ${money(theirs.amount, theirs.currency)})`
  const gap = difference === null || currency === null ? '' : money(difference, currency)
  switch (found.code) {
    case 'cutoff_straddle':
      return `Our charge of ${sale}, falls just before the cut-off, and ${source} dates it into the next day.`
    case 'awaiting_settlement':
      return `Our charge of ${sale}, is in no file of ${source} yet.`
    case 'awaiting_internal':
      return `There is no record of ours yet for ${line}, stamped ${stamp(theirs?.occurredAt)}, just after the cut-off; it stands in suspense.`
    case 'pending_outcome':
      return `The outcome of a charge of ${ours === undefined ? '' : money(ours.amount, ours.currency)} at ${source} is unknown, and the file of ${found.businessDate} does not tell it either; nothing is booked for it.`
    case 'payout_in_transit':
      return `${paid ?? 'A payout'} is in no statement of ${source} yet.`
    case 'missing_external':
      if (paid !== undefined) return `${paid} is in no statement of ${source}.`
      return `Our charge of ${sale}, is in no file of ${source}.`
    case 'missing_internal':
      return `We have no record of ${line}; it stands in suspense.`
    case 'amount_mismatch':
      return `We have ${ours === undefined ? '' : money(ours.amount, ours.currency)} and ${source} settles ${line}: a difference of ${gap}.`
    case 'currency_mismatch':
      return `We charged ${ours === undefined ? '' : money(ours.amount, ours.currency)} and ${source} settles ${line}, in another currency.`
    case 'fee_mismatch':
      return `The fee of ${line} is ${theirs === undefined ? '' : money(theirs.fee, theirs.currency)} and should be ${theirs === undefined ? '' : money(theirs.fee + (difference ?? 0n), theirs.currency)} by the schedule; what is beyond it stands in suspense.`
    case 'status_mismatch':
      return `We have a captured charge of ${ours === undefined ? '' : money(ours.amount, ours.currency)}, and ${source} calls it ${theirs?.status ?? 'something else'} in ${line}.`
    case 'duplicate_internal':
      return `Our charge of ${sale}, repeats one that is settled.`
    case 'payout_mismatch':
      return `${paid ?? 'A payout'} is in ${line}: a difference of ${gap}.`
    case 'bank_mismatch':
      return `What is on its way to ${source} by the ledger differs by ${gap} from the payouts that are not there yet.`
    case 'duplicate_external':
      if (theirs?.kind === BANK_KIND)
        return `The payout that ${line} names has arrived already, or is done with; this line stands in suspense.`
      return `The charge of ${line} is settled by another line already; this one stands in suspense.`
    case 'split_mismatch':
      return `The orders of our charge of ${sale}, do not add up to what ${source} settles in ${line}.`
    case 'unparsed_line': {
      const { line: row, column, message } = found.unparsed ?? { line: 0, column: undefined, message: '' }
      const place = column === undefined ? '' : ` (column ${column})`
      return `Line ${row} of a file of ${source} cannot be read${place}: ${message}. The file adds up without it.`
    }
    case 'control_total_mismatch':
      return `A file of ${source} was rejected. ${rejection ?? ''}`.trimEnd()
    case 'ledger_mismatch':
      return `The ledger's receivable of ${source} differs from the file by ${gap} more than the open breaks explain.`
    default:
      return found.code satisfies never
  }
}
