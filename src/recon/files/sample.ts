import type { DuckDb } from '../../platform/duckdb.ts'
import { type ColumnSurvey, hasFewValues } from '../../settlement/index.ts'
import { type PlainCsv, rawTable, type Side, type SideName } from '../side.ts'
import { csvSql } from './plain-csv.ts'

/**
 * A sample of rows is taken by value and not by row, so that what is in it is there with all of its rows on both sides. `value`: by
 * the whole cell, which is quick; the same reference that is written in two ways is in it once or not at all. `end`: by the end of
 * the cell, which is the same in all forms of a key.
 */
export type SampledBy = 'value' | 'end'

const SAMPLE_ROWS = 50_000
const MAX_COLUMNS = 24

/** One value of so many is in the sample: a power of two, so that the sample of a short file holds that of a long one. */
export const everyOf = (rows: number): number => 2 ** Math.max(0, Math.ceil(Math.log2(rows / SAMPLE_ROWS)))

export const isSampled = (cell: string, every: number, by: SampledBy): string =>
  `(hash(${by === 'value' ? cell : `right(upper(trim(${cell})), 3)`}) & ${every - 1}) = 0`

/** The columns that are looked at. Of a long file one that has few values is no reference. */
export const keyColumns = (columns: readonly ColumnSurvey[], every: number): readonly ColumnSurvey[] =>
  columns.filter((column) => couldBeKey(column) && (every === 1 || !hasFewValues(column))).slice(0, MAX_COLUMNS)

/** Whether a row is in the sample. */
export const isSampledSql = (columns: readonly ColumnSurvey[], every: number, by: SampledBy): string =>
  every === 1
    ? 'true'
    : ['false', ...keyColumns(columns, every).map(({ place }) => isSampled(`c${place}`, every, by))].join(' or ')

/** What could be a reference: no fraction, no currency, no date that is written as one. */
export function couldBeKey(column: ColumnSurvey): boolean {
  const { filled, currencies, fractions, open, orders, values } = column
  if (filled === 0 || currencies > filled * 0.7) return false
  // A spreadsheet writes 17 as 17.0. Of `1.234` it is not known whether it has decimals, and it is an amount in any case.
  if (fractions + open['.'] + open[','] > filled * 0.2 && ![...values].every((text) => /^\d+(\.0+)?$/.test(text)))
    return false
  const isWrittenDate = Math.max(orders.ymd, orders.dmy, orders.mdy) > filled * 0.7
  return !(
    isWrittenDate && [...values].some((text) => /\d[-/. :]\d|\p{L}{3}/u.test(text) && !/^\p{L}+[-_]/u.test(text))
  )
}

export const sampleTable = (name: SideName, by: SampledBy): string => `${name}_by_${by}`

/** Rows of a side in which all are that belong to the sample: of a plain CSV file a table, with `n` in their order. */
export async function sampleOf(duckdb: DuckDb, { name, plain, rows, columns }: Side, by: SampledBy): Promise<string> {
  if (plain === undefined) return rawTable(name)
  const table = sampleTable(name, by)
  if (by === 'end')
    await duckdb.run(
      `create table if not exists ${table} as select * from ${csvSql(plain)} where ${isSampledSql(columns, everyOf(rows), by)}`,
    )
  return `(select rowid as n, 0 as line, * from ${table})`
}

/** Takes the sample by value once more, when it is known what all columns are. */
export async function sampleAgain(
  duckdb: DuckDb,
  name: SideName,
  plain: PlainCsv,
  { columns, rows }: Pick<Side, 'columns' | 'rows'>,
): Promise<void> {
  await duckdb.run(
    `create or replace table ${sampleTable(name, 'value')} as select * from ${csvSql(plain)} where ${isSampledSql(columns, everyOf(rows), 'value')}`,
  )
}
