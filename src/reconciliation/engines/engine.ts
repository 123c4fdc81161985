import type { OursFile } from '../ours.ts'
import type { PairTerms } from '../source.ts'

/**
 * What an engine of reconciliation does: it compares two sets of records and gives facts: pairs, what differs, what is
 * left. What the facts mean is decided elsewhere (decide.ts), the same for every engine.
 *
 * Records are claimed exclusively, pass by pass: within a pass both sides are ranked by time among the records with the
 * same key, and rank joins rank, so that duplicates never multiply.
 *
 *     1  exact             reference, amount and currency
 *     2  reference         reference: what differs makes a break
 *     3  psp_reference     the PSP's id, for a line whose reference is not ours: exact, then with a difference
 *     5  joined            a line that names several charges, when all of them are there and come to its amount
 *
 * A joined line is shared among its charges: each pair has its part of the line's amount and fee.
 */
export type Engine = {
  /** Takes both sides in, each file once it is written; again, and what was loaded before is forgotten. */
  readonly load: (request: MatchRequest) => Promise<void>
  /** Good lines for charges that we have no record of yet: single ones, then joined ones, open ones of earlier files first. */
  readonly withoutOurs: () => AsyncIterable<readonly LineWithoutOurs[]>
  readonly match: () => Promise<Facts>
}

export type LineWithoutOurs = {
  /** Those that are not on our side, several for a joined line; each with the PSP's id, where the line gives as many. */
  readonly charges: readonly { readonly id: string; readonly psp_reference: string | null }[]
  /** What the line leaves for them. */
  readonly amount: bigint
  readonly currency: string
  readonly occurred_ms: bigint | null
}

export const RULES = ['exact', 'reference', 'psp_reference', 'joined'] as const
export type Rule = (typeof RULES)[number]

export type MatchRequest = PairTerms & {
  /** A folder for the engine's own files and for the outcome. Our records since the last run are there, see ours.ts. */
  readonly folder: string
  /** Parquet of the lines of the day's file. */
  readonly linesPath: string
  readonly fileId: string
  /** When each file is there in full: the engine reads one while the next is still being written. */
  readonly written: Readonly<Record<'lines' | OursFile, Promise<unknown>>>
  readonly window: Window
  readonly carriedOurs: readonly CarriedOurs[]
  readonly carriedTheirs: readonly CarriedTheirs[]
}

/**
 * Which of our records belong to the run: those of its day and earlier ones that no run has seen. A run reads the ledger's
 * chains from where the one before it told it to; what it then finds of the days before is new only behind `seen`.
 */
export type Window = {
  readonly day: string
  readonly previousDay: string | undefined
  /** Per ledger chain: how many batches the run before had seen. */
  readonly seen: ReadonlyMap<number, bigint>
}

export type CarriedOurs = {
  /** Null for a record that was open in no break. */
  readonly breakId: string | null
  readonly attemptId: string
  readonly paymentId: string
  readonly pspReference: string | null
  readonly amount: bigint
  readonly currency: string
  readonly occurredMs: bigint
  readonly businessDate: string
}

export type CarriedTheirs = {
  readonly breakId: string
  readonly fileId: string
  readonly line: number
  readonly kind: string
  readonly status: string | null
  readonly reference: string | null
  readonly pspReference: string | null
  readonly amount: bigint
  readonly fee: bigint
  readonly currency: string
  readonly occurredMs: bigint | null
}

/** Columns of our side in every row that the engine gives. */
export type OursColumns = {
  readonly attempt_id: string
  readonly payment_id: string
  readonly ours_psp_reference: string | null
  readonly ours_amount: bigint
  readonly ours_currency: string
  readonly ours_ms: bigint
  readonly business_date: string
  readonly ours_break: string | null
}

/** Columns of their side. `fee` is a positive cost. */
export type TheirsColumns = {
  readonly file_id: string
  readonly line: number
  readonly kind: string
  readonly status: string | null
  readonly reference: string | null
  readonly psp_reference: string | null
  readonly theirs_amount: bigint
  readonly fee: bigint
  readonly theirs_currency: string
  readonly theirs_ms: bigint | null
  readonly theirs_break: string | null
}

export type PairColumns = OursColumns &
  TheirsColumns & {
    readonly rule: Rule
    /** What differs, the weightiest first (currency, status, amount, split, fee); null when nothing does. */
    readonly code:
      | 'currency_mismatch'
      | 'status_mismatch'
      | 'amount_mismatch'
      | 'split_mismatch'
      | 'fee_mismatch'
      | null
    readonly expected_fee: bigint | null
    /** Which part of a joined line it is, from 1; null for a whole line. Amount and fee are those of the part. */
    readonly part: number | null
  }

/** What the rules tolerated in one currency. */
export type Tolerated = { readonly currency: string; readonly pairs: bigint; readonly amount: bigint }

export type Facts = {
  readonly counts: { readonly ours: bigint; readonly theirs: bigint; readonly matched: bigint }
  readonly sums: readonly { readonly side: 'ours' | 'theirs'; readonly currency: string; readonly amount: bigint }[]
  /** Lines of the day's file by kind, to be compared with what the file's intake computed. */
  readonly totals: readonly {
    readonly currency: string
    readonly kind: string
    readonly lines: bigint
    readonly amount: bigint
  }[]
  /** Pairs that agree and whose amounts are not equal: how many, and Σ (ours − theirs). Without currencies that have none. */
  readonly tolerated: readonly Tolerated[]
  /** Pairs that differ. */
  readonly differences: readonly PairColumns[]
  /** Open breaks whose record is part of a pair now. */
  readonly cleared: readonly string[]
  readonly unmatchedOurs: readonly (OursColumns & { readonly is_duplicate: boolean })[]
  readonly unmatchedTheirs: readonly (TheirsColumns & { readonly is_duplicate: boolean })[]
  /** Where the next run begins to read each ledger chain that holds records of later days. */
  readonly firstLater: ReadonlyMap<number, bigint>
  /** Parquet with every record of the day and what became of it, a row each, in the order in which it is booked. */
  readonly outcomePath: string
}
