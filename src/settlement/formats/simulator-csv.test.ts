import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SettlementLine } from './format.ts'
import { detectFormat } from './index.ts'
import { simulatorCsv } from './simulator-csv.ts'
import { aLine, HEADER, isFine, type ModelSection, readAll, rowsOf, sections } from './testing.ts'

const TWO_SECTIONS: ModelSection[] = [
  { currency: 'EUR', opening: 500n, lines: [aLine(), aLine({ gross: -500n, fee: 0n, kind: 'payout', reference: '' })] },
  { currency: 'JPY', opening: 0n, lines: [aLine({ gross: 2_000n, fee: 88n, reference: 'a,"b"\nc' })] },
]
const read = (text: string | Uint8Array, chunkBytes?: number): ReturnType<typeof readAll> =>
  readAll(simulatorCsv, text, chunkBytes)
/** The file with one row replaced by others. */
const changed = (search: RegExp, change: (row: string) => string, of = TWO_SECTIONS): string => {
  const rows = rowsOf(of)
  const place = rows.findIndex((row) => search.test(row))
  expect(place).toBeGreaterThan(-1)
  return rows.map((row, index) => (index === place ? change(row) : row)).join('')
}

describe("The reader of the simulator's file", () => {
  it('gives back every balanced file', async () => {
    await fc.assert(
      fc.asyncProperty(sections, fc.integer({ min: 1, max: 500 }), async (model, chunkBytes) => {
        const { summary, lines } = await read(rowsOf(model).join(''), chunkBytes)

        expect(isFine(summary)).toBe(true)
        expect(summary).toMatchObject({
          format: 'simulator_csv',
          businessDate: '2026-03-03',
          fileReference: 'SIM-abc-20260303',
        })
        expect(lines.map(asModel)).toEqual(
          model.flatMap((section) => section.lines.map((line) => ({ ...line, currency: section.currency }))),
        )
        expect(summary.statements.map(({ currency, opening, closing }) => ({ currency, opening, closing }))).toEqual(
          model.map(({ currency, opening, lines: own }) => ({
            currency,
            opening,
            closing: own.reduce((sum, { gross, fee }) => sum + gross - fee, opening),
          })),
        )
      }),
    )
  })

  it('says of each section what it holds', async () => {
    const { summary, lines } = await read(rowsOf(TWO_SECTIONS).join(''))

    expect(summary.statements).toEqual([
      {
        account: 'SIM-abc',
        currency: 'EUR',
        opening: 500n,
        closing: 941n,
        lines: 2,
        credits: 941n,
        debits: -500n,
        totals: [
          { kind: 'charge', lines: 1, amount: 1_000n, fee: 59n },
          { kind: 'payout', lines: 1, amount: -500n, fee: 0n },
        ],
        control: { status: 'pass' },
      },
      {
        account: 'SIM-abc',
        currency: 'JPY',
        opening: 0n,
        closing: 1_912n,
        lines: 1,
        credits: 1_912n,
        debits: 0n,
        totals: [{ kind: 'charge', lines: 1, amount: 2_000n, fee: 88n }],
        control: { status: 'pass' },
      },
    ])
    expect(lines.map(({ line, statement, reference }) => [line, statement, reference])).toEqual([
      [4, 0, 'ref-1'],
      [5, 0, undefined],
      [10, 1, 'a,"b"\nc'],
    ])
  })

  it('hands its lines on in pieces, and waits for each', async () => {
    const many = [{ currency: 'EUR', opening: 0n, lines: Array.from({ length: 2_500 }, () => aLine()) }]
    let taking = 0
    let most = 0

    const { pieces } = await read(rowsOf(many).join(''))
    await simulatorCsv.read(onePiece(rowsOf(many).join('')), async () => {
      most = Math.max(most, ++taking)
      await new Promise((resolve) => setImmediate(resolve))
      taking--
    })

    expect(pieces).toEqual([1_000, 1_000, 500])
    expect(most).toBe(1)
  })

  it('fails when it cannot hand a line on', async () => {
    const broken = simulatorCsv.read(onePiece(rowsOf(TWO_SECTIONS).join('')), () => Promise.reject(new Error('full')))

    await expect(broken).rejects.toThrow('full')
  })

  it('never takes a part of a file for the whole, wherever it is cut', async () => {
    const whole = Buffer.from(rowsOf(TWO_SECTIONS).join(''))

    for (let length = 0; length < whole.length; length++) {
      const { summary } = await read(whole.subarray(0, length))
      expect(summary.readable, `cut at ${length}`).toBe(false)
      expect(summary.diagnostics.length, `cut at ${length}`).toBeGreaterThan(0)
    }
    expect(isFine((await read(whole)).summary)).toBe(true)
  })

  it('notices every digit that is another one', async () => {
    await fc.assert(
      fc.asyncProperty(sections, fc.nat(), fc.integer({ min: 1, max: 9 }), async (model, pick, shift) => {
        const places = amountDigits(rowsOf(model).join(''))
        fc.pre(places.length > 0)
        const text = rowsOf(model).join('')
        const place = places[pick % places.length] ?? 0
        const digit = (Number(text[place]) + shift) % 10

        const { summary } = await read(text.slice(0, place) + digit + text.slice(place + 1))

        expect(isFine(summary)).toBe(false)
      }),
    )
  })

  it('notices every row that is missing or there twice', async () => {
    await fc.assert(
      fc.asyncProperty(sections, fc.nat(), fc.boolean(), async (model, pick, twice) => {
        const rows = rowsOf(model)
        const place = pick % rows.length
        const other = rows.flatMap((row, index) => (index === place ? (twice ? [row, row] : []) : [row]))
        // A total row that is stated twice is right twice.
        fc.pre(!(twice && rows[place]?.startsWith('total')))

        expect(isFine((await read(other.join(''))).summary)).toBe(false)
      }),
    )
  })
})

