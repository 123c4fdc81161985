import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeBlobTo } from '../../platform/blob.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { type DuckDb, openDuckDb } from '../../platform/duckdb.ts'
import { newId } from '../../platform/ids.ts'
import { IS_CURRENT, linesIn } from '../../settlement/index.ts'
import type { ChangedLine } from '../corrections/change-lines.ts'
import { COMPARED } from '../engines/duckdb/compare.ts'
import type { Source } from '../source.ts'
import { COLUMNS, type LiveItem, liveItemOf, type Row } from './item.ts'
import type { Arriving } from './store.ts'

/** Lines of files that were accepted and whose night has not come; and what leaves when a file does not count any more. */

const LINES_AT_ONCE = 1_000

/** Over `f`, for a source. */
export const AWAITED_FILE = `f.source = $1 and ${IS_CURRENT}
      and f.business_date > coalesce((select max(r.business_date) from recon_run r where r.source = $1 and r.status = 'completed'), '-infinity')
      and not exists (select from live_file whole where whole.file_id = f.id and whole.is_whole)`

/** Over `l`: its file was replaced or withdrawn. */
export const FILE_IS_GONE = `not exists (select from settlement_file f where f.id = l.file_id and ${IS_CURRENT})`

const NEXT_FILE = statement(
  'reconciliation.live_next_file',
  `select f.id, f.lines_blob_id as "blobId", f.business_date as day, coalesce(l.taken_through, 0) as "takenThrough"
     from settlement_file f left join live_file l on l.file_id = f.id where ${AWAITED_FILE} order by f.business_date, f.id limit 1`,
)
const TAKEN = statement(
  'reconciliation.live_file_taken',
  `insert into live_file (file_id, source, business_date, taken_through, is_whole) values ($1, $2, $3, $4, $5)
   on conflict (file_id) do update set taken_through = excluded.taken_through, is_whole = excluded.is_whole`,
)

type NextFile = { readonly id: string; readonly blobId: string; readonly day: string; readonly takenThrough: number }

/** Some of the lines of the oldest file that is not taken in yet. */
export async function takeLines(tx: Tx, source: Source, reader: LineReader): Promise<readonly Arriving[]> {
  const [file] = await tx.run<NextFile>(NEXT_FILE, [source.name])
  if (file === undefined) return []
  const lines = await reader.read(tx, file)
  const isWhole = lines.length < LINES_AT_ONCE
  await tx.run(TAKEN, [file.id, source.name, file.day, lines.at(-1)?.line ?? file.takenThrough, isWhole])
  if (isWhole) await reader.close()
  return lines.map(
    ({ occurred_ms, amount, currency, ...line }): Arriving => ({
      booked: undefined,
      opened: undefined,
      item: {
        side: 'line',
        record: {
          ...line,
          name: newId(),
          day: file.day,
          file_id: file.id,
          theirs_amount: amount,
          theirs_currency: currency,
          theirs_ms: occurred_ms,
          theirs_break: null,
        },
      },
    }),
  )
}

const GONE = statement(
  'reconciliation.live_items_of_gone_files',
  `select i.* from live_file l
    cross join lateral (select ${COLUMNS} from live_item where file_id = l.file_id and side = 'line' and break_id is null limit ${LINES_AT_ONCE}) i
    where l.source = $1 and ${FILE_IS_GONE} limit ${LINES_AT_ONCE}`,
)
const FORGET_GONE = statement(
  'reconciliation.forget_gone_files',
  `delete from live_file l where l.source = $1 and ${FILE_IS_GONE}`,
)
const FORGET_RUN = statement(
  'reconciliation.forget_run_files',
  'delete from live_file where source = $1 and business_date <= $2',
)

/** Some of the lines whose file was replaced or withdrawn before its night. */
export async function someOfGoneFiles(tx: Tx, source: string): Promise<readonly LiveItem[]> {
  const rows = await tx.run<Row>(GONE, [source])
  if (rows.length === 0) await tx.run(FORGET_GONE, [source])
  return rows.map(liveItemOf)
}

/** When nothing of the days up to this one is left. */
export const forgetFilesThrough = async (tx: Tx, source: string, day: string): Promise<void> =>
  void (await tx.run(FORGET_RUN, [source, day]))

type FileLine = Omit<ChangedLine, 'file_id'>

/** Keeps the file that is being taken in open between two steps; what it knows is worth nothing but time. */
export type LineReader = {
  readonly read: (tx: Tx, file: NextFile) => Promise<readonly FileLine[]>
  readonly close: () => Promise<void>
}

/** Little: a thousand lines are read at a time. */
const MEMORY = '64MB'

export function createLineReader(scratch: string): LineReader {
  let open: { readonly fileId: string; readonly folder: string; readonly duckdb: DuckDb } | undefined

  const close = async (): Promise<void> => {
    const last = open
    open = undefined
    last?.duckdb.close()
    if (last !== undefined) await rm(last.folder, { recursive: true, force: true })
  }

  const opened = async (tx: Tx, file: NextFile): Promise<NonNullable<typeof open>> => {
    if (open?.fileId === file.id) return open
    await close()
    const folder = join(scratch, `live-${newId()}`)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeBlobTo(tx, file.blobId, join(folder, 'lines.parquet'))
    open = { fileId: file.id, folder, duckdb: await openDuckDb(folder, MEMORY) }
    return open
  }

  return {
    async read(tx, file) {
      const { duckdb, folder } = await opened(tx, file)
      return duckdb.query<FileLine>(`
        select line, kind, status, reference, psp_reference, amount, fee, currency, occurred_ms
          from ${linesIn(join(folder, 'lines.parquet'))}
         where line > ${file.takenThrough} and ${COMPARED} order by line limit ${LINES_AT_ONCE}`)
    },
    close,
  }
}
