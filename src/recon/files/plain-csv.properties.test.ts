import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { filesOf } from '../../../test/support/recon-tables.ts'
import { type DuckDb, openDuckDb } from '../../platform/duckdb.ts'
import { SIDES, type Side, type SideName, UnreadableInput } from '../side.ts'
import { type Compared, compareFiles } from '../testing.ts'
import { createUnparsed, loadSide } from './inputs.ts'

const seeds = (count: number): readonly number[] => Array.from({ length: count }, (_, place) => 9_000 + place)

const PLAIN_BYTES: Readonly<Record<SideName, number>> = { ours: Number.POSITIVE_INFINITY, theirs: 0 }

type Loaded = {
  readonly side?: Omit<Side, 'name' | 'path'>
  readonly raw?: unknown
  readonly unparsed?: unknown
  readonly refused?: string
}

/** `ours` is read row by row, `theirs` at once where it can be. */
async function load(duckdb: DuckDb, name: SideName, path: string): Promise<Loaded> {
  try {
    const {
      name: _,
      path: __,
      plain: ___,
      ...side
    } = await loadSide(duckdb, name, { path, folder: dirname(path), zone: 'UTC', plainBytes: PLAIN_BYTES[name] })
    const cells = side.columns.map(({ place }) => `c${place}`).join(', ')
    return {
      side,
      raw: await duckdb.query(`select n, line, ${cells} from ${name}_raw order by n`),
      unparsed: await duckdb.query(
        `select line, col, code, message from unparsed where side = '${name}' order by line`,
      ),
    }
  } catch (error) {
    if (error instanceof UnreadableInput) return { refused: error.message }
    throw error
  }
}

describe('a plain CSV file that DuckDB reads', () => {
  let duckdb: DuckDb
  let folder: string
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tallystick-plain-'))
    duckdb = await openDuckDb(folder)
    await createUnparsed(duckdb)
  })
  afterAll(() => {
    duckdb.close()
    rmSync(folder, { recursive: true })
  })

  const readTwice = async (content: string | Uint8Array) => {
    const path = join(folder, 'a [1].csv.gz')
    writeFileSync(path, content)
    for (const name of SIDES) {
      const [kind] = await duckdb.query<{ kind: string }>(
        `select table_type as kind from information_schema.tables where table_name = '${name}_raw'`,
      )
      if (kind !== undefined) await duckdb.run(`drop ${kind.kind === 'VIEW' ? 'view' : 'table'} ${name}_raw`)
      await duckdb.run(`drop table if exists ${name}_by_value`)
    }
    await duckdb.run('delete from unparsed')
    const [rowByRow, atOnce] = [await load(duckdb, 'ours', path), await load(duckdb, 'theirs', path)]
    const found = await duckdb.query(`select 1 from information_schema.tables where table_name = 'theirs_by_value'`)
    return { rowByRow, atOnce, isAtOnce: found.length > 0 }
  }

  it('has the rows, lines and columns of one that is read row by row', async () => {
    let count = 0
    for (const seed of seeds(15))
      for (const content of Object.values(filesOf(seed))) {
        const { rowByRow, atOnce, isAtOnce } = await readTwice(content)
        expect(atOnce, `seed ${seed}`).toEqual(rowByRow)
        if (isAtOnce) count += 1
      }

    // Most files are plain, and others are not.
    expect(count).toBeGreaterThan(12)
    expect(count).toBeLessThan(28)
  })

  it('tells what comes after its first rows of a mark, a date order and a column that was empty', async () => {
    const row = (day: string, amount: string, note: string): string => `${day}/04/2026;1;${amount};EUR;${note}\n`
    const many = Array.from({ length: 9_000 }, (_, place) => row(`0${1 + (place % 9)}`, '1,234', ''))
    many[8_500] = row('25', '1,234', 'a')
    many[8_700] = row('03', '1,25', '')

    const { rowByRow, atOnce, isAtOnce } = await readTwice(`date;id;amount;currency;note\n${many.join('')}`)

    expect(isAtOnce).toBe(true)
    expect(atOnce.side?.alone).toEqual(rowByRow.side?.alone)
    expect(atOnce.raw).toEqual(rowByRow.raw)
    const [byRow, once] = [rowByRow, atOnce].map(({ side }) =>
      side?.columns.map(({ marks, filled, values }) => ({ marks, filled, values })),
    )
    expect(once).toEqual(byRow)
    const order = atOnce.side?.columns[0]?.orders
    expect(order?.dmy).toBeGreaterThan(order?.mdy ?? 0)
  })

  it.each([
    ['text that is not UTF-8', Buffer.from('reference,amount\na\xe9,2.00\n', 'latin1')],
    ['a NUL', 'reference,amount\na\0,2.00\nb,3.00\n'],
    ['returns within lines', 'reference,amount\na\rb,2.00\n'],
    ['ends of lines that differ', 'reference,amount\r\na,2.00\nb,3.00\r\n'],
    ['an empty line', 'reference,amount\na,2.00\n\nb,3.00\n'],
    ['a space before a quote', 'reference,amount\n "a",2.00\nb,3.00\n'],
    ['a quote within a cell', 'reference,amount\na"b,2.00\nc,3.00\n'],
    ['a cell of two lines', 'reference,amount\n"a\nb",2.00\nc,3.00\n'],
    ['a row of spaces', 'reference,amount\n\u00a0, \nc,3.00\n'],
    ['a row that is too long', 'reference,amount\na,2.00,3\nc,3.00\n'],
  ])('is none with %s', async (_, content) => {
    const { rowByRow, atOnce, isAtOnce } = await readTwice(content)

    expect(isAtOnce).toBe(false)
    expect(atOnce).toEqual(rowByRow)
  })

  it.each(seeds(2))('gives the same breaks, amounts and proof (seed %i)', async (seed) => {
    const files = filesOf(seed)

    const rowByRow = shown(await compareFiles(files, { plainBytes: Number.POSITIVE_INFINITY }))
    const atOnce = shown(await compareFiles(files, { plainBytes: 0 }))

    expect(atOnce).toEqual(rowByRow)
  })
})

/** The files are in a folder of their own each time. */
function shown(compared: Compared): Compared {
  if (compared.kind === 'unsure') return compared
  const inputs = compared.summary.inputs.map((each) => ({ ...each, path: '' }))
  return { ...compared, summary: { ...compared.summary, inputs } }
}
