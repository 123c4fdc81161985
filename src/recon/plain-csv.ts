import { type DuckDb, fileLiteral, literal } from '../platform/duckdb.ts'
import { rawTable, type SideName } from './side.ts'

/** A plain CSV file (see scan.ts) whose first line names its columns. */
export type PlainCsv = { readonly path: string; readonly separator: string; readonly columns: number }

/**
 * Reads all rows of a plain CSV file, in parallel, into the raw table of a side, and gives their number. Undefined, and
 * without a table, where rows have cells too many or too few, or where there is a row of empty cells, which is none.
 */
export async function readPlainRows(duckdb: DuckDb, name: SideName, csv: PlainCsv): Promise<number | undefined> {
  const cells = cellsTable(name)
  if (!(await isRead(duckdb, `create table ${cells} as select * from ${csvSql(csv)}`))) return undefined
  const [found] = await duckdb.query<{ rows: bigint; blank: bigint }>(`
    select (select count(*) from ${cells}) as rows, (select count(*) from ${cells} where ${isBlankSql(csv.columns)}) as blank`)
  if (found === undefined || found.blank > 0n) {
    await duckdb.run(`drop table ${cells}`)
    return undefined
  }
  await duckdb.run(`
    create view ${rawTable(name)} as select rowid::integer as n, rowid::integer + 2 as line, * from ${cells}`)
  return Number(found.rows)
}

/** What the raw table of a side is a view of, when DuckDB read it. */
export const cellsTable = (name: SideName): string => `${name}_cells`

/** Whether DuckDB reads the file, of which it says so when a row has another number of cells. */
async function isRead(duckdb: DuckDb, sql: string): Promise<boolean> {
  try {
    await duckdb.run(sql)
    return true
  } catch (error) {
    if (error instanceof Error && /CSV/.test(error.message)) return false
    throw error
  }
}

/** What a file is called says nothing of what is in it, so nothing is left to be found out. */
function csvSql({ path, separator, columns }: PlainCsv): string {
  const names = Array.from({ length: columns }, (_, place) => `c${place}: 'varchar'`)
  return `read_csv(${fileLiteral(path)}, auto_detect = false, compression = 'none', header = false, skip = 1,
    delim = ${literal(separator)}, quote = '"', escape = '"', strict_mode = true, null_padding = false, ignore_errors = false,
    columns = {${names.join(', ')}})`
}

/** Spaces of every kind, as they are trimmed off a cell. Nearly every cell is told by its first character. */
const isBlankSql = (columns: number): string =>
  Array.from({ length: columns }, (_, place) => `c${place}`)
    .map(
      (cell) => `(${cell} is null or ((${cell} < '!' or ${cell} > '~') and regexp_full_match(${cell}, '${SPACES}')))`,
    )
    .join(' and ')

const SPACES = '[\\s\\v\\p{Z}\\x{feff}]*'
