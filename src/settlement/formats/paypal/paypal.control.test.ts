import { describe, expect, it } from 'vitest'
import { isFine, readAll } from '../testing.ts'
import { paypalStl } from './paypal.ts'
import { aRow, type ModelSection, rowsOf } from './testing.ts'

const TWO: ModelSection[] = [
  { account: 'ACCOUNT1', openings: { EUR: 500n }, rows: [aRow(), aRow({ gross: -900n, fee: -5n, currency: 'USD' })] },
  { account: 'ACCOUNT2', openings: { EUR: 0n, JPY: -10_000n }, rows: [aRow({ gross: 1_000n, fee: 30n })] },
]
const ONE: ModelSection[] = TWO.slice(0, 1)

const read = (rows: readonly string[]): ReturnType<typeof readAll> => readAll(paypalStl, rows.join(''))

/** The rows that begin with the word are changed. */
const changed = (model: readonly ModelSection[], word: string, change: (row: string) => string): string[] => {
  const rows = rowsOf(model)
  expect(rows.some((row) => row.startsWith(word))).toBe(true)
  return rows.map((row) => (row.startsWith(word) ? change(row) : row))
}

const without = (model: readonly ModelSection[], words: RegExp): string[] =>
  rowsOf(model).filter((row) => !words.test(row))

const controlsOf = async (rows: readonly string[]): Promise<unknown[]> =>
  (await read(rows)).summary.statements.map(({ control }) => control)

describe('a statement', () => {
  it('is a section in one currency, with its balances', async () => {
    const { summary, lines } = await read(rowsOf(TWO))

    expect(summary).toMatchObject({ businessDate: '2026-01-06', version: '9', readable: true, diagnostics: [] })
    expect(summary.statements).toEqual([
      {
        account: 'ACCOUNT1',
        currency: 'EUR',
        businessDate: '2026-01-06',
        opening: 500n,
        closing: 5_475n,
        lines: 1,
        credits: 4_975n,
        debits: 0n,
        totals: [{ kind: 'charge', lines: 1, amount: 5_200n, fee: 225n }],
        control: { status: 'pass' },
      },
      expect.objectContaining({ account: 'ACCOUNT1', currency: 'USD', opening: 0n, closing: -895n, lines: 1 }),
      expect.objectContaining({ account: 'ACCOUNT2', currency: 'EUR', opening: 0n, closing: 970n }),
      expect.objectContaining({ account: 'ACCOUNT2', currency: 'JPY', opening: -100n, closing: -100n, lines: 0 }),
    ])
    expect(lines.map(({ line, statement }) => [line, statement])).toEqual([
      [5, 0],
      [6, 1],
      [12, 2],
    ])
  })

  it('without a movement keeps its balance', async () => {
    const { summary } = await read(rowsOf([{ account: 'A', openings: { EUR: -7n }, rows: [] }]))

    expect(summary.statements).toMatchObject([{ opening: -7n, closing: -7n, lines: 0, control: { status: 'pass' } }])
    expect(isFine(summary)).toBe(true)
  })

  it('is not there in a report without a balance', async () => {
    const { summary } = await read(rowsOf([{ account: 'A', openings: {}, rows: [] }]))

    expect(summary).toMatchObject({ readable: true, statements: [], diagnostics: [], businessDate: '2026-01-06' })
  })

  it.each([
    ['2026/01/06 00:00:00 -0800,2026/01/06 23:59:59 -0800', '2026-01-06'],
    ['2026/01/06 00:00:00 -0800,2026/01/07 00:00:00 -0800', '2026-01-06'],
    ['2026/01/06 02:00:00 -0800,2026/01/07 02:00:00 -0800', '2026-01-07'],
    ['2026/01/06,2026/01/06', '2026-01-06'],
    [',', undefined],
  ])('is about the day on which its section ends: %s', async (days, day) => {
    const rows = changed(ONE, '"SH"', (row) => row.replace(/2026.*-0800/, days))

    const { summary, lines } = await read(rows)

    expect(summary.businessDate).toBe(day)
    expect(summary.statements[0]?.businessDate).toBe(day)
    expect(lines[0]?.businessDate).toBe(day ?? '2026-01-06')
    expect(summary.diagnostics).toEqual([])
  })

  it('without a day that there is has none, with a warning', async () => {
    const { summary } = await read(changed(ONE, '"SH"', (row) => row.replaceAll('2026/01/06', '2026/02/30')))

    expect(summary.businessDate).toBeUndefined()
    expect(summary.diagnostics.map(({ severity, code, column }) => [severity, code, column])).toEqual([
      ['warning', 'date', 2],
      ['warning', 'date', 3],
    ])
  })

  it('is one of ten thousand at most', async () => {
    const many = Array.from({ length: 10_001 }, () => '"SH",,,"A"\n"SF","EUR",0,0,0,0\n')

    const { summary } = await read(many)

    expect(summary).toMatchObject({ readable: false })
    expect(summary.diagnostics.at(-1)).toMatchObject({ code: 'too_many_statements', line: 20_002 })
  })
})

