import { detached } from '../text/detached.ts'
import { markShown, readAmount } from './amount-text.ts'
import { nameScore, ROLES } from './columns.ts'
import type { DateReader } from './date-text.ts'
import type { TableRow } from './rows.ts'

/** Rows among which the header stands, if there is one. */
export const HEADER_ROWS = 60

export type Header = {
  /** Its line; 0 for none. */
  readonly line: number
  readonly names: readonly string[]
}

/**
 * The row that names the columns: the one whose cells say most roles, none of them being a number or a date. Rows may
 * stand before it (a bank's name, an account). Undefined when no row names an amount.
 */
export function findHeader(rows: readonly TableRow[], dates: DateReader): Header | undefined {
  let found: { readonly row: TableRow; readonly score: number } | undefined
  for (const row of rows.slice(0, HEADER_ROWS)) {
    const score = headerScore(row, dates)
    if (score > (found?.score ?? 0)) found = { row, score }
  }
  return found === undefined ? undefined : { line: found.row.line, names: namesOf(found.row.fields) }
}

const MONEY_ROLES = ['amount', 'debit', 'credit'] as const

/** Far above any table, and above what a name is. */
const [MAX_COLUMNS, LONGEST_NAME] = [1_000, 64]

function headerScore({ fields, problem }: TableRow, dates: DateReader): number {
  if (fields.length > MAX_COLUMNS) return 0
  const cells = fields.map((field) => field.trim()).filter((field) => field !== '')
  if (problem !== undefined || cells.length < 2) return 0
  if (cells.some((cell) => isValue(cell, dates))) return 0
  const names = cells.filter((cell) => cell.length <= LONGEST_NAME)
  const saysMoney = names.some((cell) => MONEY_ROLES.some((role) => nameScore(cell, role) > 0))
  if (!saysMoney) return 0
  return names.reduce((sum, cell) => sum + Math.max(...ROLES.map((role) => nameScore(cell, role))), 0)
}

const isValue = (cell: string, dates: DateReader): boolean =>
  /\d/.test(cell) && (readAmount(cell, markShown(cell) ?? '.') !== undefined || dates.ordersOf(cell).size > 0)

/** What is kept of a name: enough to tell columns apart. */
const MAX_NAME_LENGTH = 256

/** Names as a mapping uses them: an empty one is `column 3`, a second of the same name `Amount (2)`. No two are the same. */
export function namesOf(fields: readonly string[]): readonly string[] {
  const counts = new Map<string, number>()
  return fields.map((field, place) => {
    const name = detached(field.trim().slice(0, MAX_NAME_LENGTH)).trim() || `column ${place + 1}`
    let count = (counts.get(name) ?? 0) + 1
    let unique = count === 1 ? name : `${name} (${count})`
    while (count > 1 && counts.has(unique)) unique = `${name} (${++count})`
    counts.set(name, count)
    if (unique !== name) counts.set(unique, 1)
    return unique
  })
}
