import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api'

/**
 * DuckDB for bulk work: one database in memory that spills into a folder, for one piece of work. Texts are `varchar`,
 * whole numbers and instants (milliseconds) are `bigint`, so that nothing is lost on the way in or out.
 */
export type DuckDb = {
  /** Runs statements without a result. */
  readonly run: (sql: string) => Promise<void>
  readonly query: <R>(sql: string) => Promise<R[]>
  /** The rows of a query, some two thousand at a time. Until it ends nothing else may be asked; `append` may be called. */
  readonly stream: <R>(sql: string) => AsyncIterable<R[]>
  /** Appends rows to a table, with the types of its columns. */
  readonly append: (
    table: string,
    types: readonly ColumnType[],
    rows: readonly (readonly CellValue[])[],
  ) => Promise<void>
  readonly close: () => void
}

export type ColumnType = 'varchar' | 'bigint' | 'integer'
export type CellValue = string | bigint | number | null

// Enough for some millions of rows a side without spilling, and little beside the database on the same machine.
const MEMORY_LIMIT = '1GB'
const THREADS = '2'
const CHUNK_ROWS = 2_048 // What DuckDB calls a vector: no chunk may be longer.

/** Opens a database whose overflow goes to `folder`. Loaded only then: it is most of the program's size. */
export async function openDuckDb(folder: string, memoryLimit = MEMORY_LIMIT): Promise<DuckDb> {
  const duckdb = await import('@duckdb/node-api')
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    memory_limit: memoryLimit,
    threads: THREADS,
    temp_directory: folder,
    autoinstall_known_extensions: 'false',
    checkpoint_threshold: '1TB', // never: a checkpoint rewrites all tables, and there is no file to keep
  })
  const connection: DuckDBConnection = await instance.connect()
  // One of its own: on the same connection an appender ends a stream that is still being read, and says nothing.
  const writer: DuckDBConnection = await instance.connect()
  const typeOf: Readonly<Record<ColumnType, DuckDBType>> = {
    varchar: duckdb.VARCHAR,
    bigint: duckdb.BIGINT,
    integer: duckdb.INTEGER,
  }
  return {
    run: async (sql) => void (await connection.run(sql)),
    query: async <R>(sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJS() as R[],
    async *stream<R>(sql: string) {
      const result = await connection.stream(sql)
      for await (const rows of result.yieldRowObjectJs()) yield rows as R[]
    },
    async append(table, columnTypes, rows) {
      const types = columnTypes.map((type) => typeOf[type])
      const appender = await writer.createAppender(table)
      for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
        const part = rows.slice(start, start + CHUNK_ROWS)
        const chunk = duckdb.DuckDBDataChunk.create(types, part.length)
        chunk.setColumns(columnTypes.map((_, index) => part.map((row): DuckDBValue => row[index] ?? null)))
        appender.appendDataChunk(chunk)
      }
      appender.closeSync()
    },
    close() {
      writer.closeSync()
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** A text of our own inside SQL. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`

/** The path of one file to be read, whatever characters it has: DuckDB would take some of them for a pattern of names. */
export const fileLiteral = (path: string): string => literal(path.replaceAll(/[[*?]/g, '[$&]'))
