/**
 * A break: a difference that a run found. A temporary one waits until `due_on` for what should heal it; then it is
 * promoted, the same break with its real code.
 *
 *     open (temporary) ──► cleared by a later run | promoted: open (real)
 *     open (real) ───────► cleared, when its twin comes after all | resolved by people
 */
export const TEMPORARY_CODES = [
  'cutoff_straddle',
  'awaiting_settlement',
  'awaiting_internal',
  'pending_outcome',
  'payout_in_transit',
] as const
export const REAL_CODES = [
  'missing_external',
  'missing_internal',
  'amount_mismatch',
  'currency_mismatch',
  'fee_mismatch',
  'status_mismatch',
  'duplicate_internal',
  'duplicate_external',
  'split_mismatch',
  'payout_mismatch',
  'bank_mismatch',
  'control_total_mismatch',
  'unparsed_line',
  'ledger_mismatch',
] as const
export const BREAK_CODES = [...TEMPORARY_CODES, ...REAL_CODES] as const
export const BREAK_CLASSES = ['temporary', 'real'] as const
export const BREAK_STATES = ['open', 'cleared', 'resolved'] as const

export type TemporaryCode = (typeof TEMPORARY_CODES)[number]
export type RealCode = (typeof REAL_CODES)[number]
export type BreakCode = (typeof BREAK_CODES)[number]
export type BreakClass = (typeof BREAK_CLASSES)[number]
export type BreakState = (typeof BREAK_STATES)[number]

/** Our record of a charge. `amount` is what is booked for it; nothing is while its outcome is unknown. */
export type OursRecord = {
  readonly attemptId: string
  readonly paymentId: string
  readonly pspReference: string | null
  readonly amount: bigint
  readonly currency: string
  readonly occurredAt: Date
  readonly businessDate: string
}

/** A line of a settlement file. Amounts are minor units as the account's holder sees them. */
export type TheirsRecord = {
  readonly fileId: string
  readonly line: number
  readonly kind: string
  readonly status: string | null
  readonly reference: string | null
  readonly pspReference: string | null
  readonly amount: bigint
  readonly fee: bigint
  readonly currency: string
  readonly occurredAt: Date | null
}

/** A payout of a PSP that is, or should be, on its way to the bank. `amount` is what it put in transit. */
export type PayoutRecord = {
  readonly id: string
  readonly psp: string
  readonly pspReference: string | null
  readonly amount: bigint
  readonly currency: string
  readonly businessDate: string
  readonly occurredAt: Date
}

/** A break as it is found: what a run writes down. */
export type NewBreak = {
  readonly code: BreakCode
  readonly class: BreakClass
  readonly dueOn: string | undefined
  readonly ours: OursRecord | undefined
  /** Instead of `ours`, where a bank is reconciled. */
  readonly payout?: PayoutRecord | undefined
  readonly theirs: TheirsRecord | undefined
  /** Ours − theirs in minor units of `currency`: of the amount, or of the fee. Undefined across currencies. */
  readonly difference: bigint | undefined
  readonly currency: string | undefined
}

/** One that is open when a run begins and that has one side only: it takes part in the run. */
export type OpenBreak = {
  readonly id: string
  readonly code: BreakCode
  readonly class: BreakClass
  readonly dueOn: string | null
  readonly ours: OursRecord | undefined
  readonly theirs: TheirsRecord | undefined
}
