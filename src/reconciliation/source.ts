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
}

/** `ratePpm` millionths of the amount, rounded half up, and `fixed` minor units of its currency. */
export type FeeSchedule = { readonly ratePpm: number; readonly fixed: bigint }

/** What a version of the rules may change: what decides about breaks, and nothing that moves records to another day. */
export type RuleSettings = Partial<Pick<Source, 'lagDays' | 'graceMinutes' | 'feeSchedule'>>

type StoredFee = { readonly feeSchedule?: { readonly ratePpm: number; readonly fixed: string } }

/** A source as a run keeps it: an amount is a text there. */
export type StoredSource = Omit<Source, 'feeSchedule'> & StoredFee
export type StoredRules = Omit<RuleSettings, 'feeSchedule'> & StoredFee

const feeOf = (stored: StoredFee['feeSchedule']): FeeSchedule | undefined =>
  stored && { ratePpm: stored.ratePpm, fixed: BigInt(stored.fixed) }

export const sourceOf = ({ feeSchedule, ...source }: StoredSource): Source => ({
  ...source,
  feeSchedule: feeOf(feeSchedule),
})

export const rulesOf = ({ feeSchedule, ...rules }: StoredRules): RuleSettings => ({
  ...rules,
  ...(feeSchedule !== undefined && { feeSchedule: feeOf(feeSchedule) }),
})
