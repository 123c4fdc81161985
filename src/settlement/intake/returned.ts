import { join } from 'node:path'
import { writeBlobTo } from '../../platform/blob.ts'
import { toColumns } from '../../platform/columns.ts'
import { type Queryable, statement, type Tx } from '../../platform/db.ts'
import { type DuckDb, fileLiteral, literal, openDuckDb } from '../../platform/duckdb.ts'
import { withScratch } from '../../platform/scratch.ts'
import { ENTRY } from './lines.ts'
import { overlappingFiles } from './store.ts'

/** Where a line stands. Lines of one file are unique. */
export type ReturnedLine = { readonly fileId: string; readonly line: number }

const GONE = statement(
  'intake.days_of_file',
  `select source, first_line_on as first, last_line_on as last from intake_file where file_id = $1`,
)
const RETURN = statement(
  'intake.return_lines',
  `insert into intake_line_returned (returned_at, file_id, line) select $1, l.* from unnest($2::uuid[], $3::integer[]) as l`,
)
const RETURNED = statement(
  'intake.returned_lines',
  `select file_id as "fileId", line from intake_line_returned where file_id = any($1::uuid[]) order by file_id, line`,
)

/** Lines of these files that count, although an earlier file had told them: that one is gone. */
export const returnedLines = (db: Queryable, fileIds: readonly string[]): Promise<ReturnedLine[]> =>
  db.run<ReturnedLine>(RETURNED, [fileIds])

type GoneRow = { readonly source: string; readonly first: string | null; readonly last: string | null }

/**
 * A file does not count any more: of the entries that other files told as well, as many count in those as the one statement
 * tells that has most of them. Gives the lines that count again. Nothing happens for a file that is none of an intake.
 */
export async function returnLines(
  tx: Tx,
  scratch: string,
  goneFileId: string,
  at: Date,
): Promise<readonly ReturnedLine[]> {
  const [gone] = await tx.run<GoneRow>(GONE, [goneFileId])
  if (gone === undefined || gone.first === null || gone.last === null) return []
  const days = { first: gone.first, last: gone.last }
  const files = await overlappingFiles(tx, gone.source, days, goneFileId)
  if (files.length === 0) return []
  const found = await withScratch(scratch, async (folder) => {
    const duckdb = await openDuckDb(folder)
    try {
      for (const { id, linesBlobId } of files) await writeBlobTo(tx, linesBlobId, join(folder, `${id}.parquet`))
      const paths = files.map(({ id }) => ({ id, path: join(folder, `${id}.parquet`) }))
      return await uncovered(
        duckdb,
        paths,
        days,
        await returnedLines(
          tx,
          files.map(({ id }) => id),
        ),
      )
    } finally {
      duckdb.close()
    }
  })
  if (found.length === 0) return []
  const rows = found.map(({ fileId, line }) => [fileId, line])
  await tx.run(RETURN, [at, ...toColumns(2, rows)])
  return found
}

/** Lines that were told before and of which too few count: those of the statement that tells most of an entry. */
async function uncovered(
  duckdb: DuckDb,
  files: readonly { readonly id: string; readonly path: string }[],
  days: { readonly first: string; readonly last: string },
  returned: readonly ReturnedLine[],
): Promise<readonly ReturnedLine[]> {
  await duckdb.run('create table returned (file_id varchar, line integer)')
  const places = returned.map(({ fileId, line }) => [fileId, line])
  await duckdb.append('returned', ['varchar', 'integer'], places)
  const lines = files.map(
    ({ id, path }) => `select ${literal(id)} as file_id, line, statement, seen_before, ${ENTRY.join(', ')}
       from read_parquet(${fileLiteral(path)}) where line_on between ${literal(days.first)} and ${literal(days.last)}`,
  )
  return duckdb.query<ReturnedLine>(`
    with told as (
      select l.file_id, l.line, l.statement, l.seen_before and r.line is null as waits,
             dense_rank() over (order by ${ENTRY.map((name) => `l.${name}`).join(', ')}) as entry
        from (${lines.join(' union all ')}) l left join returned r on r.file_id = l.file_id and r.line = l.line
    ), counted as (
      select *, count(*) filter (not waits) over (partition by entry) as counting,
             count(*) over (partition by entry, file_id, statement) as times,
             row_number() over (partition by entry, file_id, statement, waits order by line) as turn
        from told
    ), fullest as (
      select entry, file_id, statement, times from counted
      qualify row_number() over (partition by entry order by times desc, file_id, statement) = 1
    )
    select c.file_id as "fileId", c.line
      from counted c join fullest f on f.entry = c.entry and f.file_id = c.file_id and f.statement = c.statement
     where c.waits and c.turn <= f.times - c.counting
     order by c.file_id, c.line`)
}
