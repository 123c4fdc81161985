import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { fileLiteral, openDuckDb } from '../../platform/duckdb.ts'
import { withScratch } from '../../platform/scratch.ts'
import { briefly, compareFiles, csv, done } from '../testing.ts'

/** A Parquet file of what a query gives. */
const parquet = (sql: string): Promise<Buffer> =>
  withScratch(tmpdir(), async (folder) => {
    const duckdb = await openDuckDb(folder)
    const path = join(folder, 'written.parquet')
    try {
      await duckdb.run(`copy (${sql}) to ${fileLiteral(path)} (format parquet)`)
      return readFileSync(path)
    } finally {
      duckdb.close()
    }
  })

const ROWS = Array.from({ length: 20 }, (_, place) => ({
  id: `pay_${place * 7_919}`,
  cents: 1_005 + place * 111,
  at: `2026-03-03 ${10 + (place % 10)}:05:00`,
}))
const major = (cents: number): string => (cents / 100).toFixed(2)
const values = ROWS.map(({ id, cents, at }) => `('${id}', ${cents}, timestamp '${at}')`).join(', ')
const SOURCE = `from (values ${values}) v(id, cents, moment)`

const theirs = csv([
  ['reference', 'gross', 'currency', 'created'],
  ...ROWS.map(({ id, cents, at }) => [id, major(cents), 'EUR', `${at.replace(' ', 'T')}Z`]),
])

const compared = async (columns: string, options = {}) =>
  done({ ours: await parquet(`select id as reference, 'EUR' as currency, ${columns} ${SOURCE}`), theirs }, options)

describe('a Parquet file', () => {
  it.each([
    ['decimals and times', '(cents / 100)::decimal(12, 2) as amount, moment as created'],
    ['doubles that were added up, and dates', '(cents / 100 + 0.1 - 0.1)::double as amount, moment::date as created'],
    ['whole minor units and instants', 'cents::bigint as amount, make_timestamptz(epoch_us(moment)) as created'],
    [
      'texts that do not say that they are, and nanoseconds',
      'encode((cents / 100)::decimal(12, 2)::varchar) as amount, moment::timestamp_ns as created',
    ],
  ])('has %s, and is compared to the cent', async (_what, columns) => {
    const { summary } = await compared(columns)

    expect(summary).toMatchObject({
      verdict: 'clean',
      pairs: ROWS.length,
      inputs: [{ format: 'parquet', rows: ROWS.length, unparsed: 0 }, { format: 'csv' }],
      period: { from: '2026-03-03', to: '2026-03-03' },
    })
  })

  it('has times without a zone, which are those of the zone that is given', async () => {
    const { items } = await done(
      {
        ours: await parquet(
          `select id as reference, 'EUR' as currency, cents as amount, moment as created ${SOURCE} where id <> 'pay_0'`,
        ),
        theirs: await parquet(
          `select id as reference, 'EUR' as currency, cents as amount, moment as created ${SOURCE}`,
        ),
      },
      { theirs: { zone: 'Asia/Tokyo', cutOff: '00:00' } },
    )

    expect(items).toMatchObject([{ theirs: { row: 1, reference: 'pay_0', occurredAt: '2026-03-03T01:05:00.000Z' } }])
  })

  it('has doubles that are no amounts: their rows cannot be read', async () => {
    const bad = ['123456789012345.67', "'nan'", '1e22', "'-inf'"]
    const cases = bad.map((text, place) => `when 'pay_${place * 7_919}' then ${text}::double`).join(' ')

    const { items } = await compared(`case id ${cases} else cents / 100 end as amount`, { asOf: '2026-03-31' })

    expect(items.filter(({ code }) => code === 'unparsed_line').map(({ reasons }) => reasons[0])).toEqual(
      expect.arrayContaining([
        'line 1, column 3 of ours: "123456789012345.67 (inexact)" is no amount',
        'line 2, column 3 of ours: "nan" is no amount',
        'line 3, column 3 of ours: "1e+22 (inexact)" is no amount',
        'line 4, column 3 of ours: "-inf" is no amount',
      ]),
    )
  })

  it('has floats, of which one that does not hold its cents cannot be read', async () => {
    const { items } = await compared("(case when id = 'pay_0' then 167772.18 else cents / 100 end)::float as amount", {
      asOf: '2026-03-31',
    })

    expect(items.map(({ code, reasons }) => [code, reasons[0]])).toEqual([
      ['missing_internal', 'in theirs, not in ours'],
      ['unparsed_line', 'line 1, column 3 of ours: "167772.19 (inexact)" is no amount'],
    ])
  })

  it('has amounts below a ten thousandth, which are written without an exponent', async () => {
    const { items, summary } = await compared(
      "case when id = 'pay_0' then 1.5e-7 else cents / 100 end::double as amount",
    )

    expect(briefly(items)).toEqual(['amount_mismatch pay_0 -1005'])
    expect(items[0]?.ours?.cells).toContainEqual(['amount', '0.00000015'])
    expect(summary.notes).toEqual(['1 amounts of ours are finer than their currency and were rounded'])
  })

  it('has columns of any name, also those that a reader gives by itself', async () => {
    const { items, summary } = await compared(
      `cents as amount, 7 as file_row_number, 8 as n, 9 as line, 10 as c0, 11 as "a""b'; --"`,
    )

    expect(briefly(items)).toEqual([])
    expect(summary.pairs).toBe(ROWS.length)
  })

  it('is read on both sides, with empty cells and no rows', async () => {
    const empty = await parquet(
      `select id as reference, 'EUR' as currency, (cents / 100)::decimal(12, 2) as amount ${SOURCE} limit 0`,
    )
    const sparse = await parquet(
      `select id as reference, 'EUR' as currency, (cents / 100)::decimal(12, 2) as amount, null::double as fee ${SOURCE}`,
    )

    const { items } = await done({ ours: sparse, theirs: empty }, { asOf: '2026-03-31' })

    expect(items).toHaveLength(ROWS.length)
  })

  it('is read out of a gzip', async () => {
    const plain = await parquet(`select id as reference, 'EUR' as currency, cents as amount ${SOURCE}`)

    expect((await done({ ours: gzipSync(plain), theirs })).summary).toMatchObject({
      verdict: 'clean',
      pairs: ROWS.length,
    })
  })
})

