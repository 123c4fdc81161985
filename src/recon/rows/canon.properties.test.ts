import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSeeded, type Seeded } from '../../../test/support/seeded.ts'
import { openDuckDb } from '../../platform/duckdb.ts'
import { createDateReader, createSurvey } from '../../settlement/index.ts'
import { createUnparsed } from '../files/inputs.ts'
import { createRawRows } from '../files/raw-rows.ts'
import { type Rows, type SideSpec, UNITS } from '../side.ts'
import { canonicalise } from './canon.ts'
import { createRowReader, Unreadable } from './canon-row.ts'
import { createKeyForms } from './key-form.ts'
import { apartWord, TOTAL_KIND, TOTAL_WORDS } from './kinds.ts'

/** What DuckDB reads has to be what is read row by row, for cells of every kind that comes to mind. */
const SEEDS = Array.from({ length: 24 }, (_, place) => 4_000 + place)

const AMOUNTS = [
  '12.30', '12,30', '-5', '1,234', '1.234', '1,234.56', '1.234,56', '12.345', '0.1', '.5', '5.', '007', '+3', '-0', '-0.00', '',
  ' 12.30', '12.30 ', '€ 12', '(4.00)', '4.00-', 'n/a', '1e3', '99999999999999', '999999999999999', '99999999999999.9999',
  '123456789012345678901', '1,23,456.70', '12.3400', '1 234.50', '100', '250', '1000', '1,000,000', '−7.00', '12.3.4', '٣', '0x10',
] // biome-ignore format: one list
const CURRENCIES = [
  'EUR',
  'eur',
  'JPY',
  'KWD',
  'CLF',
  'XXX',
  'xxx',
  'RMB',
  ' usd',
  'DEM',
  '',
  'euro',
  'Eur',
  'ıdr',
  '€',
  'zł',
  '¥',
]
const KEYS = [
  'a',
  'total',
  'Total 3',
  'SUM-17',
  'grand total',
  'sum',
  'summit',
  'Sub total',
  ' ',
  '',
  '"quoted"',
  'suma',
  '- total',
  'ref 7',
  ' pay_1',
]
const KINDS = ['charge', 'payout', 'Fee', 'network_cost', '', ' ', 'reserve-release', 'ŧotal']
const TIMES = ['', 'T12:00:00Z', ' 12:00:00', ' 00:00:00', 'T23:59:59.999999Z', 'T24:00:00Z', ' 12:00', 'T12:00:00+02:00', ' 12:00:60', ' 02:30:00', 'T00:00:00.1234567Z', ' 1:02:03', 'T12:00:00.5', 'z', ' 12:00:00 Z', ' 12:00:00z'] // biome-ignore format: one list
const DAYS = ['2026-03-29', '2026-02-30', '29.03.2026', '29/03/2026', '03/04/2026', '2026/03/29', '2026.03.29', '20260329', '29-03.2026', '1969-12-31', '0001-01-01', '2026-3-9', '9.3.2026', '1772366400', '1772366400000', '46082.5', '', 'soon', '29 Mar 2026', '9999-12-31', '13/25/2026'] // biome-ignore format: one list

const ORDERS = ['ymd', 'dmy', 'mdy', 'epoch_seconds', 'epoch_ms', 'excel'] as const

function specOf(random: Seeded): SideSpec {
  return {
    key: 'key',
    keyForm: random.pick(['exact', 'case', 'loose']),
    amount: random.chance(0.8)
      ? { rule: 'signed', column: 'amount' }
      : { rule: 'split', credit: 'amount', debit: 'fee', debitSign: 'positive' },
    decimal: random.pick(['.', ',']),
    unit: random.pick(UNITS),
    sign: random.pick([1, -1]),
    currency: random.chance(0.7) ? { column: 'currency' } : { code: random.pick(['EUR', 'JPY', 'XXX', 'KWD']) },
    date: random.chance(0.9) ? { column: 'date', order: random.pick(ORDERS) } : undefined,
    fee: random.chance(0.5) ? { column: 'fee', sign: random.pick(['cost', 'effect']) } : undefined,
    second: undefined,
    status: undefined,
    kind: random.chance(0.5) ? 'kind' : undefined,
  }
}

