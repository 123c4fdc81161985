import type { BreakClass, BreakCode, OursRecord, TheirsRecord } from '../break.ts'

/** A break with what the books hold of it. */
export type Item = {
  readonly id: string
  readonly source: string
  readonly code: BreakCode
  readonly class: BreakClass
  readonly dueOn: string | null
  readonly openedInRun: string
  readonly ours: OursRecord | undefined
  readonly theirs: TheirsRecord | undefined
  readonly difference: bigint | null
  readonly currency: string | null
  /** What its line has on suspense, debit positive, per currency. */
  readonly suspense: ReadonlyMap<string, bigint>
}

/** What a resolution has to clear, per currency. */
export type Position = {
  /** What the receivable holds beyond the PSP's balance. */
  receivable: bigint
  /** The balance on suspense, debit positive. */
  suspense: bigint
  /** Fees of lines whose fee is not booked yet: those without a record of ours. */
  fee: bigint
}

export const isLoneLine = ({ ours, theirs }: Item): boolean => ours === undefined && theirs !== undefined
export const isLoneRecord = ({ ours, theirs }: Item): boolean => ours !== undefined && theirs === undefined

/**
 * Sums up what breaks hold. A record of ours stands on the receivable, less its line when it has one. A line alone is booked
 * by its whole effect: receivable against suspense.
 */
export function positionOf(items: readonly Item[]): ReadonlyMap<string, Position> {
  const positions = new Map<string, Position>()
  const at = (currency: string): Position => {
    const known = positions.get(currency) ?? { receivable: 0n, suspense: 0n, fee: 0n }
    positions.set(currency, known)
    return known
  }
  for (const item of items) {
    const { ours, theirs, code, difference, currency } = item
    if (code === 'ledger_mismatch' && difference !== null && currency !== null) at(currency).receivable += difference
    if (ours !== undefined) at(ours.currency).receivable += ours.amount
    if (ours !== undefined && theirs !== undefined) at(theirs.currency).receivable -= theirs.amount
    if (theirs !== undefined && isLoneLine(item)) at(theirs.currency).fee += theirs.fee
    for (const [each, amount] of item.suspense) at(each).suspense += amount
  }
  return positions
}
