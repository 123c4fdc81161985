import type { Overrides } from '../../src/recon/index.ts'
import type { CompareOptions } from '../../src/recon/testing.ts'
import type { Seeded } from '../support/seeded.ts'
import type { Waterfall } from './payouts/waterfall.ts'
import type { Part, Row } from './row.ts'

/** Two files' worth of records with all that is wrong with them. */
export type TruthSet = Part & {
  readonly seed: number
  readonly settings: CompareOptions
  /** Writes both files, in an order and a style that `random` chooses. */
  readonly write: (random: Seeded, rows: Pick<Part, 'ours' | 'theirs'>) => WrittenSet
  /** What a row adds to the sums that are compared. */
  readonly worth: (row: Row) => bigint
  /** Of files that are compared payout by payout, how each one comes about. */
  readonly waterfalls: readonly Waterfall[] | undefined
}

export type WrittenSet = {
  readonly files: { readonly ours: string; readonly theirs: string }
  /** What has to be said beside them. */
  readonly given: Overrides
  /** How theirs writes a reference of ours. */
  readonly reference: (reference: string) => string
}