const NAMES = ['key', 'amount', 'fee', 'currency', 'date', 'kind'] as const

const rowsOf = (random: Seeded): readonly (readonly string[])[] =>
  Array.from({ length: 400 }, () => [
    random.pick(KEYS),
    random.chance(0.7) ? random.pick(AMOUNTS) : `${random.integer(-99_999, 99_999)}.${random.integer(10, 99)}`,
    random.chance(0.3) ? '' : random.pick(AMOUNTS),
    random.chance(0.5) ? 'EUR' : random.pick(CURRENCIES),
    random.pick(DAYS) + random.pick(TIMES),
    random.pick(KINDS),
  ])

const SUM = new RegExp(`^(sub|grand )?(${TOTAL_WORDS}) *:?$`, 'i')

function expectedOf(side: Rows, spec: SideSpec, zone: string, rows: readonly (readonly string[])[]) {
  const read = createRowReader(side, spec, zone)
  const values: unknown[] = []
  const unparsed: unknown[] = []
  for (const [n, fields] of rows.entries()) {
    const textOf = (column: string): string => fields[(NAMES as readonly string[]).indexOf(column)] ?? ''
    try {
      const { amount, fee, currency, ms, day, isTotal } = read(textOf)
      const kind = spec.kind === undefined ? null : textOf('kind') || null
      const isNameless = textOf('key').trim() === '' && day === null
      const isSum = isTotal || (isNameless && fields.some((field) => SUM.test(field.trim())))
      const apart = isSum ? TOTAL_KIND : kind === null ? null : (apartWord(kind) ?? null)
      values.push({ n, line: n + 2, amount, fee, currency, ms, day, kind, apart })
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      unparsed.push({ line: n + 2, code: error.code, message: error.message })
    }
  }
  const timed = values.filter((each) => (each as { ms: bigint | null }).ms !== null)
  return { values, unparsed, timed: timed.length }
}

describe('rows that DuckDB reads', () => {
  it.each(SEEDS)('are those that are read one by one (seed %i)', async (seed) => {
    const random = createSeeded(seed)
    const [spec, rows, zone] = [specOf(random), rowsOf(random), random.pick(['UTC', 'UTC', 'Europe/Berlin'])]
    const folder = mkdtempSync(join(tmpdir(), 'tallystick-canon-'))
    const duckdb = await openDuckDb(folder)
    try {
      await createUnparsed(duckdb)
      await createKeyForms(duckdb, 'any')
      const raw = createRawRows(duckdb, 'ours')
      const survey = createSurvey(NAMES, createDateReader(), { skipsWide: false })
      for (const [n, fields] of rows.entries()) {
        raw.add(n + 2, fields)
        survey.add({ line: n + 2, fields, problem: undefined })
      }
      await raw.finish(NAMES.length)
      const side: Rows = { name: 'ours', isTable: true, rows: rows.length, columns: survey.columns() }

      await canonicalise(duckdb, side, spec, zone, seed % 4 === 0)

      const { values, unparsed } = expectedOf(side, spec, zone, rows)
      const found = await duckdb.query(
        'select n, line, amount, fee, currency, ms, day::varchar as day, kind, apart from ours order by n',
      )
      expect(found).toEqual(values)
      expect(await duckdb.query('select line, code, message from unparsed order by line')).toEqual(unparsed)
    } finally {
      duckdb.close()
      rmSync(folder, { recursive: true })
    }
  })
})

describe('a fee', () => {
  it('beyond 2^62 minor units cannot be read, and is not taken for none', () => {
    const spec: SideSpec = {
      ...specOf(createSeeded(1)),
      amount: { rule: 'signed', column: 'amount' },
      decimal: '.',
      unit: 'minor',
      currency: { code: 'EUR' },
      fee: { column: 'fee', sign: 'cost' },
    }
    const cells: Readonly<Record<string, string>> = { key: 'a', amount: '5', fee: String(2n ** 62n + 1n) }
    const read = createRowReader({ isTable: true }, spec, 'UTC')

    expect(() => read((column) => cells[column] ?? '')).toThrow('The fee is beyond 2^62 minor units')
  })
})
