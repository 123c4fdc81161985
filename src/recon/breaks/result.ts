import type { ProofLine } from '../../reconciliation/index.ts'
import type { Part, Place } from '../files/part.ts'
import type { Mapping } from '../mapping/mapping.ts'
import type { Rule } from '../matching/match.ts'
import type { Payout } from '../payouts/payouts.ts'
import type { SideName } from '../side.ts'
import type { BreakClass, Code } from './decide.ts'
import type { Suggestion } from './suggest.ts'

/** What was found, but for the breaks themselves, of which there may be millions. Amounts are minor units. */
export type Summary = {
  readonly verdict: 'clean' | 'breaks'
  readonly inputs: readonly Input[]
  readonly mapping: Mapping
  /** ISO dates of the first and the last row, and the day by which waiting is judged. */
  readonly period: {
    readonly from: string | undefined
    readonly to: string | undefined
    readonly asOf: string | undefined
  }
  readonly pairs: number
  readonly byRule: readonly { readonly rule: Rule; readonly ours: number; readonly theirs: number }[]
  /** Rows of each side that are compared; those that stand apart are not. */
  readonly compared: Readonly<Record<SideName, number>>
  readonly real: number
  readonly temporary: number
  readonly byCode: readonly CodeTotal[]
  readonly proof: readonly ProofLine[]
  /** Σ (ours − theirs) of pairs within the tolerance: explained, and no break. */
  readonly tolerated: ReadonlyMap<string, bigint>
  readonly apart: readonly Apart[]
  /** Where one side is a report of payouts and the other one the lines of a bank. */
  readonly payouts: readonly Payout[] | undefined
  /** What a reader should know, in sentences. */
  readonly notes: readonly string[]
}

export type Input = {
  readonly side: SideName
  readonly path: string
  readonly sha256: string
  readonly format: string
  readonly shape: string
  readonly rows: number
  readonly unparsed: number
  /** The files that it is made of, where there are several. */
  readonly parts: readonly Part[]
}

export type CodeTotal = {
  readonly code: Code
  readonly class: BreakClass
  readonly count: number
  /** What these breaks add to ours − theirs; of a fee_mismatch, which adds nothing, the fees of ours − those of theirs. */
  readonly amounts: ReadonlyMap<string, bigint>
  readonly dueOn: string | undefined
}

/** Rows that are no sale, by kind and currency. */
export type Apart = {
  readonly side: SideName
  readonly kind: string
  readonly currency: string
  readonly rows: number
  readonly amount: bigint
}

export type Row = {
  /** Where it begins in the file, as an editor or a spreadsheet counts. */
  readonly row: number
  /** The file that it stands in, where its side has several. */
  readonly file: string | undefined
  /** All of them, where several rows were summed. */
  readonly rows: readonly Place[] | undefined
  readonly reference: string | undefined
  readonly amount: bigint | undefined
  readonly currency: string | undefined
  readonly occurredAt: string | undefined
  /** The row as it stands in the file: name and text of each cell that is not empty. */
  readonly cells: readonly (readonly [name: string, text: string])[]
}

/** Rows of the other side that may belong to a break, with the breaks that they are in. */
export type Hint = Pick<Suggestion, 'score' | 'reasons'> & {
  readonly rows: readonly (Pick<Row, 'row' | 'file' | 'reference' | 'amount' | 'currency' | 'occurredAt'> & {
    readonly id: string
  })[]
}

export type Item = {
  readonly id: string
  readonly code: Code
  readonly class: BreakClass
  readonly dueOn: string | undefined
  readonly ours: Row | undefined
  readonly theirs: Row | undefined
  readonly difference: bigint | undefined
  readonly currency: string | undefined
  readonly reasons: readonly string[]
  /** Likely partners, the best first: hints, and no match. */
  readonly suggestions: readonly Hint[]
  /** Beside a former result: whether it was there. */
  readonly baseline: 'new' | 'aged' | undefined
}
