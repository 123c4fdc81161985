import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DuckDb, openDuckDb } from '../../platform/duckdb.ts'
import { NO_LINES } from '../../settlement/index.ts'
import { changedLines } from './correct-files.ts'

const PLACES = 3_000
const FILES = ['file-a', 'file-b']

let folder: string
let duckdb: DuckDb
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallystick-correct-'))
  duckdb = await openDuckDb(folder)
})
afterAll(() => {
  duckdb.close()
  rmSync(folder, { recursive: true })
})

/** Every line that is undone, page by page, from a table whose rows lie in this order. */
async function undoneIn(order: string): Promise<readonly string[]> {
  await duckdb.run(
    `create or replace table removed as select *, '' as booked_file, 0 as booked_line from ${NO_LINES};
     insert into removed by name
       select 1 as booked, 'charge' as kind, f as booked_file, n::integer as booked_line
         from range(1, ${PLACES + 1}) as places (n), (values ('file-a'), ('file-b')) as files (f) order by ${order}`,
  )
  const correction = { businessDate: '2026-03-01', position: 1, fileId: null, replacementId: null, added: 0n }
  const found: string[] = []
  for (;;) {
    const page = await changedLines(duckdb, 'undone', { ...correction, undone: BigInt(found.length) })
    if (page.length === 0) return found
    found.push(...page.map(({ file_id, line }) => `${line} ${file_id}`))
  }
}

describe('lines that were booked from two files at the same places', () => {
  it('are undone in one order, each once, however a restart finds them', async () => {
    const expected = Array.from({ length: PLACES }, (_, index) => FILES.map((file) => `${index + 1} ${file}`)).flat()

    for (const order of ['n, f', 'n desc, f desc', 'f desc, n', 'hash(n, f)'])
      expect(await undoneIn(order)).toEqual(expected)
  })
})
