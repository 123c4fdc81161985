import type { Profile } from './table/profile.ts'

/**
 * What every format of a settlement file is read into: statements with their balances, and lines. A reader is pure: it
 * takes bytes as they come, keeps no more than a piece of them, and neither knows where they came from nor where the
 * lines go. Amounts are signed minor units as the account's holder sees them: credit positive.
 */

export const LINE_KINDS = [
  'charge',
  'refund',
  'refund_reversal',
  'dispute',
  'dispute_reversal',
  'fee',
  'payout',
  'payout_reversal',
  /** Held back by the PSP, and given free again. */
  'reserve',
  'reserve_release',
  /** One leg of an exchange between two balances of one account. */
  'conversion',
  /** Between accounts of one PSP. */
  'transfer',
  'adjustment',
  /** What the sender adds so that its own rounding adds up. */
  'rounding',
  /** A movement of a bank account; what it was for stands in its texts. */
  'entry',
] as const

/** What moved the balance. */
export type LineKind = (typeof LINE_KINDS)[number]

/** One normalised row of a settlement file. */
export type SettlementLine = {
  /** Where it begins in the file; the first line is 1. */
  readonly line: number
  /** Index of its statement. */
  readonly statement: number
  readonly kind: LineKind
  /** The sender's own word for what it is, e.g. `captured` or `refunded`. */
  readonly status: string | undefined
  /** The sender's identifier of what moved. */
  readonly pspReference: string | undefined
  /** The reference that we gave, as the sender wrote it. */
  readonly reference: string | undefined
  /** Every other identifier of the row, strongest first: of the order, the batch, the payout, the mandate. */
  readonly otherReferences?: readonly string[] | undefined
  /** The sender's identifier of the payout that it is a part of, where the file says that it is one. */
  readonly payoutReference?: string | undefined
  /** The effect on the balance before the fee. */
  readonly amount: bigint
  /** A positive cost; the balance moves by amount − fee. */
  readonly fee: bigint
  readonly currency: string
  readonly occurredAt: Date | undefined
  /** ISO date on which the sender booked it, where the row says so. */
  readonly businessDate?: string | undefined
  /** What a person wrote: a remittance text, a name. */
  readonly description?: string | undefined
  /**
   * False for a row that moved no balance: a pending or expected entry, a state of a payment that comes before its
   * settlement. No sum has it.
   */
  readonly booked?: false | undefined
}

/**
 * Whether the file adds up to what it says of itself: opening + Σ(amount − fee) = closing, the counts, and every stated
 * total. `difference` is computed − stated, in minor units (for a count: in lines), of the first that is not right.
 */
export type Control =
  | { readonly status: 'pass' }
  | { readonly status: 'none' }
  | {
      readonly status: 'fail'
      /** Which total is wrong, in words. When the difference is less than a minor unit, it is told here exactly. */
      readonly what: string
      readonly stated: bigint
      readonly computed: bigint
      readonly difference: bigint
    }

/** Lines of one kind in a statement, as computed from the lines. */
export type KindTotal = {
  readonly kind: LineKind
  readonly lines: number
  readonly amount: bigint
  readonly fee: bigint
}

/** The part of a file that is about one account in one currency. */
export type Statement = {
  /** As the sender writes it: an IBAN, a number, a merchant's name. Empty when it says none. */
  readonly account: string
  readonly currency: string
  /** ISO date of its closing balance, or of the day that it is about. */
  readonly businessDate?: string | undefined
  /** The sender's own number of it, such as `12/1` (statement 12, page 1): what a gap is found by. */
  readonly sequence?: string | undefined
  readonly opening: bigint | undefined
  readonly closing: bigint | undefined
  readonly lines: number
  /** Sums of the positive and of the negative movements of the balance, fees included. */
  readonly credits: bigint
  readonly debits: bigint
  readonly totals: readonly KindTotal[]
  readonly control: Control
}

/** Something about the file that a person should know, with its place. */
export type Diagnostic = {
  readonly severity: 'error' | 'warning'
  readonly code: string
  readonly line: number
  readonly column?: number | undefined
  readonly message: string
}

/** Everything about a file but its lines, which were handed on while it was read. */
export type FileSummary = {
  readonly format: string
  readonly version: string | undefined
  /** ISO date of the day that the file is about. Undefined when it says none. */
  readonly businessDate: string | undefined
  /** The sender's own name for the file. */
  readonly fileReference: string | undefined
  readonly statements: readonly Statement[]
  readonly diagnostics: readonly Diagnostic[]
  /** How the columns of a table were read, when the format leaves that open. */
  readonly mapping?: Profile | undefined
  /** What of the mapping the file does not prove and somebody has to decide, a sentence each. */
  readonly mappingDoubts?: readonly string[] | undefined
  /** False when the frame of the file is broken: nothing of it can be used. */
  readonly readable: boolean
}

/** Where lines go, piece by piece. The reader waits for it before it reads on. */
export type TakeLines = (lines: readonly SettlementLine[]) => Promise<void>

/** What a file does not say of itself. */
export type ReadOptions = {
  /** IANA zone of times that come without one. Undefined: such a time gives a business date and no instant. */
  readonly zone?: string | undefined
}

export type Format = {
  readonly name: string
  /** A sentence for people who choose a format. */
  readonly title: string
  /** Whether the beginning of a file, a few kilobytes, is in this format. By content, never by name. */
  readonly detects: (beginning: Uint8Array) => boolean
  /**
   * Reads a whole file. Never throws for what is in it: that is a diagnostic. At most 1,000 diagnostics are kept, and a
   * last one says how many more there were.
   */
  readonly read: (bytes: AsyncIterable<Uint8Array>, take: TakeLines, options?: ReadOptions) => Promise<FileSummary>
}

/** A format of which the file says only as a whole how it is read: a table. It is read once to find that out. */
export type InferredFormat = Pick<Format, 'name' | 'title' | 'detects'> & {
  readonly infer: (open: () => AsyncIterable<Uint8Array>) => Promise<Format>
}

export type AnyFormat = Format | InferredFormat

/** The format as it reads this one file. */
export const readyFormat = (format: AnyFormat, open: () => AsyncIterable<Uint8Array>): Promise<Format> =>
  'infer' in format ? format.infer(open) : Promise.resolve(format)
