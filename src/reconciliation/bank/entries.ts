import { accounts, type NewEntry, type Posting } from '../../ledger/index.ts'
import { newId } from '../../platform/ids.ts'
import { factOf } from '../booked-line.ts'
import type { Place } from './lines.ts'

/** The journal entries that a bank's lines cause. */

type Moved = { readonly amount: bigint; readonly currency: string; readonly occurredAt: Date }

const entry = (
  kind: NewEntry['kind'],
  fact: string,
  { amount, currency, occurredAt }: Moved,
  from: Posting['account'],
  bank: string,
): NewEntry => ({
  id: newId(),
  kind,
  fact,
  paymentId: undefined,
  orderId: undefined,
  reverses: undefined,
  occurredAt,
  postings: moved({ amount, currency }, from, bank),
})

const moved = (
  { amount, currency }: Pick<Moved, 'amount' | 'currency'>,
  from: Posting['account'],
  bank: string,
): readonly Posting[] => [
  { account: accounts.bank(bank), amount, currency },
  { account: from, amount: -amount, currency },
]

/** A payout that arrived: Dr bank / Cr psp:in_transit. */
export const arrivalEntry = (bank: string, psp: string, arrivalId: string, moved: Moved): NewEntry =>
  entry('payout_arrived', arrivalId, moved, accounts.pspInTransit(psp), bank)

/** A line of a PSP that no payout explains: Dr bank / Cr suspense. */
export const strangeEntry = (bank: string, fact: string, moved: Moved): NewEntry =>
  entry('unmatched_line', fact, moved, accounts.suspense(bank), bank)

/** The same of a line that people took out of its pair. */
export const strangePostings = (bank: string, line: Pick<Moved, 'amount' | 'currency'>): readonly Posting[] =>
  moved(line, accounts.suspense(bank), bank)

/** What the ledger knows such a line by. It may be explained, not be any more, and then be strange anew: each day is a fact. */
export const strangeFact = ({ fileId, line }: Place, day: string): string =>
  `${factOf({ file_id: fileId, line })}:${day}`
