import type { AmountRule, ColumnSurvey, DateOrder, DecimalMark, Diagnostic } from '../settlement/index.ts'
import type { Part } from './files/part.ts'

/** The two files that are compared: ours, and what a PSP, a bank or anybody else says. */
export const SIDES = ['ours', 'theirs'] as const
export type SideName = (typeof SIDES)[number]

/**
 * A file as it was read into DuckDB. Table `{name}_raw` has every row: `n` counts them, `line` is where it begins in the
 * file, and `c0`, `c1`, … are its cells as they stand there. Table `unparsed` has the rows that are no rows. Of a plain CSV file it
 * is a view that reads the file each time.
 */
export type Side = {
  readonly name: SideName
  readonly path: string
  readonly sha256: string
  readonly format: string
  /** False for a published format, whose reader says what everything is. */
  readonly isTable: boolean
  /** A few words for people: `csv · separator ;`. */
  readonly shape: string
  readonly rows: number
  readonly columns: readonly ColumnSurvey[]
  readonly plain?: PlainCsv | undefined
  /** A code of a currency that stands in the rows before the header. */
  readonly currencyBefore: string | undefined
  /** How inference would read the file if it were alone. */
  readonly alone: Alone
  readonly diagnostics: readonly Diagnostic[]
  /** The files that it is made of, where there are several. */
  readonly parts: readonly Part[]
  /** What a reader should know of how they were put together. */
  readonly notes: readonly string[]
}

/** What of a side is needed to read its rows. */
export type Rows = Pick<Side, 'name' | 'isTable' | 'rows' | 'columns' | 'plain'>

/** A plain CSV file (see scan.ts) whose first line names its columns. */
export type PlainCsv = { readonly path: string; readonly separator: string; readonly columns: number }

/** What one file says of itself. Undefined where nothing is clear. */
export type Alone = {
  readonly amount: AmountRule | undefined
  /** Other ways in which its amounts may be meant: a column beside them that says debit or credit, another pair of columns. */
  readonly otherAmounts: readonly AmountRule[]
  readonly decimal: DecimalMark | undefined
  readonly currency: CurrencySpec | undefined
  readonly fee: FeeSpec | undefined
  readonly kind: string | undefined
}

/** What a number in the amount column counts: whole currency, its minor unit, or hundredths or thousandths of any currency. */
export const UNITS = ['major', 'minor', 'hundredths', 'thousandths'] as const
export type Unit = (typeof UNITS)[number]

export type CurrencySpec = { readonly column: string } | { readonly code: string }
export type FeeSpec = { readonly column: string; readonly sign: 'cost' | 'effect' }

/** How the keys of both sides are made equal: as they stand; without case; also without prefixes and leading zeros. */
export const KEY_FORMS = ['exact', 'case', 'loose'] as const
export type KeyForm = (typeof KEY_FORMS)[number]

/** How the cells of one side become what is compared. */
export type SideSpec = {
  readonly key: string
  readonly keyForm: KeyForm
  readonly amount: AmountRule
  readonly decimal: DecimalMark
  readonly unit: Unit
  /** −1 when this side writes with a minus what the other writes without. */
  readonly sign: 1 | -1
  readonly currency: CurrencySpec
  readonly date: { readonly column: string; readonly order: DateOrder } | undefined
  readonly fee: FeeSpec | undefined
  readonly kind: string | undefined
  /** A second reference, for rows of which the first one finds nothing. */
  readonly second: string | undefined
  /** What became of each payment: captured, refunded, failed. */
  readonly status: string | undefined
  /** The column by which the rows of this side are added up to payouts, before anything else is read. */
  readonly payout?: string | undefined
}

/** A file that cannot be compared at all. */
export class UnreadableInput extends Error {
  override readonly name = 'UnreadableInput'
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * DuckDB needs longer to make a large statement ready than so many rows take one by one: files that are no longer are compared
 * with plainer ones.
 */
export const FEW_ROWS = 2_000

export const rawTable = (side: SideName): string => `${side}_raw`

/** The column of a raw table that has the cells of a column of the file. */
export function cellOf({ columns, name }: Pick<Side, 'columns' | 'name'>, column: string): string {
  const found = columns.find((each) => each.name === column)
  if (found !== undefined) return `c${found.place}`
  const there = columns.map((each) => each.name).join(', ')
  throw new UnreadableInput('column_unknown', `${name} has no column "${column}"; it has ${there.slice(0, 500)}`)
}
