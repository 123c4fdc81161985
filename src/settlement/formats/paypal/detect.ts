import { CsvError, parse } from 'csv-parse/sync'
import { utf16Of } from '../text/decode.ts'
import { findColumns, hasMoney } from './columns.ts'
import type { Fields } from './hundredths.ts'

/** The kinds of rows, by the word that each begins with. */
export const ROWS: ReadonlySet<string> = new Set(['RH', 'FH', 'SH', 'CH', 'SB', 'SC', 'SF', 'RC', 'RF', 'FF'])

/** Those that a file can begin with. */
const FIRST = /^\s*"?(?:RH|FH|SH|CH)"?\s*[,;|\t]/

const SEPARATORS = /[,;|\t]/

/** What separates the fields of a report: what comes after the first word of its first line. A comma nearly always. */
export const separatorIn = (beginning: string): string => SEPARATORS.exec(beginning.slice(0, 16))?.[0] ?? ','

/** The word of a row. Some rows come without the quote before it. */
export const wordOf = (fields: Fields): string => (fields[0] ?? '').replaceAll('"', '').trim().toUpperCase()

const MAX_LINES = 50

/**
 * Which report a file is, by its beginning. Several reports of PayPal have these rows; a settlement report (`stl`) and a
 * transaction detail report (`trr`) have the amounts and event codes of transactions. Only the second has the status of
 * each transaction; where the first was given the same columns, it leaves the status blank. Balances are only in the first.
 */
export function reportOf(beginning: Uint8Array): 'stl' | 'trr' | undefined {
  const text = textOf(beginning)
  if (!FIRST.test(text)) return undefined
  const separator = separatorIn(text.trimStart())
  const lines = text.split(/\r\n|\n|\r/).slice(0, MAX_LINES)
  // The last one may be cut, which the names of columns survive.
  const rows = lines.map((line, index) => fieldsOf(line, separator, index === lines.length - 1))
  if (rows.some((row) => ['SF', 'RF'].includes(wordOf(row)) && row.length >= FIELDS_WITH_BALANCES)) return 'stl'
  const header = rows.find((row) => wordOf(row) === 'CH')
  const columns = header === undefined ? undefined : findColumns(header)
  if (columns === undefined || !hasMoney(columns)) return undefined
  const { status } = columns.at
  if (status === -1) return 'stl'
  const bodies = rows.filter((row) => wordOf(row) === 'SB' && row.length === columns.count)
  return bodies.some((row) => row[status]?.trim() === '') ? 'stl' : 'trr'
}

/** Word, currency, four sums, and a balance at the beginning and at the end with their directions. */
const FIELDS_WITH_BALANCES = 10

function textOf(beginning: Uint8Array): string {
  const wide = utf16Of(Buffer.from(beginning.buffer, beginning.byteOffset, beginning.byteLength))
  return new TextDecoder(wide ?? 'utf-8').decode(beginning)
}

function fieldsOf(line: string, delimiter: string, isCut: boolean): Fields {
  if (isCut || !line.includes('"')) return line.split(delimiter).map((field) => field.replaceAll('"', ''))
  try {
    return parse(line, { delimiter, relax_quotes: true, relax_column_count: true })[0] ?? []
  } catch (error) {
    if (error instanceof CsvError) return []
    throw error
  }
}
