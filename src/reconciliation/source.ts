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

/** A source as a run keeps it: an amount is a text there. */
export type StoredSource = Omit<Source, 'feeSchedule'> & {
  readonly feeSchedule?: { readonly ratePpm: number; readonly fixed: string }
}

export const sourceOf = ({ feeSchedule, ...source }: StoredSource): Source => ({
  ...source,
  feeSchedule: feeSchedule && { ratePpm: feeSchedule.ratePpm, fixed: BigInt(feeSchedule.fixed) },
})
