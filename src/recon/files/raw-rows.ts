import type { CellValue, DuckDb } from '../../platform/duckdb.ts'
import { rawTable, type SideName } from '../side.ts'

/** Writes rows into a raw table, which grows a column when a row has a cell more than any before. */
export type RawRows = {
  readonly add: (line: number, cells: readonly string[]) => void
  readonly reject: (rejected: Rejected) => void
  /** To be awaited between pieces of input: writes what has gathered. */
  readonly drain: () => Promise<void>
  /** Gives the table as many columns as there are names, and tells how many rows there were. */
  readonly finish: (columns: number) => Promise<number>
}

export type Rejected = {
  readonly line: number
  readonly column: number
  readonly code: string
  readonly message: string
}

const PIECE_ROWS = 20_000 // some megabytes: enough that appending is not felt

export function createRawRows(duckdb: DuckDb, name: SideName): RawRows {
  const table = rawTable(name)
  let width: number | undefined
  let widest = 0
  let count = 0
  let rows: (readonly [number, number, readonly string[]])[] = []
  let rejected: Rejected[] = []

  async function flush(): Promise<void> {
    const places = Array.from({ length: widest }, (_, place) => place)
    if (width === undefined)
      await duckdb.run(
        `create table ${table} (${['n integer', 'line integer', ...places.map((place) => `c${place} varchar`)].join(', ')})`,
      )
    else for (const place of places.slice(width)) await duckdb.run(`alter table ${table} add column c${place} varchar`)
    width = widest
    const types = ['integer', 'integer', ...places.map(() => 'varchar' as const)] as const
    const cellsOf = (cells: readonly string[]): CellValue[] => places.map((place) => cells[place] || null)
    await duckdb.append(
      table,
      types,
      rows.map(([n, line, cells]) => [n, line, ...cellsOf(cells)]),
    )
    rows = []
    await duckdb.append(
      'unparsed',
      ['varchar', 'integer', 'integer', 'varchar', 'varchar'],
      rejected.map(({ line, column, code, message }) => [name, line, column, code, message]),
    )
    rejected = []
  }

  return {
    add(line, cells) {
      if (cells.length > widest) widest = cells.length
      rows.push([count, line, cells])
      count += 1
    },
    reject: (each) => void rejected.push(each),
    drain: () => (rows.length + rejected.length < PIECE_ROWS ? Promise.resolve() : flush()),
    async finish(columns) {
      widest = Math.max(widest, columns)
      await flush()
      return count
    },
  }
}