describe('the control', () => {
  it.each([
    ['the beginning balance', /"CR",500,/, '"CR",501,', 'the closing balance in EUR', 5_475n, 5_476n],
    ['the ending balance', /"CR",5475,/, '"CR",5474,', 'the closing balance in EUR', 5_474n, 5_475n],
    ['the direction of a balance', /"CR",500,/, '"DR",500,', 'the closing balance in EUR', 5_475n, 4_475n],
    ['the gross credits', /,5200,0,/, ',5100,0,', 'the gross credits in EUR', 5_100n, 5_200n],
    ['the gross debits', /,5200,0,/, ',5200,1,', 'the gross debits in EUR', 1n, 0n],
    ['the fee credits', /,0,225,/, ',9,225,', 'the fee credits in EUR', 9n, 0n],
    ['the fee debits', /,0,225,/, ',0,224,', 'the fee debits in EUR', 224n, 225n],
    ['the number of rows', /,1\n/, ',3\n', 'the rows in EUR', 3n, 1n],
  ] as const)('names %s of a section that is wrong', async (_name, from, to, what, stated, computed) => {
    const rows = changed(ONE, '"SF","EUR"', (row) => {
      expect(row).toMatch(from)
      return row.replace(from, to)
    })

    expect((await controlsOf(rows))[0]).toEqual({
      status: 'fail',
      what,
      stated,
      computed,
      difference: computed - stated,
    })
  })

  it('takes the number of rows of all currencies for right as well', async () => {
    const rows = changed(ONE, '"SF"', (row) => row.replace(/,1\n/, ',2\n'))

    expect(await controlsOf(rows)).toEqual([{ status: 'pass' }, { status: 'pass' }])
  })

  it('does without payable balances, as before version 7, and without a number of rows', async () => {
    const short = changed(ONE, '"SF"', (row) => row.replace(/"CR",0,"CR",0,1\n/, '1\n'))
    const shorter = changed(ONE, '"SF"', (row) => row.replace(/,1\n/, '\n'))

    expect(await controlsOf(short)).toEqual([{ status: 'pass' }, { status: 'pass' }])
    expect(await controlsOf(shorter)).toEqual([{ status: 'pass' }, { status: 'pass' }])
  })

  it('does without totals of the section when the report has them', async () => {
    const { summary } = await read(without(ONE, /^"SF/))
    const wrong = without(ONE, /^"SF/).map((row) => row.replace('"CR",5475,"CR",500', '"CR",5575,"CR",500'))

    expect(isFine(summary)).toBe(true)
    expect(summary.statements[0]).toMatchObject({ opening: 500n, closing: 5_475n })
    expect((await controlsOf(wrong))[0]).toMatchObject({ difference: -100n, what: 'the closing balance in EUR' })
  })

  it('compares the totals of the report with all its sections', async () => {
    const wrong = (from: string, to: string): string[] =>
      changed(TWO, '"RF","EUR"', (row) => {
        expect(row).toContain(from)
        return row.replace(from, to)
      })

    expect(await controlsOf(rowsOf(TWO))).toEqual(Array(4).fill({ status: 'pass' }))
    for (const [from, to, what, difference] of [
      ['"CR",500,"CR",6445', '"CR",400,"CR",6445', "the report's opening balance in EUR", 100n],
      ['"CR",500,"CR",6445', '"CR",500,"CR",6446', "the report's closing balance in EUR", -1n],
      ['6200,0,0,255', '6200,0,0,256', "the report's fee debits in EUR", -1n],
      ['"CR",0,2\n', '"CR",0,4\n', "the report's rows in EUR", -2n],
    ] as const)
      expect(await controlsOf(wrong(from, to))).toEqual([
        { status: 'pass' },
        { status: 'pass' },
        expect.objectContaining({ status: 'fail', what, difference }),
        { status: 'pass' },
      ])
  })

  it('keeps a balance that only the report has', async () => {
    const more = (rows: string[]): string[] =>
      rows.flatMap((row) =>
        row.startsWith('"RC"') ? ['"RF","GBP",0,0,0,0,"CR",9,"CR",8,"CR",9,"CR",8,0\n', row] : [row],
      )

    expect((await read(more(rowsOf(ONE)))).summary.statements.at(-1)).toMatchObject({
      account: 'ACCOUNT1',
      currency: 'GBP',
      opening: 9n,
      control: { status: 'fail', difference: 1n },
    })
    expect((await read(more(rowsOf(TWO)))).summary.statements.at(-1)).toMatchObject({ currency: 'GBP' })
  })

  it.each([
    ['"SC"', ',2', ',3', 'the rows of the section', 1],
    ['"RC"', ',2', ',3', 'the rows of the report', 1],
    ['"FF"', ',2', ',3', 'the rows of the file', 1],
  ] as const)('counts: %s', async (word, from, to, what, place) => {
    const rows = changed(ONE, word, (row) => row.replace(from, to))

    expect((await controlsOf(rows))[place]).toEqual({ status: 'fail', what, stated: 3n, computed: 2n, difference: -1n })
  })

  it('counts the rows of a file with or without those around its transactions', async () => {
    const rows = changed(ONE, '"FF"', () => `"FF",${rowsOf(ONE).length}\n`)

    expect(await controlsOf(rows)).toEqual([{ status: 'pass' }, { status: 'pass' }])
  })

  it('tells of transactions that are counted and not there', async () => {
    const empty: ModelSection[] = [{ account: 'A', openings: {}, rows: [] }]

    const { summary } = await read(changed(empty, '"SC"', () => '"SC",2\n'))

    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code: 'count', line: 5, column: 2 }])
  })

  it('is none where nothing is stated', async () => {
    expect(await controlsOf(without(ONE, /^"(SF|RF|SC|RC)/))).toEqual([{ status: 'none' }, { status: 'none' }])
  })

  it('notices less than a minor unit, and says so', async () => {
    const model = [{ account: 'A', openings: { JPY: 0n }, rows: [aRow({ currency: 'JPY', gross: 10_000n, fee: 0n })] }]
    const rows = without(model, /^"RF/).map((row) =>
      row.replace('"CR",0,"CR",10000,"CR",0', '"CR",0,"CR",10049,"CR",0'),
    )

    expect(await controlsOf(rows)).toEqual([
      {
        status: 'fail',
        what: 'the closing balance in JPY (-49 hundredths of a unit apart)',
        stated: 100n,
        computed: 100n,
        difference: 0n,
      },
    ])
  })

  it.each([
    ['"SF","EUR",1', 'columns', undefined],
    ['"SF","EUX",0,0,0,0', 'currency', 2],
    ['"SF","EUR",0,x,0,0', 'amount', 4],
    ['"SF","EUR",0,0,0,0,"XX",5,"CR",5,0', 'direction', 7],
    ['"SF","EUR",0,0,0,0,"CR",5,"CR",5,x', 'count', 11],
    ['"SF","KWD",999999999999999999,0,0,0', 'amount', 3],
    ['"SC",many', 'count', 2],
  ])('tells of totals that cannot be read: %s', async (row, code, column) => {
    const rows = rowsOf(ONE).flatMap((each) => (each.startsWith('"SC"') ? [`${row}\n`, each] : [each]))

    const { summary } = await read(rows)

    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code, line: 9, ...(column && { column }) }])
    expect(summary.readable).toBe(true)
  })
})

