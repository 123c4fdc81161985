import { uuidOf } from '../../../platform/ids.ts'
import type { OursColumns, PairColumns, Rule, TheirsColumns } from '../engine.ts'

/** What a stream of records is made of. Each has a name of its own, by which it is known from its arrival to its end. */

/** Ours: a charge that was booked, or an open one of an earlier day. */
export type OursItem = OursColumns & { readonly name: string; readonly asked_amount: bigint }

/** Theirs: a line of a file. An open one of an earlier file belongs to no day any more. */
export type LineItem = TheirsColumns & { readonly name: string; readonly day: string | null }

/**
 * Theirs, before its file: what the PSP told by a signed webhook. It says nothing of fees, and it may say things again. The
 * file of its day is the last word, and takes its place.
 */
export type ToldItem = {
  readonly name: string
  readonly day: string
  readonly reference: string | null
  readonly psp_reference: string | null
  readonly theirs_amount: bigint
  readonly theirs_currency: string
  readonly theirs_ms: bigint | null
}

export type Item =
  | { readonly side: 'ours'; readonly record: OursItem }
  | { readonly side: 'line'; readonly record: LineItem }
  | { readonly side: 'told'; readonly record: ToldItem }

export type Code = PairColumns['code']

export type Pair<T extends LineItem | ToldItem> = {
  readonly rule: Rule
  readonly ours: OursItem
  readonly theirs: T
  readonly code: Code
  readonly expectedFee: bigint | null
  /** Of a joined line: which of its parts, from 1. Amount and fee of `theirs` are those of the part. */
  readonly part: number | null
}

/** The charge of ours that a reference names; every other reference is a text that means nothing to us. */
export const namedCharge = (reference: string | null): string | undefined =>
  reference === null ? undefined : uuidOf('att', reference)

/** The charges that the reference of a joined line names, with a space between; none when it names one twice, or anything else. */
export function joinedCharges(reference: string | null): readonly string[] {
  if (reference?.includes(' ') !== true) return []
  const names = reference.split(' ').map((name) => uuidOf('att', name))
  const charges = names.filter((name) => name !== undefined)
  return charges.length === names.length && new Set(charges).size === names.length ? charges : []
}

/** What a record is found by. Two records concern each other when they share one of these, or are linked by others that do. */
export function keysOf({ side, record }: Item): readonly string[] {
  const [charges, psp] =
    side === 'ours'
      ? [[record.attempt_id], record.ours_psp_reference]
      : [[namedCharge(record.reference) ?? joinedCharges(record.reference)].flat(), record.psp_reference]
  return [...charges.map((charge) => `charge ${charge}`), ...(psp === null ? [] : [`psp ${psp}`])]
}
