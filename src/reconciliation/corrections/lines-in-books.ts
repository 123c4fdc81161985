import { type DuckDb, literal } from '../../platform/duckdb.ts'
import { compareLines, keptLines, linesIn, NO_LINES } from '../../settlement/index.ts'

/** A version of a day's file whose lines were taken in, as Parquet. */
export type TakenIn = { readonly fileId: string; readonly path: string }

/**
 * Makes the table `booked`: the lines of a day that are in the books, as the last of the versions that were taken in one after
 * the other has them, each with the file and line under which it was booked. A line that a version shares with the one
 * before it was not booked again. Undefined for a version that is none: the file was withdrawn.
 */
export async function loadLinesInBooks(duckdb: DuckDb, versions: readonly (TakenIn | undefined)[]): Promise<void> {
  const none = `select *, null::varchar as booked_file, null::integer as booked_line from ${NO_LINES}`
  await duckdb.run(`create or replace table booked as ${none}`)
  for (const version of versions) {
    await compareLines(duckdb, 'booked', version === undefined ? NO_LINES : linesIn(version.path))
    await duckdb.run(`
      create or replace table booked as
        select * from ${keptLines(['booked_file', 'booked_line'])}
        union all by name
        select *, ${literal(version?.fileId ?? '')} as booked_file, line as booked_line from added`)
  }
}