describe('A control', () => {
  it.each([
    ['a cent of a line’s net', /^line,.*ref-1/, ['9.41', '9.42'], 'the net of line 4', 942n, 941n],
    ['a cent of a line’s gross', /^line,.*ref-1/, ['10.00', '10.01'], 'the net of line 4', 941n, 942n],
    ['the sign of a line’s gross', /^line,.*ref-1/, ['10.00', '-10.00'], 'the net of line 4', 941n, -1_059n],
    ['the opening', /^opening,,EUR/, ['5.00', '5.01'], 'the closing balance in EUR', 941n, 942n],
    ['the closing', /^closing,,EUR/, ['9.41', '-9.41'], 'the closing balance in EUR', -941n, 941n],
    ['the lines of a section', /^closing,,EUR/, [',2\n', ',3\n'], 'the lines of the section in EUR', 3n, 2n],
    ['a total’s gross', /^total,,EUR,charge/, ['10.00', '9.99'], 'the total of charge in EUR: gross', 999n, 1_000n],
    ['a total’s fee', /^total,,EUR,charge/, ['0.59', '0.95'], 'the total of charge in EUR: fee', 95n, 59n],
    ['a total’s net', /^total,,EUR,charge/, ['9.41', '9.40'], 'the total of charge in EUR: net', 940n, 941n],
    ['a total’s lines', /^total,,EUR,charge/, [',1\n', ',7\n'], 'the total of charge in EUR: lines', 7n, 1n],
  ] as const)('names %s', async (_name, search, [from, to], what, stated, computed) => {
    const { summary, lines } = await read(changed(search, (row) => row.replace(from, to)))

    expect(summary.statements.map(({ control }) => control)).toEqual([
      { status: 'fail', what, stated, computed, difference: computed - stated },
      { status: 'pass' },
    ])
    expect(summary.readable).toBe(true)
    expect(lines).toHaveLength(3)
  })

  it('names a line that is missing', async () => {
    const { summary } = await read(changed(/^line,.*ref-1/, () => ''))

    expect(summary.statements[0]?.control).toMatchObject({
      status: 'fail',
      what: 'the total of charge in EUR: gross',
      stated: 1_000n,
      computed: 0n,
    })
  })

  it('names a total that is missing', async () => {
    const { summary } = await read(changed(/^total,,EUR,payout/, () => ''))

    expect(summary.statements[0]?.control).toMatchObject({
      status: 'fail',
      what: 'the total of payout in EUR: there is none',
      computed: 1n,
    })
  })

  it.each([
    [/^file,/, 'the lines of the file, in its file row'],
    [/^end,/, 'the lines of the file, in its end row'],
  ])('names the count in %s, at the last section', async (search, what) => {
    const { summary } = await read(changed(search, (row) => row.replace(',3\n', ',4\n')))

    expect(summary.statements.map(({ control }) => control)).toEqual([
      { status: 'pass' },
      { status: 'fail', what, stated: 4n, computed: 3n, difference: -1n },
    ])
  })

  it('fails when a whole section is missing', async () => {
    const text = rowsOf(TWO_SECTIONS)
      .filter((row) => !row.includes(',JPY,'))
      .join('')

    expect((await read(text)).summary.statements[0]?.control).toMatchObject({
      status: 'fail',
      what: 'the lines of the file, in its file row',
      stated: 3n,
      computed: 2n,
    })
  })
})

