import { type CellValue, type ColumnType, type DuckDb, fileLiteral, literal } from '../platform/duckdb.ts'
import type { SettlementLine } from './formats/format.ts'

/**
 * The lines of a file in one form for every format, as a table of DuckDB: what is kept beside the original bytes, and
 * what reconciliation compares. Amounts are minor units, instants milliseconds since 1970.
 */
const COLUMNS: readonly (readonly [name: string, type: ColumnType])[] = [
  ['line', 'integer'],
  ['statement', 'integer'],
  ['kind', 'varchar'],
  ['status', 'varchar'],
  ['psp_reference', 'varchar'],
  ['reference', 'varchar'],
  ['amount', 'bigint'],
  ['fee', 'bigint'],
  ['currency', 'varchar'],
  ['occurred_ms', 'bigint'],
  ['business_date', 'varchar'],
  ['other_references', 'varchar'],
  ['description', 'varchar'],
  // 0 for a row that moved no balance.
  ['booked', 'integer'],
]

const TYPES = COLUMNS.map(([, type]) => type)

const rowOf = (line: SettlementLine): readonly CellValue[] => [
  line.line,
  line.statement,
  line.kind,
  line.status ?? null,
  line.pspReference ?? null,
  line.reference ?? null,
  line.amount,
  line.fee,
  line.currency,
  line.occurredAt === undefined ? null : BigInt(line.occurredAt.getTime()),
  line.businessDate ?? null,
  line.otherReferences === undefined || line.otherReferences.length === 0 ? null : JSON.stringify(line.otherReferences),
  line.description ?? null,
  line.booked === false ? 0 : 1,
]

/** Makes the table `line` and gives the function that fills it. */
export async function createLineTable(duckdb: DuckDb): Promise<(lines: readonly SettlementLine[]) => Promise<void>> {
  await duckdb.run(`create table line (${COLUMNS.map(([name, type]) => `${name} ${type}`).join(', ')})`)
  return (lines) => duckdb.append('line', TYPES, lines.map(rowOf))
}

/** Writes the table to a Parquet file. */
export const writeLines = (duckdb: DuckDb, path: string): Promise<void> =>
  duckdb.run(`copy (select * from line order by line) to ${literal(path)} (format parquet, compression zstd)`)

/** No lines at all, as a table expression of DuckDB. */
export const NO_LINES = `(select ${COLUMNS.map(([name, type]) => `null::${type} as ${name}`).join(', ')} where false)`

/** What the Parquet file of a settlement file's lines holds, as a table expression of DuckDB. */
export const linesIn = (path: string): string => `read_parquet(${fileLiteral(path)})`
