import { type Account, accounts, type NewEntry, type Posting } from '../ledger/index.ts'
import { newId } from '../platform/ids.ts'

/**
 * The journal entries that settlement lines cause. Every accepted line moves the ledger once: a matched one by its fee,
 * one without a record of ours by its whole effect into suspense, a payout from the receivable to what is in transit.
 */

/** A line as far as the ledger is concerned. `fact` names the file and the line. */
export type BookedLine = {
  readonly fact: string
  readonly amount: bigint
  readonly fee: bigint
  readonly currency: string
  readonly occurredAt: Date
}

/** Where the money of a line belongs on our side, where we know. */
export type Belongs = { readonly paymentId: string | undefined; readonly orderId: string | undefined }

/** No payment of ours: a line that stands for itself. */
export const NOWHERE: Belongs = { paymentId: undefined, orderId: undefined }

/**
 * Dr expense:psp_fee up to the schedule, Dr suspense beyond / Cr psp:receivable the fee. Undefined for no fee. A fee that
 * is given back (negative) is an expense less. What the rules tolerate of the amount is Dr rounding / Cr psp:receivable beside it.
 */
export function feeEntry(
  psp: string,
  line: BookedLine,
  {
    expected,
    tolerated = 0n,
  }: {
    /** What the schedule says; undefined where it says nothing, or where the fee is near enough to it. */
    readonly expected: bigint | undefined
    /** Ours − theirs of a pair that agrees all the same. */
    readonly tolerated?: bigint
  },
  belongs: Belongs,
): NewEntry | undefined {
  const { fee, currency } = line
  const expense = expected === undefined || fee <= expected ? fee : expected
  return entry('psp_fee', line, belongs, [
    [accounts.pspFee, expense, currency],
    [accounts.suspense(psp), fee - expense, currency],
    [accounts.rounding, tolerated, currency],
    [accounts.pspReceivable(psp), -fee - tolerated, currency],
  ])
}

/** A line without a record of ours: Dr psp:receivable / Cr suspense by all that it moved, its fee included. */
export const unmatchedEntry = (psp: string, line: BookedLine): NewEntry | undefined =>
  entry('unmatched_line', line, NOWHERE, [
    [accounts.pspReceivable(psp), line.amount - line.fee, line.currency],
    [accounts.suspense(psp), line.fee - line.amount, line.currency],
  ])

/** Its record came after all: the reversal of what was `moved`, before the line is booked as a matched one. */
export const foundEntry = (
  psp: string,
  line: Omit<BookedLine, 'fee' | 'amount'>,
  { id, moved }: { readonly id: string; readonly moved: bigint },
  belongs: Belongs,
): NewEntry | undefined => {
  const reversal = entry('unmatched_line_found', line, belongs, [
    [accounts.pspReceivable(psp), -moved, line.currency],
    [accounts.suspense(psp), moved, line.currency],
  ])
  return reversal && { ...reversal, reverses: id }
}

/** A payout that the PSP announces: Dr psp:in_transit / Cr psp:receivable, until the bank shows it. Its fee is a fee. */
export const payoutEntry = (psp: string, line: BookedLine): NewEntry | undefined =>
  entry('psp_payout', line, NOWHERE, [
    [accounts.pspInTransit(psp), -line.amount, line.currency],
    [accounts.pspReceivable(psp), line.amount, line.currency],
  ])

/**
 * What a line by itself causes: a fee of its own is a cost by its whole effect, payouts move between the PSP and what is in
 * transit, and everything else is without a record of ours.
 */
export function loneEntries(psp: string, kind: string, line: BookedLine): readonly (NewEntry | undefined)[] {
  if (kind === 'fee') return [feeEntry(psp, { ...line, fee: line.fee - line.amount }, { expected: undefined }, NOWHERE)]
  if (kind === 'payout' || kind === 'payout_reversal')
    return [payoutEntry(psp, line), feeEntry(psp, line, { expected: undefined }, NOWHERE)]
  return [unmatchedEntry(psp, line)]
}

/** What a seller gets of a settled order: Dr seller:pending / Cr seller:available. Undefined when the fee took it all. */
export const releaseEntry = (order: {
  readonly orderId: string
  readonly paymentId: string
  readonly seller: string
  readonly amount: bigint
  readonly currency: string
  readonly at: Date
}): NewEntry | undefined =>
  entry('release', { fact: order.orderId, occurredAt: order.at }, order, [
    [accounts.seller(order.seller, 'pending'), order.amount, order.currency],
    [accounts.seller(order.seller, 'available'), -order.amount, order.currency],
  ])

function entry(
  kind: NewEntry['kind'],
  { fact, occurredAt }: Pick<BookedLine, 'fact' | 'occurredAt'>,
  { paymentId, orderId }: Belongs,
  parts: readonly (readonly [account: Account, amount: bigint, currency: string])[],
): NewEntry | undefined {
  const postings = parts.flatMap(([account, amount, currency]): Posting[] =>
    amount === 0n ? [] : [{ account, amount, currency }],
  )
  if (postings.length === 0) return undefined
  return { id: newId(), kind, fact, paymentId, orderId, reverses: undefined, occurredAt, postings }
}
