import { createHash } from 'node:crypto'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withScratch } from '../../platform/scratch.ts'
import { zipOf } from '../../settlement/testing/zip.ts'
import { briefly, compareFiles, csv, done, type Files } from '../testing.ts'
import { filesIn } from './files-in.ts'

const HEADER = ['reference', 'amount', 'currency', 'created_at']
type Row = readonly [reference: string, amount: string, currency: string, at: string]

const rowsOf = (count: number): readonly Row[] =>
  Array.from({ length: count }, (_, place) => [
    `pay_${place * 7_919}`,
    `${10 + place}.${String(place % 100).padStart(2, '0')}`,
    place % 3 === 0 ? 'USD' : 'EUR',
    `2026-03-${String(1 + (place % 27)).padStart(2, '0')}T12:00:00Z`,
  ])
const ROWS = rowsOf(12)
const whole = csv([HEADER, ...ROWS])
const SETTLED = { asOf: '2026-04-30' }

describe('several files of one side', () => {
  const march = csv([
    HEADER,
    ...ROWS.slice(0, 5),
    ['lost', '5.00', 'EUR', '2026-03-03'],
    ['bad', 'five', 'EUR', '2026-03-03'],
  ])
  const april = csv([
    HEADER.toReversed(),
    ...ROWS.slice(5).map((row) => row.toReversed()),
    ['2026-03-03', 'EUR', '7.00', 'gone'],
    ['2026-03-03', 'EUR', 'six', 'worse'],
  ])

  it('are read as one, by the names of their columns, and each break says where it stands', async () => {
    const { items, summary } = await done({ ours: { '2026/march.csv': march, 'april.csv': april }, theirs: whole }, SETTLED)

    expect(summary.pairs).toBe(ROWS.length)
    expect(items.map(({ ours, reasons }) => [ours?.file, ours?.row, ours?.reference, reasons[0]]).toSorted()).toEqual([
      ['2026/march.csv', 7, 'lost', 'in ours, not in theirs'],
      ['2026/march.csv', 8, undefined, 'line 8, column 2 of 2026/march.csv of ours: "five" is no amount'],
      ['april.csv', 10, undefined, 'line 10, column 3 of april.csv of ours: "six" is no amount'],
      ['april.csv', 9, 'gone', 'in ours, not in theirs'],
    ])
  }) // biome-ignore format: a list

  it('are known by a list of their hashes', async () => {
    const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

    const { summary } = await done({ ours: { 'b.csv': march, 'a.csv': april }, theirs: whole }, SETTLED)

    expect(summary.inputs[0]).toMatchObject({
      sha256: hash(`${hash(april)}  a.csv\n${hash(march)}  b.csv\n`),
      rows: 16,
      unparsed: 2,
      parts: [
        { name: 'a.csv', rows: 9, format: 'csv', sha256: hash(april) },
        { name: 'b.csv', rows: 7 },
      ],
    })
    expect(summary.inputs[1]?.parts).toEqual([])
  })

  it('may be of several kinds, and packed', async () => {
    const json = JSON.stringify(ROWS.slice(5).map((row) => Object.fromEntries(row.map((text, place) => [HEADER[place], text]))))

    const { summary } = await done({
      ours: { 'a.zip': zipOf([{ name: 'x.csv', bytes: Buffer.from(csv([HEADER, ...ROWS.slice(0, 5)])) }]), 'b.json': json },
      theirs: zipOf([{ name: '1.csv', bytes: Buffer.from(csv([HEADER, ...ROWS.slice(0, 7)])) }, { name: '2.csv', bytes: Buffer.from(csv([HEADER, ...ROWS.slice(7)], ';')) }]),
    })

    expect(summary).toMatchObject({ verdict: 'clean', pairs: ROWS.length, inputs: [{ format: 'csv+json' }, { format: 'csv' }] })
  }) // biome-ignore format: a list

  it('of the same bytes count once, and a note says so', async () => {
    const { summary } = await done({ ours: { 'a.csv': whole, 'again.csv': whole }, theirs: whole })

    expect(summary).toMatchObject({ verdict: 'clean', pairs: ROWS.length })
    expect(summary.notes).toEqual(['again.csv of ours has the same bytes as a.csv: it counts once'])
  })

  it('that overlap count each row, and a note says so', async () => {
    const { items, summary } = await done(
      {
        ours: { 'a.csv': csv([HEADER, ...ROWS.slice(0, 7)]), 'b.csv': csv([HEADER, ...ROWS.slice(5)]) },
        theirs: whole,
      },
      SETTLED,
    )

    expect(items.map(({ code, ours }) => [code, ours?.file])).toEqual([
      ['duplicate_internal', 'b.csv'],
      ['duplicate_internal', 'b.csv'],
    ])
    expect(summary.notes).toEqual([
      '2 rows of ours stand in more than one file, such as a.csv and b.csv: they count in each',
    ])
  })

  it('leave out what systems leave in folders', async () => {
    const marks = { '.DS_Store': 'x', _SUCCESS: '', '.part-0.csv.crc': 'x' }

    expect((await done({ ours: { 'a.csv': whole, ...marks }, theirs: whole })).summary.verdict).toBe('clean')
  })

  it('may lack a key of JSON that few objects have', async () => {
    const lines = (rows: readonly Row[], extra: object): string =>
      rows
        .map(([reference, amount, currency], place) =>
          JSON.stringify({ reference, amount, currency, ...(place === 1 ? extra : {}) }),
        )
        .join('\n')

    const { summary } = await done({
      ours: { 'a.jsonl': lines(ROWS.slice(0, 6), {}), 'b.jsonl': lines(ROWS.slice(6), { note: 'late' }) },
      theirs: csv([HEADER.slice(0, 3), ...ROWS.map((row) => row.slice(0, 3))]),
    })

    expect(summary).toMatchObject({ verdict: 'clean', pairs: ROWS.length })
  })
})

