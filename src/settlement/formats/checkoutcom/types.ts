import type { LineKind } from '../format.ts'

/**
 * Types of financial movements of Checkout.com (checkout.com/docs, Breakdown types) as kinds. New ones come every year, so
 * a type that is not in the list is read by its words.
 */
const KINDS: Readonly<Record<string, LineKind>> = {
  charge: 'charge',
  'partial charge': 'charge',
  capture: 'charge',
  'partial capture': 'charge',
  void: 'charge',
  refund: 'refund',
  'partial refund': 'refund',
  chargeback: 'dispute',
  'second chargeback': 'dispute',
  'merchant payout': 'payout',
  payout: 'payout',
  'card payout': 'payout',
  'top up': 'adjustment',
  adjustment: 'adjustment',
  'cover negative position': 'adjustment',
  'invoice settlement': 'adjustment',
  'operational funding reservation': 'reserve',
  'operational funding release': 'reserve_release',
}

/** The first that a type has. */
const WORDS: readonly (readonly [RegExp, LineKind])[] = [
  [/reserve|collateral|security deposit/, 'reserve'],
  [/chargeback|dispute|arbitration/, 'dispute'],
  [/refund/, 'refund'],
  [/payout/, 'payout'],
  [/transfer/, 'transfer'],
  [/conversion|exchange|\bfx\b/, 'conversion'],
  [/charge|capture|payment/, 'charge'],
  [/\bfees?\b|token|updater|authori[sz]ation|authentication|verification/, 'fee'],
]

const BACK: Partial<Record<LineKind, LineKind>> = {
  reserve: 'reserve_release',
  dispute: 'dispute_reversal',
  refund: 'refund_reversal',
  payout: 'payout_reversal',
}

const GIVES_BACK = /revers|release|return|reject|\bwon\b|declin|fail|cancel/

/**
 * A row without a gross is a cost alone, whatever it is about: a declined charge, a token, a void, the fee of a payout.
 * Undefined for a type that is not known and has a gross.
 */
export function kindOfMovement(type: string, hasGross: boolean): LineKind | undefined {
  const words = type
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_]+/g, ' ')
  const listed = Object.hasOwn(KINDS, words) ? KINDS[words] : undefined
  if (!hasGross && listed !== 'adjustment') return 'fee'
  if (listed !== undefined) return listed
  const kind = WORDS.find(([pattern]) => pattern.test(words))?.[1]
  return kind !== undefined && GIVES_BACK.test(words) ? (BACK[kind] ?? kind) : kind
}
