/** What people can do about a break, and the codes with which they say why. */
export const VERBS = [
  'match',
  'psp_corrected',
  'book_difference',
  'create_missing_record',
  'mark_duplicate',
  'write_off',
  'correct',
  'not_a_break',
] as const
export type Verb = (typeof VERBS)[number]

/** All that a resolution may be: what is done about breaks, or a pair of a run that is taken apart. */
export const RESOLUTION_VERBS = [...VERBS, 'unmatch'] as const
export type ResolutionVerb = (typeof RESOLUTION_VERBS)[number]

export const REASON_CODES = [
  'same_sale',
  'psp_adjustment',
  'psp_fee',
  'exchange_rate',
  'rounding',
  'sale_not_recorded',
  'settled_twice',
  'booked_twice',
  'not_captured',
  'wrong_amount',
  'uncollectable',
  'goodwill',
  'wrong_pair',
  'expected',
  'other',
] as const
export type ReasonCode = (typeof REASON_CODES)[number]

/** What a difference is booked as. */
export const DIFFERENCES = ['fee', 'fx', 'rounding', 'other'] as const
export type DifferenceKind = (typeof DIFFERENCES)[number]

export const RESOLUTION_STATES = ['proposed', 'applied', 'rejected', 'lapsed', 'undone'] as const
export type ResolutionState = (typeof RESOLUTION_STATES)[number]

/** Verbs that give money up, or change or make a record of ours: a second person has to agree whatever the amount. */
export const ALWAYS_APPROVED: readonly Verb[] = ['write_off', 'correct', 'create_missing_record']

/** What somebody wants to be done about breaks. Ids are UUIDs. */
export type ResolutionRequest = {
  readonly breakId: string
  /** Further breaks that are resolved together with it. */
  readonly with: readonly string[]
  readonly verb: Verb
  readonly reason: ReasonCode
  readonly note?: string | undefined
  readonly as?: DifferenceKind | undefined
  /** Of a missing record: whose sale it is, and our commission. */
  readonly seller?: string | undefined
  readonly platformFee?: bigint | undefined
  /** Which order of several a correction is about. */
  readonly orderId?: string | undefined
}
