import { formatMinor } from '../../money/index.ts'
import { daysBetween } from '../calendar.ts'
import { resemblance } from './references.ts'

/**
 * How likely it is that records of two sides, neither of which has a partner, are the same thing. Pure, and one for the service
 * and for `recon`. A suggestion is for people: nothing is ever matched by it.
 */

/** A record of either side. `amount` is signed, in minor units; `fee` is a positive cost, as far as it is known. */
export type Candidate = {
  readonly id: string
  readonly amount: bigint
  readonly currency: string
  readonly fee: bigint | undefined
  /** Its ISO date by the cut-off that both sides share. */
  readonly day: string | undefined
  /** Everything that names it, in any order. */
  readonly references: readonly string[]
}

export const SUGGESTION_REASONS = [
  'same_amount',
  'amount_less_fee',
  'near_amount',
  'sum_of_amounts',
  'same_day',
  'near_day',
  'same_reference',
  'near_reference',
  'shared_number',
  'cut_reference',
  'only_one',
] as const
export type SuggestionReasonName = (typeof SUGGESTION_REASONS)[number]

/** A reason, what it adds (see `scoreOf`) and a sentence that holds no text of any record. */
export type SuggestionReason = {
  readonly name: SuggestionReasonName
  readonly weight: number
  readonly sentence: string
}

/**
 * Weights are chances that a reason alone is right, of records that are open on both sides: an amount recurs, a day has many
 * records, and a reference that differs in a digit may be the next order's.
 */
const WEIGHTS = {
  same_amount: 0.45,
  amount_less_fee: 0.4,
  near_amount: 0.15,
  sum_of_two: 0.35,
  sum_of_more: 0.3,
  same_day: 0.3,
  same_reference: 0.7,
  shared_number: 0.4,
  cut_reference: 0.4,
  only_one: 0.15,
} as const
const NEAR_DAYS: readonly (readonly [days: number, weight: number])[] = [
  [1, 0.2],
  [3, 0.12],
  [10, 0.05],
]
const NEAR_REFERENCE: readonly number[] = [0, 0.5, 0.35] // by the number of edits
/** Amounts are near when they differ by 5 % of the larger at most. */
const NEAR_AMOUNT_DIVISOR = 20n

/** Reasons are taken as independent: 1 − Π (1 − weight), with two decimals. */
export function scoreOf(reasons: readonly SuggestionReason[]): number {
  const doubt = reasons.reduce((rest, { weight }) => rest * (1 - weight), 1)
  return Math.round((1 - doubt) * 100) / 100
}

export const ONLY_ONE: SuggestionReason = {
  name: 'only_one',
  weight: WEIGHTS.only_one,
  sentence: 'no other open record has this amount',
}

/**
 * Why two records of different sides may be the same; none when the currency or the sign differs, or when neither the amount
 * nor the reference speaks for it, or the amount alone does and the days are far apart. A near or a cut reference counts
 * beside a near amount only: the next order's is like it as well.
 */
export function reasonsOf(ours: Candidate, theirs: Candidate): readonly SuggestionReason[] {
  if (!isComparable(ours, theirs)) return []
  const amount = amountReason(ours, theirs)
  const reference = referenceReason(ours, theirs)
  const isNamed = reference !== undefined && (!BESIDE_AMOUNT.includes(reference.name) || amount !== undefined)
  const day = dayReason([ours, theirs])
  const isFar = day === undefined && ours.day !== undefined && theirs.day !== undefined
  if (!isNamed && (amount === undefined || amount.name === 'near_amount' || isFar)) return []
  return [amount, isNamed ? reference : undefined, day].filter((each) => each !== undefined)
}

/** Why several records of one side may be one of the other: their sum is its amount. */
export function reasonsOfSum(whole: Candidate, parts: readonly Candidate[]): readonly SuggestionReason[] {
  const sum = parts.reduce((total, { amount }) => total + amount, 0n)
  if (sum !== whole.amount || !parts.every((part) => isComparable(whole, part))) return []
  const day = dayReason([whole, ...parts])
  const weight = parts.length === 2 ? WEIGHTS.sum_of_two : WEIGHTS.sum_of_more
  const reason = { name: 'sum_of_amounts', weight, sentence: `${parts.length} records come to the amount` } as const
  return day === undefined ? [reason] : [reason, day]
}

const BESIDE_AMOUNT: readonly SuggestionReasonName[] = ['near_reference', 'cut_reference']

const isComparable = (a: Candidate, b: Candidate): boolean =>
  a.currency === b.currency && a.amount > 0n === b.amount > 0n && a.amount < 0n === b.amount < 0n

function amountReason(ours: Candidate, theirs: Candidate): SuggestionReason | undefined {
  const gap = magnitude(ours.amount - theirs.amount)
  if (gap === 0n) return { name: 'same_amount', weight: WEIGHTS.same_amount, sentence: 'the amount is the same' }
  const shown = `${formatMinor(gap, ours.currency)} ${ours.currency}`
  if (gap === ours.fee || gap === theirs.fee)
    return {
      name: 'amount_less_fee',
      weight: WEIGHTS.amount_less_fee,
      sentence: `the amounts differ by the fee, ${shown}`,
    }
  const larger = ours.amount > theirs.amount === ours.amount > 0n ? ours.amount : theirs.amount
  if (gap * NEAR_AMOUNT_DIVISOR > magnitude(larger)) return undefined
  return { name: 'near_amount', weight: WEIGHTS.near_amount, sentence: `the amounts differ by ${shown}` }
}

const magnitude = (amount: bigint): bigint => (amount < 0n ? -amount : amount)

function referenceReason(ours: Candidate, theirs: Candidate): SuggestionReason | undefined {
  const found = resemblance(ours.references, theirs.references)
  if (found === undefined) return undefined
  if (found.is === 'same')
    return {
      name: 'same_reference',
      weight: WEIGHTS.same_reference,
      sentence: 'a reference is the same but for its form',
    }
  if (found.is === 'number')
    return {
      name: 'shared_number',
      weight: WEIGHTS.shared_number,
      sentence: `the references share a number of ${found.digits} digits`,
    }
  if (found.is === 'cut')
    return {
      name: 'cut_reference',
      weight: WEIGHTS.cut_reference,
      sentence: 'one reference is a piece of the other',
    }
  const { edits } = found
  const places = edits === 1 ? 'one place' : 'two places'
  return { name: 'near_reference', weight: NEAR_REFERENCE[edits] ?? 0, sentence: `the references differ in ${places}` }
}

/** By the two days of all that are furthest apart; undefined when one of them has none. */
function dayReason(records: readonly Candidate[]): SuggestionReason | undefined {
  const days = records.flatMap(({ day }) => day ?? []).toSorted()
  const [first, last] = [days[0], days.at(-1)]
  if (days.length < records.length || first === undefined || last === undefined) return undefined
  const apart = daysBetween(first, last)
  if (apart === 0) return { name: 'same_day', weight: WEIGHTS.same_day, sentence: 'the day is the same' }
  const weight = NEAR_DAYS.find(([days]) => apart <= days)?.[1]
  if (weight === undefined) return undefined
  return { name: 'near_day', weight, sentence: apart === 1 ? 'the days are neighbours' : `${apart} days lie between` }
}