describe('a Parquet file that cannot be compared', () => {
  let whole: Buffer
  beforeAll(async () => {
    whole = await parquet(`select id as reference, 'EUR' as currency, cents as amount ${SOURCE}`)
  })

  it.each([
    ['is cut', () => whole.subarray(0, whole.length - 20), 'damaged', /Parquet file is damaged/],
    ['has pages that are no pages', () => Buffer.concat([whole.subarray(0, 4), Buffer.alloc(150, 0xff), whole.subarray(154)]), 'damaged', /Parquet file is damaged/],
    ['is nothing but its mark', () => Buffer.from('PAR1'), 'damaged', /Parquet file is damaged/],
    ['is encrypted', () => Buffer.concat([Buffer.from('PARE'), whole.subarray(4)]), 'encrypted', /encrypted/],
  ])('because it %s is refused', async (_what, ours, code, message) => {
    await expect(compareFiles({ ours: ours(), theirs })).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  }) // biome-ignore format: a table

  it.each([
    ['a list', '[id] as parts', /Column "parts" is nested \(VARCHAR\[\]\)/],
    ['a structure', "{'id': id} as parts", /Column "parts" is nested \(STRUCT/],
    ['a map', 'map([id], [cents]) as parts', /Column "parts" is nested \(MAP/],
  ])('because of a column with %s is refused with the name of the column', async (_what, column, message) => {
    const nested = await parquet(`select id as reference, cents as amount, ${column} ${SOURCE}`)

    await expect(compareFiles({ ours: nested, theirs })).rejects.toMatchObject({
      code: 'nested_column',
      message: expect.stringMatching(message),
    })
  })

  it('is read by what this program carries', async () => {
    const extensions = await withScratch(tmpdir(), async (folder) => {
      const duckdb = await openDuckDb(folder)
      try {
        return await duckdb.query("select install_mode from duckdb_extensions() where extension_name = 'parquet'")
      } finally {
        duckdb.close()
      }
    })

    expect(extensions).toEqual([{ install_mode: 'STATICALLY_LINKED' }])
  })
})
