import { createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type DuckDb, fileLiteral } from '../../platform/duckdb.ts'
import { BrokenFile, createDateReader, createSurvey, type Document, namesOf } from '../../settlement/index.ts'
import { rawTable, type Side, type SideName } from '../side.ts'
import type { Where } from './inputs.ts'
import { isNumber, textSql } from './parquet-sql.ts'
import { aloneOf } from './table.ts'

type Loaded = Omit<Side, 'name' | 'path' | 'sha256' | 'parts' | 'notes'>

const MAGIC = 'PAR1'
/** What a file begins with whose footer is encrypted. */
const ENCRYPTED = 'PARE'

/** Whether a beginning is that of a Parquet file. Throws `BrokenFile` for one that is encrypted. */
export function isParquet(beginning: Uint8Array): boolean {
  const magic = Buffer.from(beginning.subarray(0, MAGIC.length)).toString('latin1')
  if (magic === ENCRYPTED) throw new BrokenFile('encrypted', 1, 'The Parquet file is encrypted')
  return magic === MAGIC
}

/**
 * Reads a Parquet file of flat columns through DuckDB: each cell becomes the text that it stands for. A row's line is its
 * number, from 1. Throws `BrokenFile` for one that is damaged, or has a column that is no text, number, date or time.
 */
export async function loadParquet(
  duckdb: DuckDb,
  name: SideName,
  document: Document,
  { path, folder, zone }: Where,
): Promise<Loaded> {
  const file = (await beginsAsParquet(path)) ? path : await written(document, join(folder, `${name}.parquet`))
  const source = `read_parquet(${fileLiteral(file)}, hive_partitioning = false)`
  const types = await columnsOf(duckdb, source)
  if (types.length < 2) throw new BrokenFile('no_table', 1, 'It is no table: there are no two columns in it')
  const cells = types.map(({ name: column, type }, place) => `${cellSql(column, type)} as c${place}`)
  await readable(() =>
    duckdb.run(`create table ${rawTable(name)} as
      select (row_number() over () - 1)::integer as n, (row_number() over ())::integer as line, ${cells.join(', ')} from ${source}`),
  )
  const columns = await surveyed(duckdb, name, types)
  const [count] = await duckdb.query<{ rows: bigint }>(`select count(*) as rows from ${rawTable(name)}`)
  return {
    format: 'parquet',
    isTable: true,
    shape: ['parquet', ...(zone === undefined ? [] : [zone])].join(' · '),
    rows: Number(count?.rows),
    columns,
    currencyBefore: undefined,
    alone: aloneOf(columns, { shape: { kind: 'json' }, header: 0, currencyBefore: undefined }),
    diagnostics: [],
  }
}

type Typed = { readonly name: string; readonly type: string }

async function columnsOf(duckdb: DuckDb, source: string): Promise<readonly Typed[]> {
  type Described = { column_name: string; column_type: string }
  const described = await readable(() => duckdb.query<Described>(`describe select * from ${source}`))
  return described.map(({ column_name, column_type }) => ({ name: column_name, type: column_type }))
}

function cellSql(name: string, type: string): string {
  const sql = textSql(name, type)
  if (sql !== undefined) return sql
  const isNested = /[[(]/.test(type)
  const what = `Column "${name.slice(0, 60)}" is ${isNested ? 'nested' : 'of a type that is not read'} (${type.slice(0, 60)})`
  throw new BrokenFile(
    isNested ? 'nested_column' : 'column_type',
    1,
    `${what}: leave it out, or write what is in it as columns of their own`,
  )
}

async function surveyed(duckdb: DuckDb, name: SideName, types: readonly Typed[]): Promise<Side['columns']> {
  const names = namesOf(types.map((column) => column.name))
  const survey = createSurvey(names, createDateReader(), { skipsWide: false })
  const numbers = types.map(({ type }) => isNumber(type))
  const cells = types.map((_, place) => `c${place}` as const)
  type CellRow = { readonly line: number } & Readonly<Record<`c${number}`, string | null>>
  for await (const rows of duckdb.stream<CellRow>(`select line, ${cells.join(', ')} from ${rawTable(name)}`)) {
    for (const row of rows)
      survey.add({ line: row.line, fields: cells.map((cell) => row[cell] ?? ''), numbers, problem: undefined })
    if (survey.isSettled()) break
  }
  return survey.columns()
}

async function beginsAsParquet(path: string): Promise<boolean> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0)
    return isParquet(buffer.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}

/** DuckDB reads files and no streams: what came packed is written out. */
async function written(document: Document, path: string): Promise<string> {
  await pipeline(Readable.from(document.open()), createWriteStream(path, { mode: 0o600 }))
  return path
}

/** Whatever DuckDB says of a file is about the file, and begins with names of its own. */
async function readable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause)
    const reason = said
      .split('\n', 1)[0]
      ?.replace(/^[\w ]*Error: /, '')
      .replace(/'[^']*'|"[^"]*"/g, '"…"')
      .slice(0, 200)
    throw new BrokenFile('damaged', 1, `The Parquet file is damaged: ${reason}`)
  }
}