describe('A row that cannot be read', () => {
  it.each([
    ['an amount with a comma', /^line,.*ref-1/, (row: string) => row.replace('10.00', '"10,00"'), 'amount', 8],
    ['an amount with too many decimals', /^line,.*ref-1/, (row: string) => row.replace('0.59', '0.590'), 'amount', 9],
    ['an amount with an exponent', /^line,.*ref-1/, (row: string) => row.replace('9.41', '9e2'), 'amount', 10],
    ['an amount beyond every sum', /^line,.*ref-1/, (row: string) => row.replace('10.00', `${2n ** 63n}`), 'amount', 8],
    ['an empty amount', /^line,.*ref-1/, (row: string) => row.replace('10.00', ''), 'amount', 8],
    ['an unknown currency', /^line,.*ref-1/, (row: string) => row.replace('EUR', 'XXX'), 'currency', 3],
    ['another currency', /^line,.*ref-1/, (row: string) => row.replace('EUR', 'USD'), 'currency', 3],
    ['an unknown kind', /^line,.*ref-1/, (row: string) => row.replace('charge', 'chargé'), 'kind', 4],
    ['30 February', /^line,.*ref-1/, (row: string) => row.replace('2026-03-03', '2026-02-30'), 'instant', 11],
    ['an hour that is none', /^line,.*ref-1/, (row: string) => row.replace('T00:', 'T24:'), 'instant', 11],
    ['an instant without a zone', /^line,.*ref-1/, (row: string) => row.replace('Z,', ','), 'instant', 11],
    ['a column too few', /^line,.*ref-1/, (row: string) => row.replace(',,', ','), 'columns', undefined],
    ['a column too many', /^line,.*ref-1/, (row: string) => row.replace('\n', ',\n'), 'columns', undefined],
    ['a quote that has no place', /^line,.*ref-1/, (row: string) => row.replace('ref-1', 'r"1'), 'quotes', 6],
    ['a NUL', /^line,.*ref-1/, (row: string) => row.replace('ref-1', '\0'), 'nul', 6],
    [
      'a reference without a bound',
      /^line,.*ref-1/,
      (row: string) => row.replace('ref-1', 'r'.repeat(2_000)),
      'text_too_long',
      6,
    ],
    ['an unknown word', /^line,.*ref-1/, (row: string) => row.replace('line', 'Line'), 'record', 1],
    ['nothing', /^line,.*ref-1/, (): string => '\n', 'columns', undefined],
    ['a total that counts in words', /^total,,EUR,charge/, (row: string) => row.replace(',1\n', ',one\n'), 'count', 12],
  ] as const)(
    'because of %s is named with its place, and its section is not right',
    async (_name, search, change, code, column) => {
      const { summary, lines } = await read(changed(search, change))

      const line = search.source.includes('total') ? 6 : 4
      expect(summary.diagnostics).toMatchObject([{ severity: 'error', code, line, ...(column && { column }) }])
      expect(summary.readable).toBe(true)
      expect(summary.statements.map(({ control }) => control.status)).toEqual(['fail', 'pass'])
      expect(lines.at(-1)).toMatchObject({ currency: 'JPY', amount: 2_000n })
    },
  )

  it('because it comes after the totals is named', async () => {
    const text = changed(
      /^total,,EUR,payout/,
      (row) => `${row}line,,EUR,charge,x,y,captured,0.00,0.00,0.00,2026-03-03T00:00:00.000Z,\n`,
    )

    expect((await read(text)).summary.diagnostics).toMatchObject([{ code: 'out_of_place', line: 8 }])
  })

  it('is one of a thousand that are named, and the others are counted', async () => {
    const text = changed(/^line,.*ref-1/, () => 'rubbish\n'.repeat(5_000))

    const { diagnostics } = (await read(text)).summary

    expect(diagnostics).toHaveLength(1_001)
    expect(diagnostics.at(-1)).toMatchObject({ code: 'more', line: 5_003, message: '4000 more like these' })
  })
})

