import { type DuckDb, fileLiteral, literal } from '../../platform/duckdb.ts'
import { type PlainCsv, rawTable, type SideName } from '../side.ts'

/**
 * Opens a plain CSV file, which DuckDB reads in parallel: as the raw table of a side, and as the table `sample`, in which its rows
 * are that meet a condition. False, and neither, where rows have cells too many or too few, or where there is a row of empty
 * cells, which is none.
 */
export async function openPlain(
  duckdb: DuckDb,
  name: SideName,
  csv: PlainCsv,
  { table, condition }: { readonly table: string; readonly condition: string },
): Promise<boolean> {
  const isBlank = isBlankSql(csv.columns)
  const isRead = await isPlain(
    duckdb,
    `create table ${table} as select * from ${csvSql(csv)} where ${condition} or (${isBlank})`,
  )
  if (!isRead) return false
  if ((await duckdb.query(`select 1 from ${table} where ${isBlank} limit 1`)).length > 0) {
    await duckdb.run(`drop table ${table}`)
    return false
  }
  await duckdb.run(`
    create view ${rawTable(name)} as
      select n, n + ${PLAIN_LINE} as line, * exclude (n) from (select row_number() over ()::integer - 1 as n, * from ${csvSql(csv)})`)
  return true
}

/** The line of the first row: the header is in the first one, and every row in a line of its own. */
export const PLAIN_LINE = 2

/** Whether DuckDB reads the file, of which it says so when a row has another number of cells. */
async function isPlain(duckdb: DuckDb, sql: string): Promise<boolean> {
  try {
    await duckdb.run(sql)
    return true
  } catch (error) {
    if (error instanceof Error && /CSV/.test(error.message)) return false
    throw error
  }
}

/** What a file is called says nothing of what is in it, so nothing is left to be found out. */
export function csvSql({ path, separator, columns }: PlainCsv): string {
  const names = Array.from({ length: columns }, (_, place) => `c${place}: 'varchar'`)
  return `read_csv(${fileLiteral(path)}, auto_detect = false, compression = 'none', header = false, skip = 1,
    delim = ${literal(separator)}, quote = '"', escape = '"', strict_mode = true, null_padding = false, ignore_errors = false,
    columns = {${names.join(', ')}})`
}

/** Spaces of every kind, as they are trimmed off a cell. The first character of nearly every cell tells that it is none. */
function isBlankSql(columns: number): string {
  const cells = Array.from({ length: columns }, (_, place) => `c${place}`)
  const isLikely = cells.map((cell) => `(${cell} is null or ${cell} < '!' or ${cell} > '~')`)
  const isBlank = cells.map((cell) => `coalesce(regexp_full_match(${cell}, '${SPACES}'), true)`)
  return [...isLikely, ...isBlank].join(' and ')
}

const SPACES = '[\\s\\v\\p{Z}\\x{feff}]*'
