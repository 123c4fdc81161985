import { join } from 'node:path'
import { writeBlobTo } from '../../platform/blob.ts'
import { toColumns } from '../../platform/columns.ts'
import { type Queryable, statement, type Tx } from '../../platform/db.ts'
import { type DuckDb, fileLiteral, literal, openDuckDb } from '../../platform/duckdb.ts'
import { withScratch } from '../../platform/scratch.ts'
import { continues, type Neighbour, type Placed } from './chain.ts'
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

const STATEMENTS = statement(
  'intake.statements_of_files',
  `select file_id as "fileId", position, account, currency, sequence, opening, closing, business_date as day, turn
     from settlement_statement where file_id = any($1::uuid[]) order by account, currency, turn, file_id, position`,
)

type PlacedRow = Omit<Neighbour, 'file'> &
  Pick<Placed, 'account' | 'currency'> & { readonly fileId: string; readonly position: number }

type GoneRow = { readonly source: string; readonly first: string | null; readonly last: string | null }

/**
 * A file does not count any more: of the entries that other files told as well, as many count in those as the one statement
 * tells that has most of them, with those that it continues. Gives the lines that count again. Nothing happens for a file that is
 * none of an intake.
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
      const ids = files.map(({ id }) => id)
      await loadPlaces(duckdb, placesOf(await tx.run<PlacedRow>(STATEMENTS, [ids])))
      const paths = ids.map((id) => ({ id, path: join(folder, `${id}.parquet`) }))
      return await uncovered(duckdb, paths, days, await returnedLines(tx, ids))
    } finally {
      duckdb.close()
    }
  })
  if (found.length === 0) return []
  const rows = found.map(({ fileId, line }) => [fileId, line])
  await tx.run(RETURN, [at, ...toColumns(2, rows)])
  return found
}

/** Where a statement belongs: the row of statements that continue each other, and its turn in it, which its copies share. */
type Place = { readonly fileId: string; readonly position: number; readonly row: number; readonly turn: number }

function placesOf(statements: readonly PlacedRow[]): readonly Place[] {
  const copies = ({ account, currency, turn }: PlacedRow): string => JSON.stringify([account, currency, turn])
  const turns = [...Map.groupBy(statements, copies).values()]
  let row = 0
  return turns.flatMap((all, turn) => {
    const isNext = all.some((each) => goesOn(each, turns[turn - 1] ?? [], turns[turn + 1] ?? []))
    if (!isNext) row += 1
    return all.map(({ fileId, position }) => ({ fileId, position, row, turn }))
  })
}

/** Whether a statement begins where one before it ended, by the rule by which lines are new. */
function goesOn(statement: PlacedRow, before: readonly PlacedRow[], after: readonly PlacedRow[]): boolean {
  const neighbours = (rows: readonly PlacedRow[]): Neighbour[] =>
    rows
      .filter(({ account, currency }) => account === statement.account && currency === statement.currency)
      .map((each) => ({ ...each, file: each.fileId }))
  const [next] = neighbours(after)
  const placed = { ...statement, opening: statement.opening ?? undefined, closing: statement.closing ?? undefined }
  return neighbours(before).some((last) => continues(placed, { before: last, after: next }))
}

async function loadPlaces(duckdb: DuckDb, places: readonly Place[]): Promise<void> {
  await duckdb.run('create table place (file_id varchar, statement integer, "row" integer, turn integer)')
  await duckdb.append(
    'place',
    ['varchar', 'integer', 'integer', 'integer'],
    places.map(({ fileId, position, row, turn }) => [fileId, position, row, turn]),
  )
}

/** Lines that were told before and of which too few count: those of the row of statements that tells most of an entry. */
async function uncovered(
  duckdb: DuckDb,
  files: readonly { readonly id: string; readonly path: string }[],
  days: { readonly first: string; readonly last: string },
  returned: readonly ReturnedLine[],
): Promise<readonly ReturnedLine[]> {
  await duckdb.run('create table returned (file_id varchar, line integer)')
  const lines = returned.map(({ fileId, line }) => [fileId, line])
  await duckdb.append('returned', ['varchar', 'integer'], lines)
  const all = files.map(
    ({ id, path }) => `select ${literal(id)} as file_id, line, statement, seen_before, ${ENTRY.join(', ')}
       from read_parquet(${fileLiteral(path)}) where line_on between ${literal(days.first)} and ${literal(days.last)}`,
  )
  return duckdb.query<ReturnedLine>(`
    with told as (
      select l.file_id, l.line, l.statement, p."row", p.turn, l.seen_before and r.line is null as waits,
             dense_rank() over (order by ${ENTRY.map((name) => `l.${name}`).join(', ')}) as entry
        from (${all.join(' union all ')}) l
        join place p on p.file_id = l.file_id and p.statement = l.statement
        left join returned r on r.file_id = l.file_id and r.line = l.line
    ), counting as (
      select entry, count(*) filter (not waits) as times from told group by entry
    ), fullest as ( -- of the copies of a statement
      select entry, "row", turn, file_id, statement, count(*) as times from told
       group by entry, "row", turn, file_id, statement
      qualify row_number() over (partition by entry, "row", turn order by times desc, file_id, statement) = 1
    ), longest as (
      select entry, "row", sum(times) as times from fullest group by entry, "row"
      qualify row_number() over (partition by entry order by sum(times) desc, "row") = 1
    )
    select t.file_id as "fileId", t.line
      from told t join counting c on c.entry = t.entry join longest m on m.entry = t.entry and m."row" = t."row"
      join fullest f on f.entry = t.entry and f.file_id = t.file_id and f.statement = t.statement
     where t.waits
   qualify row_number() over (partition by t.entry order by t.turn, t.line) <= m.times - c.times
     order by t.file_id, t.line`)
}