describe('A file', () => {
  it.each([
    ['is empty', (): string => '', 'no_end_row'],
    ['has another header', () => changed(/^record/, (row) => row.replace('gross', 'amount')), 'header'],
    ['has a byte order mark', () => `\uFEFF${rowsOf(TWO_SECTIONS).join('')}`, 'header'],
    ['has carriage returns', () => rowsOf(TWO_SECTIONS).join('').replaceAll('\n', '\r\n'), 'header'],
    ['has no file row', () => changed(/^file/, () => ''), 'no_file_row'],
    ['has two file rows', () => changed(/^file/, (row) => row + row), 'second_file_row'],
    [
      'has a file row with a date that is none',
      () => changed(/^file/, (row) => row.replace('-03-03', '-03-32')),
      'date',
    ],
    ['has no end row', () => changed(/^end/, () => ''), 'no_end_row'],
    ['goes on after its end', () => `${rowsOf(TWO_SECTIONS).join('')}end,,,,,,,,,,,3\n`, 'after_end'],
    ['has a section without an opening', () => changed(/^opening,,JPY/, () => ''), 'no_opening'],
    ['has a section without a closing', () => changed(/^closing,,EUR/, () => ''), 'no_closing'],
    ['has a last section without a closing', () => changed(/^closing,,JPY/, () => ''), 'no_closing'],
    [
      'has two sections of one currency',
      () => rowsOf(TWO_SECTIONS).join('').replaceAll(',JPY,', ',EUR,'),
      'second_section',
    ],
    [
      'has an opening of a currency that is none',
      () => changed(/^opening,,EUR/, (row) => row.replace('EUR', 'EUX')),
      'currency',
    ],
    ['states lines and has no section', () => rowsOf([]).join('').replace('Z,0', 'Z,5'), 'line_count'],
    ['has a line without a bound', () => changed(/^line/, () => 'x'.repeat(1_000_000)), 'record_too_long'],
    ['is not UTF-8', () => Buffer.from(rowsOf(TWO_SECTIONS).join('').replace('ref-1', 'é'), 'latin1'), 'not_utf8'],
  ] as const)('that %s cannot be used, and says why', async (_name, file, code) => {
    const { summary } = await read(file())

    expect(summary.readable).toBe(false)
    expect(summary.diagnostics.at(-1)).toMatchObject({ severity: 'error', code })
  })

  it('without a movement is read', async () => {
    const { summary, lines } = await read(rowsOf([]).join(''))

    expect(summary).toMatchObject({ readable: true, statements: [], diagnostics: [] })
    expect(lines).toEqual([])
  })

  it('keeps amounts beyond 2^53 exactly', async () => {
    const gross = 2n ** 53n + 1n
    const model = [
      { currency: 'EUR', opening: 2n ** 61n + 1n, lines: [aLine({ gross, fee: 1n }), aLine({ gross, fee: 0n })] },
    ]

    const { summary, lines } = await read(rowsOf(model).join(''))

    expect(lines.map(({ amount }) => amount)).toEqual([gross, gross])
    expect(summary.statements[0]).toMatchObject({ closing: 2n ** 61n + 2n ** 54n + 2n, control: { status: 'pass' } })
  })

  it.each([
    ['the beginning of one', `${HEADER}\nfile,2026`, 'simulator_csv'],
    ['another CSV', 'a,b,c\n1,2,3\n', undefined],
    ['a part of the header', HEADER.slice(0, 20), undefined],
    ['nothing', '', undefined],
  ])('is detected by %s', (_name, text, name) => {
    expect(detectFormat(Buffer.from(text))?.name).toBe(name)
  })
})

async function* onePiece(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

const asModel = (line: SettlementLine): Record<string, unknown> => ({
  kind: line.kind,
  pspReference: line.pspReference ?? '',
  reference: line.reference ?? '',
  status: line.status ?? '',
  gross: line.amount,
  fee: line.fee,
  at: line.occurredAt?.getTime(),
  currency: line.currency,
})

/** Places of digits in rows of sections that are no part of a name or an instant. */
function amountDigits(text: string): number[] {
  const places: number[] = []
  for (const match of text.matchAll(/(?:-?\d+(?:\.\d+)?,){2}-?\d+(?:\.\d+)?(?=,\d{4}-|,,\d+\n)/g))
    for (let at = 0; at < match[0].length; at++) if (/\d/.test(match[0][at] ?? '')) places.push(match.index + at)
  for (const match of text.matchAll(/^(?:opening|closing),,[A-Z]{3},,,,,,,(-?[\d.]+),/gm))
    for (let at = 0; at < match[0].length; at++) if (/\d/.test(match[0][at] ?? '')) places.push(match.index + at)
  return places
}