describe('several files that are not one side', () => {
  const a = csv([HEADER, ...ROWS.slice(0, 6)])
  const of = (rows: readonly (readonly string[])[]): string => csv(rows)

  it.each<readonly [string, Exclude<Files['ours'], string | Uint8Array>, RegExp]>([
    ['have other columns', { 'a.csv': a, 'b.csv': of([['reference', 'total', 'currency', 'created_at'], ...ROWS.slice(6)]) }, /b\.csv cannot be read together with a\.csv: it lacks "amount", and it has "total" besides/],
    ['have no header in one', { 'a.csv': a, 'b.csv': of(ROWS.slice(6)) }, /b\.csv cannot be read together with a\.csv: it lacks "reference", "amount"/],
    ['have another decimal mark', { 'a.csv': a, 'b.csv': csv([HEADER, ...ROWS.slice(6).map((row) => row.with(1, String(row[1]).replace('.', ',')))], ';') }, /"amount" has its decimals behind ",", and there behind "\."/],
    ['have another order of dates', { 'a.csv': of([HEADER, ['x', '1.00', 'EUR', '28/03/2026'], ['y', '1.00', 'EUR', '02/03/2026']]), 'b.csv': of([HEADER, ['z', '1.00', 'EUR', '03/28/2026']]) }, /"created_at" has dates in the order mdy, and there in the order dmy/],
    ['have an empty one', { 'a.csv': a, 'b.csv': '' }, /ours: b\.csv: There is nothing in it/],
    ['have one that is no table', { 'a.csv': a, 'b.pdf': '%PDF-1.7\n\u0000' }, /b\.pdf: It is neither a table nor in a format that is known/],
    ['are none', {}, /There is no file in it/],
  ])('because they %s are refused', async (_what, ours, message) => {
    await expect(compareFiles({ ours, theirs: whole })).rejects.toThrow(message)
  }) // biome-ignore format: a table

  it('because each names another currency above its header are refused', async () => {
    const file = (code: string, rows: readonly Row[]): string =>
      `Account in ${code}\n${csv([['reference', 'amount'], ...rows.map((row) => row.slice(0, 2))])}`

    await expect(
      compareFiles({
        ours: { 'a.csv': file('EUR', ROWS.slice(0, 6)), 'b.csv': file('USD', ROWS.slice(6)) },
        theirs: whole,
      }),
    ).rejects.toThrow(/not in one currency, and no column says it: a\.csv is in EUR, b\.csv is in USD/)
  })
})

