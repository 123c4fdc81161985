import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSeeded, type Seeded } from '../../../test/support/seeded.ts'
import { type DuckDb, openDuckDb } from '../../platform/duckdb.ts'
import { createDateReader, createSurvey } from '../../settlement/index.ts'
import { readRowAmount, unitsOf } from './amount-value.ts'
import { quickInstant, quickUnits, trimmedSql } from './canon-quick.ts'

const CHARACTERS = [...' 0123456789-+:.,TZztu/_eE(BC)\t\u00a0']

/** A text of which a few characters are others, are gone, or came in between. */
function damaged(text: string, random: Seeded): string {
  const characters = [...text]
  for (let left = random.integer(1, 3); left > 0; left -= 1) {
    const place = random.integer(0, characters.length - 1)
    const [removed, added] = random.pick([
      [1, []],
      [0, [random.pick(CHARACTERS)]],
      [1, [random.pick(CHARACTERS)]],
    ] as const)
    characters.splice(place, removed, ...added)
  }
  return characters.join('')
}

const surveyOf = (text: string) => {
  const survey = createSurvey(['cell'], createDateReader(), { skipsWide: false })
  survey.add({ line: 2, fields: [text], problem: undefined })
  return survey.columns()[0]
}

describe('what DuckDB reads quickly is what is read row by row', () => {
  let duckdb: DuckDb
  let folder: string
  let texts: readonly string[]
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tallystick-quick-'))
    duckdb = await openDuckDb(folder)
  })
  afterAll(() => {
    duckdb.close()
    rmSync(folder, { recursive: true })
  })

  /** The cells of damaged texts that an expression reads. */
  async function readOf<V>(text: string, expression: string): Promise<readonly (readonly [cell: string, value: V])[]> {
    const random = createSeeded(1)
    texts = [text, ...Array.from({ length: 12_000 }, () => damaged(text, random))]
    await duckdb.run('create or replace table written (n integer, cell varchar)')
    await duckdb.append(
      'written',
      ['integer', 'varchar'],
      texts.map((each, n) => [n, each]),
    )
    const rows = await duckdb.query<{ n: number; value: V }>(
      `select n, value from (select n, ${expression} as value from (select *, 100::bigint as times from written)) where value is not null`,
    )
    return rows.map(({ n, value }) => [texts[n] ?? '', value])
  }

  it.each([
    '2026-03-01 12:34:56',
    '2026-03-01T12:34:56Z',
    '2026-03-01T12:34:56.789Z',
    '2026-03-01 12:34:56.789012',
    '2026-03-01T12:34:56',
  ])('in instants such as %s', async (text) => {
    const dates = createDateReader()
    const otherwise = { here: 'null', alone: 'null' }
    const quick = quickInstant('cell', { order: 'ymd', column: surveyOf(text), zone: 'UTC' }, otherwise)

    const read = await readOf<bigint>(text, `epoch_ms(${quick})`)

    expect(read.length).toBeGreaterThan(300)
    for (const [cell, ms] of read) {
      const { date, timeMs } = dates.read(cell, 'ymd') ?? {}
      expect(ms, cell).toBe(BigInt(Date.parse(`${date}T00:00:00Z`) + (timeMs ?? Number.NaN)))
    }
  })

  it.each([
    ['1234.56', '.', 'major'],
    ['-1234,56', ',', 'major'],
    ['123456', '.', 'major'],
    ['12345678901234', ',', 'hundredths'],
  ] as const)('in amounts such as %s', async (text, mark, unit) => {
    const quick = quickUnits('cell', { mark, unit, sign: -1 }, surveyOf(text), 'null')

    const read = await readOf<bigint>(text, quick)

    expect(read.length).toBeGreaterThan(300)
    for (const [cell, value] of read) {
      const amount = readRowAmount({ rule: 'signed', column: 'cell' }, mark, () => cell)
      if (amount === 'empty' || 'unreadable' in amount) throw new Error(`"${cell}" is no amount`)
      // A hundred minor units, as in the column `times`: euros, and hundredths of a currency of four decimals.
      expect(value, cell).toBe(-(unitsOf(amount.decimal, unit, unit === 'major' ? 2 : 4)?.amount ?? 0n))
    }
  })

  it('in references with spaces around them', async () => {
    const read = await readOf<string>(' ch_1234 ', `coalesce(${trimmedSql('cell')}, '')`)
    const slowly = await readOf<string>(' ch_1234 ', `coalesce(trim(cell), '')`)

    expect(read).toEqual(slowly)
  })
})
