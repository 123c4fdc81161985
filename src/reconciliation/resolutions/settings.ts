import { decimalsOf } from '../../money/index.ts'

/** What people may decide alone, per currency, in minor units. */
export type ResolutionSettings = {
  /** A difference above it needs a second person. */
  readonly approveAbove: ReadonlyMap<string, bigint>
  /** What may differ in a match by hand; it is booked as rounding. */
  readonly tolerance: ReadonlyMap<string, bigint>
}

export const NO_SETTINGS: ResolutionSettings = { approveAbove: new Map(), tolerance: new Map() }

// A hundred of the currency's main unit.
const DEFAULT_MAJOR = 100n

const approvalThreshold = ({ approveAbove }: ResolutionSettings, currency: string): bigint =>
  approveAbove.get(currency) ?? DEFAULT_MAJOR * 10n ** BigInt(decimalsOf(currency) ?? 0)

/** Whether so much, in either direction, takes a second person. */
export const isAboveThreshold = (settings: ResolutionSettings, amount: bigint, currency: string): boolean =>
  (amount < 0n ? -amount : amount) > approvalThreshold(settings, currency)

export const toleranceOf = ({ tolerance }: ResolutionSettings, currency: string): bigint =>
  tolerance.get(currency) ?? 0n

/** How long a request for a second person stands. */
export const APPROVAL_MS = 14 * 86_400_000