describe('files that are split and shuffled', () => {
  /** What one side has of a sale: nothing, it, it twice, parts of it, or another amount. */
  const sides = rowsOf(60).map(([reference, amount, currency, at], place) => {
    const cents = Math.round(Number(amount) * 100)
    const row = (minor: number): Row => [reference, (minor / 100).toFixed(2), currency, at]
    const ours = place % 11 === 3 ? [] : place % 13 === 5 ? [row(100), row(cents - 100)] : [row(cents)]
    const theirs = place % 17 === 4 ? [] : place % 7 === 6 ? [row(cents - 30)] : place % 19 === 8 ? [row(cents), row(cents)] : [row(cents)]
    return { ours, theirs }
  }) // biome-ignore format: cases
  const all = { ours: sides.flatMap(({ ours }) => ours), theirs: sides.flatMap(({ theirs }) => theirs) }
  const told = async (files: Files, plainBytes = 0) => {
    const { items, summary } = await done(files, { ...SETTLED, plainBytes })
    const { proof, byCode, byRule, pairs, compared, mapping } = summary
    return { items: briefly(items).toSorted(), ids: items.map(({ id }) => id).toSorted(), proof, byCode, byRule, pairs, compared, specs: mapping.specs }
  } // biome-ignore format: what is compared

  it('have the same breaks, proof and totals', async () => {
    const expected = await told({ ours: csv([HEADER, ...all.ours]), theirs: csv([HEADER, ...all.theirs]) })
    const split = (rows: readonly Row[]) =>
      fc
        .tuple(fc.shuffledSubarray([...rows], { minLength: rows.length }), fc.integer({ min: 2, max: 5 }), fc.boolean())
        .map(([shuffled, count, isTurned]): Files['ours'] => {
          const files = Array.from({ length: count }, (_, part) =>
            shuffled.filter((_row, place) => place % count === part),
          )
          const turn = <T>(row: readonly T[], part: number): readonly T[] =>
            isTurned && part === 1 ? row.toReversed() : row
          return Object.fromEntries(
            files.map((part, index) => [`${index}.csv`, csv([HEADER, ...part].map((row) => turn(row, index)))]),
          )
        })

    expect(expected.items.length).toBeGreaterThan(10)
    await fc.assert(
      fc.asyncProperty(
        split(all.ours),
        split(all.theirs),
        fc.constantFrom(0, 1e9),
        async (ours, theirs, plainBytes) => {
          expect(await told({ ours, theirs }, plainBytes)).toEqual(expected)
        },
      ),
      { numRuns: 2, seed: 20_260_331 },
    )
  }, 60_000)
})

describe('a link in a folder', () => {
  /** The files of a folder with a file and a link in it. */
  const namesWith = (target: string) =>
    withScratch(tmpdir(), async (folder) => {
      const ours = join(folder, 'months')
      mkdirSync(ours)
      writeFileSync(join(folder, 'march.csv'), csv([HEADER, ...ROWS.slice(0, 5)]))
      writeFileSync(join(ours, 'april.csv'), csv([HEADER, ...ROWS.slice(5)]))
      symlinkSync(target, join(ours, 'link.csv'))
      return (await filesIn(ours)).map(({ name }) => name)
    })

  it('to a file is that file', async () => {
    expect(await namesWith('../march.csv')).toEqual(['april.csv', 'link.csv'])
  })

  it.each([
    ['the folder that it is in', '.', /link.csv is a link to a folder/],
    ['nothing', './gone.csv', /link.csv is a link to no file that can be read/],
  ])('to %s is refused', async (_what, target, message) => {
    await expect(namesWith(target)).rejects.toMatchObject({ code: 'link', message: expect.stringMatching(message) })
  })
})
