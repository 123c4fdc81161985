import type { BreakClass, BreakCode, OursRecord, PayoutRecord, TheirsRecord } from '../break.ts'

/** A break with what the books hold of it. */
export type Item = {
  readonly id: string
  readonly source: string
  readonly code: BreakCode
  readonly class: BreakClass
  readonly dueOn: string | null
  readonly openedInRun: string
  readonly ours: OursRecord | undefined
  /** Instead of `ours`, where a bank is reconciled. */
  readonly payout: PayoutRecord | undefined
  /** It stands between PSPs and a bank: its money is in transit, and on no receivable. */
  readonly isOfBank: boolean
  readonly theirs: TheirsRecord | undefined
  readonly difference: bigint | null
  readonly currency: string | null
  /** What its line has on suspense, debit positive, per currency. */
  readonly suspense: ReadonlyMap<string, bigint>
  /** Of a `bank_mismatch`: what each PSP has in transit beyond its payouts. */
  readonly transit: ReadonlyMap<string, bigint>
}

/** What a resolution has to clear, per currency. */
export type Position = {
  /** What the receivable holds beyond the PSP's balance; at a bank what is in transit of its payouts. */
  receivable: bigint
  /** The balance on suspense, debit positive. */
  suspense: bigint
  /** Fees of lines whose fee is not booked yet: those without a record of ours. */
  fee: bigint
}

type Sides = Pick<Item, 'ours' | 'payout' | 'theirs'>

/** Our side: a charge or a payout. */
export const ownOf = ({ ours, payout }: Omit<Sides, 'theirs'>): OursRecord | PayoutRecord | undefined => ours ?? payout
export const isLoneLine = (item: Sides): boolean => ownOf(item) === undefined && item.theirs !== undefined
export const isLoneRecord = (item: Sides): boolean => ownOf(item) !== undefined && item.theirs === undefined

/** Breaks of a ledger's control: of no record. */
export const CONTROLS: readonly BreakCode[] = ['ledger_mismatch', 'bank_mismatch']

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
    const { theirs, code, difference, currency } = item
    const ours = ownOf(item)
    if (CONTROLS.includes(code) && difference !== null && currency !== null) at(currency).receivable += difference
    if (ours !== undefined) at(ours.currency).receivable += ours.amount
    if (ours !== undefined && theirs !== undefined) at(theirs.currency).receivable -= theirs.amount
    if (theirs !== undefined && isLoneLine(item)) at(theirs.currency).fee += theirs.fee
    for (const [each, amount] of item.suspense) at(each).suspense += amount
  }
  return positions
}
