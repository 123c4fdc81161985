/**
 * How far apart two amounts may be and still agree, as a part of a source's rules. Without one they agree when they are equal.
 * A pair within it is matched; what it differs by is booked as rounding and summed up beside the proof, so that it is seen.
 */

/** Of one kind of amount. With both bounds the smaller counts: a percentage alone has no ceiling, a fixed one no sense of size. */
export type Tolerance = {
  /** Minor units, per currency; in a currency that is not named nothing may differ. */
  readonly minorUnits: ReadonlyMap<string, bigint> | undefined
  /** Hundredths of a percent of what is expected, rounded down. */
  readonly basisPoints: number | undefined
}

/** Amounts of a pair, by ours; and the fee of a line, by what the schedule says. */
export type Tolerances = { readonly amount: Tolerance | undefined; readonly fee: Tolerance | undefined }

const BASIS = 10_000n

/** The largest difference that is tolerated, in minor units. */
export function toleratedUpTo(tolerance: Tolerance | undefined, expected: bigint, currency: string): bigint {
  const { minorUnits, basisPoints } = tolerance ?? {}
  const fixed = minorUnits && (minorUnits.get(currency) ?? 0n)
  const share = basisPoints === undefined ? undefined : (magnitude(expected) * BigInt(basisPoints)) / BASIS
  if (fixed === undefined || share === undefined) return fixed ?? share ?? 0n
  return fixed < share ? fixed : share
}

/** Whether an amount agrees with what is expected. */
export const agrees = (
  amount: bigint,
  expected: bigint,
  { currency, tolerance }: { readonly currency: string; readonly tolerance: Tolerance | undefined },
): boolean => amount === expected || magnitude(amount - expected) <= toleratedUpTo(tolerance, expected, currency)

const magnitude = (amount: bigint): bigint => (amount < 0n ? -amount : amount)

type Stored = { readonly minorUnits?: Readonly<Record<string, string>>; readonly basisPoints?: number }

/** As they are kept: amounts are texts there. */
export type StoredTolerances = { readonly amount?: Stored; readonly fee?: Stored }

export const tolerancesOf = ({ amount, fee }: StoredTolerances): Tolerances => ({
  amount: amount && toleranceOf(amount),
  fee: fee && toleranceOf(fee),
})

const toleranceOf = ({ minorUnits, basisPoints }: Stored): Tolerance => ({
  minorUnits: minorUnits && new Map(Object.entries(minorUnits).map(([currency, amount]) => [currency, BigInt(amount)])),
  basisPoints,
})

/** In the words of the API and of reports. */
export const tolerancesView = ({ amount, fee }: Tolerances) => ({
  ...(amount !== undefined && { amount: boundsView(amount) }),
  ...(fee !== undefined && { fee: boundsView(fee) }),
})

const boundsView = ({ minorUnits, basisPoints }: Tolerance) => ({
  ...(minorUnits !== undefined && { minor_units: Object.fromEntries(minorUnits) }),
  ...(basisPoints !== undefined && { basis_points: basisPoints }),
})
