import { createHash } from 'node:crypto'
import { holdsCardNumber, mayHoldCardNumber } from '../platform/card-number.ts'
import type { SideName, SideSpec } from './side.ts'

/** What is shown of texts: never a card number, and with `--anonymise` nothing that names anybody. */
export type Veil = {
  readonly reference: (text: string) => string
  readonly cell: (side: SideName, column: string, text: string) => string
  readonly sentence: (text: string) => string
}

export const REDACTED = '[card number]'

export function createVeil(specs: Readonly<Record<SideName, SideSpec>>, anonymise: boolean): Veil {
  const open = { ours: openColumns(specs.ours), theirs: openColumns(specs.theirs) }
  return {
    reference: (text) => (anonymise ? hashed(text) : redacted(text)),
    cell: (side, column, text) => (anonymise && !open[side].has(column) ? hashed(text) : redacted(text)),
    // A text of a file stands in quotes.
    sentence: (text) => redacted(anonymise ? text.replace(/".*"/s, '"…"') : text),
  }
}

/** Amounts, currencies and dates say nothing of anybody and are what the report is about. */
const openColumns = ({ amount, currency, date, fee }: SideSpec): ReadonlySet<string> =>
  new Set([
    ...(amount.rule === 'split' ? [amount.credit, amount.debit] : [amount.column]),
    ...('column' in currency ? [currency.column] : []),
    ...(date === undefined ? [] : [date.column]),
    ...(fee === undefined ? [] : [fee.column]),
  ])

/** The same text has the same hash on both sides and in every run. */
const hashed = (text: string): string => `x${createHash('sha256').update(text.trim()).digest('hex').slice(0, 12)}`

const redacted = (text: string): string => (mayHoldCardNumber(text) && holdsCardNumber(text) ? REDACTED : text)