describe('a file', () => {
  it.each([
    ['a second SF row of a currency', '"SF"', (row: string) => row + row, 'second_totals'],
    ['a second RF row of a currency', '"RF"', (row: string) => row + row, 'second_totals'],
    ['a row of no kind', '"SC"', (row: string) => `"SX",1\n${row}`, 'record'],
    ['a transaction behind its section', '"RC"', (row: string) => `${rowsOf(ONE)[4]}${row}`, 'out_of_place'],
    ['a row behind its end', '"FF"', (row: string) => `${row}"RC",2\n`, 'after_end'],
    ['no end', '"FF"', () => '', 'no_end_row'],
    ['a number that is none', '"FH"', () => '"FH",first\n', 'count'],
  ])('with %s says so', async (_name, word, change, code) => {
    const { summary, lines } = await read(changed(ONE, word, change))

    expect(summary.readable).toBe(true)
    expect(summary.diagnostics[0]).toMatchObject({ severity: 'error', code })
    expect(lines).toHaveLength(2)
  })

  it.each([
    ['nothing', '', 'empty'],
    ['empty lines', '\n\r\n  \n', 'empty'],
    ['another file', 'a,b\n1,2\n', 'record'],
    ['a line without a bound', `"SH",,,"A"\n${'x'.repeat(100_000)}`, 'record_too_long'],
  ])('that is %s cannot be used', async (_name, text, code) => {
    const { summary } = await read([text])

    expect(summary).toMatchObject({ readable: false, diagnostics: [{ code }] })
  })

  it('that was cut out of a report is read as far as it goes', async () => {
    const { summary, lines } = await read(without(ONE, /^"(RH|FH|SH|SC|RC|FF)/))

    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatchObject({ businessDate: '2026-01-06' })
    expect(summary).toMatchObject({ businessDate: undefined, diagnostics: [] })
    expect(summary.statements.map(({ control }) => control.status)).toEqual(['pass', 'pass'])
  })

  it('that goes on with a report proves the sections that begin in it', async () => {
    const second = changed(TWO, '"FH"', () => '"FH",02\n').map((row) =>
      // The first section began with a row that is in the file before this one.
      row.replace('"SF","EUR",5200,0,0,225,"CR",500,', '"SF","EUR",5300,0,0,225,"CR",400,').replace('"SC",2', '"SC",3'),
    )

    const { summary } = await read(second)

    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'part' }])
    expect(summary.statements).toMatchObject([
      { currency: 'EUR', opening: undefined, closing: 5_475n, control: { status: 'none' } },
      { currency: 'USD', opening: 0n, control: { status: 'pass' } },
      { currency: 'EUR', opening: 0n, control: { status: 'pass' } },
      { currency: 'JPY', control: { status: 'pass' } },
    ])
  })
})
