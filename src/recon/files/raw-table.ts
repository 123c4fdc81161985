import type { DuckDb } from '../../platform/duckdb.ts'
import { rawTable, type SideName } from '../side.ts'
import { sampleTable } from './sample.ts'

/** Rows as they were read: a table, or a view of the file that DuckDB reads by itself. */
async function kindOf(duckdb: DuckDb, table: string): Promise<'view' | 'table'> {
  const [found] = await duckdb.query<{ kind: string }>(
    `select table_type as kind from information_schema.tables where table_name = '${table}'`,
  )
  return found?.kind === 'VIEW' ? 'view' : 'table'
}

export async function dropRaw(duckdb: DuckDb, side: SideName): Promise<void> {
  const table = rawTable(side)
  const kind = await kindOf(duckdb, table)
  await duckdb.run(`drop ${kind} ${table}${kind === 'view' ? `; drop table ${sampleTable(side, 'value')}` : ''}`)
}

export async function renameRaw(duckdb: DuckDb, from: string, to: string): Promise<void> {
  await duckdb.run(`alter ${await kindOf(duckdb, from)} ${from} rename to ${to}`)
}
