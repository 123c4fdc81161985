import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openDuckDb } from '../../platform/duckdb.ts'
import { csv } from '../testing.ts'
import { createUnparsed, loadSide } from './inputs.ts'
import { everyOf, isSampled, sampleOf } from './sample.ts'

const ROWS = 60_000
/** More rows than are read before DuckDB reads the file. */
const LATE = 5_000

it('a sample has all rows of its values in a column that is empty in the first rows of a long file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tallystick-sample-'))
  const duckdb = await openDuckDb(folder)
  try {
    const path = join(folder, 'late.csv')
    const rows = Array.from({ length: ROWS }, (_, place) => [
      `tx-${place}z`,
      place < LATE ? '' : `sub-${place % 997}z`,
      '1.50',
    ])
    writeFileSync(path, csv([['id', 'reference', 'amount'], ...rows]))
    await createUnparsed(duckdb)
    const side = await loadSide(duckdb, 'ours', { path, folder, zone: 'UTC', plainBytes: 0 })
    const countIn = async (table: string): Promise<bigint | undefined> => {
      const where = isSampled('c1', everyOf(ROWS), 'value')
      const [found] = await duckdb.query<{ rows: bigint }>(`select count(*) as rows from ${table} where ${where}`)
      return found?.rows
    }

    expect(side.plain).toBeDefined()
    expect(await countIn(await sampleOf(duckdb, side, 'value'))).toBe(await countIn('ours_raw'))
  } finally {
    duckdb.close()
    rmSync(folder, { recursive: true })
  }
})
