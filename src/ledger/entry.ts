import assert from 'node:assert/strict'
import type { Account } from './account.ts'

/** One line of a journal entry. Debit positive, credit negative, so that a balanced entry sums to zero. */
export type Posting = { readonly account: Account; readonly amount: bigint; readonly currency: string }

export type EntryKind =
  | 'capture'
  | 'late_success'
  | 'manual'
  /** A settlement line's fee; a payout that the PSP announces; a line without a record of ours, and its twin found after all. */
  | 'psp_fee'
  | 'psp_payout'
  | 'unmatched_line'
  | 'unmatched_line_found'
  /** A payout that came to a bank account of ours. */
  | 'payout_arrived'
  /** The reversal of what a line caused that its file no longer has, or of an arrival that people took back. */
  | 'line_undone'
  /** What a seller waited for is theirs to have. */
  | 'release'
  /** What people decided about breaks, and its reversal. */
  | 'resolution'
  | 'resolution_undone'

/** A journal entry to be written: the record of one fact. `(kind, fact)` is booked once. */
export type NewEntry = {
  readonly id: string
  readonly kind: EntryKind
  /** Names the fact: the payment order's id, the charge's id, the file and line, or the reference of a manual entry. */
  readonly fact: string
  readonly paymentId: string | undefined
  readonly orderId: string | undefined
  readonly reverses: string | undefined
  /** When the fact happened, in business time. */
  readonly occurredAt: Date
  readonly postings: readonly Posting[]
}

export const MAX_POSTINGS = 1_000

/** What is left over per currency; empty when the postings balance. */
export function imbalance(postings: readonly Pick<Posting, 'amount' | 'currency'>[]): Map<string, bigint> {
  const sums = new Map<string, bigint>()
  for (const { amount, currency } of postings) sums.set(currency, (sums.get(currency) ?? 0n) + amount)
  for (const [currency, sum] of sums) if (sum === 0n) sums.delete(currency)
  return sums
}

/** The programmer's half of the pair of checks; the database makes the other over every insert. */
export function assertPostable(entry: NewEntry): void {
  assert(entry.postings.length >= 2, `entry ${entry.id} has fewer than two postings`)
  assert(entry.postings.length <= MAX_POSTINGS, `entry ${entry.id} has too many postings`)
  assert(
    entry.postings.every((posting) => posting.amount !== 0n),
    `entry ${entry.id} has a posting of nothing`,
  )
  assert(imbalance(entry.postings).size === 0, `entry ${entry.id} does not balance`)
}

/**
 * The accounting day of a fact: its own UTC day, or the first open day when that one is closed.
 * Days are ISO dates, which compare as text.
 */
export function accountingDate(occurredAt: Date, closedThrough: string | undefined): string {
  const day = occurredAt.toISOString().slice(0, 10)
  if (closedThrough === undefined || day > closedThrough) return day
  return Temporal.PlainDate.from(closedThrough).add({ days: 1 }).toString()
}
