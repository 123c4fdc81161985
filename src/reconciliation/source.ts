import { type StoredTolerances, type Tolerances, tolerancesOf } from './tolerance.ts'

/** What a source is reconciled by. One for each PSP account; the name is the account's. */
export type Source = {
  readonly name: string
  /** IANA zone of its business days. */
  readonly zone: string
  /** Local time at which a business day begins (`start`) or ends (`end`), as HH:MM. */
  readonly cutOff: string
  readonly dayNamedBy: 'start' | 'end'
  /** How close to the cut-off a record may count on the other side; and how long a file may take until it is late. */
  readonly graceMinutes: number
  /** Business days after its own in which a record may still come in a file before it is missing. */
  readonly lagDays: number
  /** What the PSP should charge; undefined where it is not known. */
  readonly feeSchedule: FeeSchedule | undefined
  /** What may differ in a pair and is no break. Without it nothing may. */
  readonly tolerance?: Tolerances | undefined
}

/** What two records of a pair are compared by. */
export type PairTerms = Pick<Source, 'feeSchedule' | 'tolerance'>

/** `ratePpm` millionths of the amount, rounded half up, and `fixed` minor units of its currency. */
export type FeeSchedule = { readonly ratePpm: number; readonly fixed: bigint }

const MILLION = 1_000_000n
const HALF_MILLION = 500_000n

/** The largest fee, above or below zero, in minor units: files and the database have 64 bits for it. */
export const MAX_FEE = 2n ** 63n - 1n

/** What the schedule says of an amount, in its minor units; never beyond the largest fee. */
export function scheduledFee(amount: bigint, { ratePpm, fixed }: FeeSchedule): bigint {
  const fee = (amount * BigInt(ratePpm) + HALF_MILLION) / MILLION + fixed
  if (fee > MAX_FEE) return MAX_FEE
  return fee < -MAX_FEE ? -MAX_FEE : fee
}

/** What a version of the rules may change: what decides about breaks, and nothing that moves records to another day. */
export type RuleSettings = Partial<Pick<Source, 'lagDays' | 'graceMinutes' | 'feeSchedule' | 'tolerance'>>

type StoredTerms = {
  readonly feeSchedule?: { readonly ratePpm: number; readonly fixed: string } | undefined
  readonly tolerance?: StoredTolerances | undefined
}

/** A source as a run keeps it: an amount is a text there. */
export type StoredSource = Omit<Source, keyof PairTerms> & StoredTerms
export type StoredRules = Omit<RuleSettings, keyof PairTerms> & StoredTerms

export const sourceOf = ({ feeSchedule, tolerance, ...source }: StoredSource): Source => ({
  ...source,
  feeSchedule: undefined,
  ...termsOf({ feeSchedule, tolerance }),
})

export const rulesOf = ({ feeSchedule, tolerance, ...rules }: StoredRules): RuleSettings => ({
  ...rules,
  ...termsOf({ feeSchedule, tolerance }),
})

/** Without what is not there: rules that say nothing of it leave it as it is. */
const termsOf = ({ feeSchedule, tolerance }: StoredTerms): Partial<PairTerms> => ({
  ...(feeSchedule !== undefined && { feeSchedule: { ratePpm: feeSchedule.ratePpm, fixed: BigInt(feeSchedule.fixed) } }),
  ...(tolerance !== undefined && { tolerance: tolerancesOf(tolerance) }),
})
