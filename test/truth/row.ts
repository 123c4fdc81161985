/** A record as both files might tell it, before anybody writes it down. Amounts are minor units. */
export type Row = {
  readonly reference: string
  /** What the PSP calls it. */
  readonly second: string
  readonly amount: bigint
  readonly currency: string
  readonly fee: bigint
  /** Milliseconds of its instant. */
  readonly at: number
  readonly kind: 'charge' | 'refund' | 'dispute' | 'reserve' | 'adjustment' | 'payout' | 'fee'
  readonly status: 'paid' | 'failed' | 'refunded' | 'pending'
  /** Whether it stands apart, because it moved no money of a sale. */
  readonly isApart?: boolean
  /** The payout that it is in, or whose line it is; empty where it is in none. */
  readonly payout?: string
  /** Milliseconds of the day of that payout. */
  readonly paidOn?: number
  /** What a bank writes beside its line. */
  readonly text?: string
  /** What stands in the file instead of its amount, where that cannot be read. */
  readonly garbage?: string
}

/** A break as it is planted, and as it has to be found. */
export type Planted = {
  readonly code: string
  readonly isTemporary: boolean
  readonly dueOn: string | undefined
  readonly ours: string | undefined
  readonly theirs: string | undefined
  readonly difference: bigint | undefined
  readonly currency: string | undefined
}

/** A part of both files of which it is known what is wrong with it. */
export type Part = {
  readonly ours: readonly Row[]
  readonly theirs: readonly Row[]
  readonly breaks: readonly Planted[]
  /** How many pairs or groups agree. */
  readonly matched: number
}

export const part = (
  ours: readonly Row[],
  theirs: readonly Row[],
  breaks: readonly Planted[],
  matched: number,
): Part => ({ ours, theirs, breaks, matched })

export const real = (code: string, about: Partial<Planted>): Planted => ({
  code,
  isTemporary: false,
  dueOn: undefined,
  ours: undefined,
  theirs: undefined,
  difference: undefined,
  currency: undefined,
  ...about,
})

export const differs = (code: string, ours: Row, theirs: Row, difference: bigint | undefined): Planted =>
  real(code, {
    ours: ours.reference,
    theirs: theirs.reference,
    difference,
    currency: difference === undefined ? undefined : ours.currency,
  })
