import { describe, expect, it } from 'vitest'
import { isFine, readAll } from '../testing.ts'
import { paypalStl, paypalTrr } from './paypal.ts'
import { aRow, COLUMNS, type ModelRow, type ModelSection, rowsOf } from './testing.ts'

const aSection = (rows: readonly ModelRow[], openings: Record<string, bigint> = { EUR: 100n }): ModelSection => ({
  account: 'ACCOUNT1',
  openings,
  rows,
})

const read = (text: string | Uint8Array, chunkBytes?: number): ReturnType<typeof readAll> =>
  readAll(paypalStl, text, chunkBytes)

/** The rows of a file of one section, some of them replaced. */
const changed = (
  change: (row: string) => string | undefined,
  sections: readonly ModelSection[] = [aSection([aRow()])],
): string =>
  rowsOf(sections)
    .map((row) => change(row) ?? row)
    .join('')

const inBody = (from: string | RegExp, to: string): string =>
  changed((row) => {
    if (!row.startsWith('"SB"')) return undefined
    expect(row).toMatch(from)
    return row.replace(from, to)
  })

describe('an amount', () => {
  it.each([
    ['EUR', 10_000n, 10_000n],
    ['JPY', 10_000n, 100n],
    ['KWD', 10_000n, 100_000n],
    ['CLF', 10_000n, 1_000_000n],
  ])('is hundredths in %s as in every currency', async (currency, hundredths, amount) => {
    const { summary, lines } = await read(rowsOf([aSection([aRow({ currency, gross: hundredths, fee: 0n })])]).join(''))

    expect(lines).toMatchObject([{ amount, fee: 0n, currency }])
    expect(isFine(summary)).toBe(true)
  })

  it.each([
    [1_050n, 11n],
    [1_049n, 10n],
    [-1_050n, -11n],
    [99n, 1n],
  ])('of %i hundredths of a yen is rounded, with a warning', async (gross, amount) => {
    const { summary, lines } = await read(
      rowsOf([aSection([aRow({ currency: 'JPY', gross, fee: 0n })], { JPY: 0n })]).join(''),
    )

    expect(lines).toMatchObject([{ amount }])
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'rounding', line: 5, column: 10 }])
  })

  it.each([
    ['CR', 'DR', 5_200n, 225n],
    ['DR', 'CR', -5_200n, -225n],
    ['CR', 'CR', 5_200n, -225n],
    ['DR', 'DR', -5_200n, 225n],
    ['cr', ' dr ', 5_200n, 225n],
  ])('has the sign of its own column: %s, with a fee of %s', async (direction, feeDirection, amount, fee) => {
    const { lines } = await read(inBody(/"CR",5200,"EUR","DR"/, `"${direction}",5200,"EUR","${feeDirection}"`))

    expect(lines).toMatchObject([{ amount, fee }])
  })

  it('without a fee has the fee 0, blank or stated', async () => {
    for (const blank of [',,,', '"",,"",', '"",0,"",', '"DR",0,"EUR",', '"DR",,"",'])
      expect((await read(inBody('"DR",225,"EUR",', blank))).lines).toMatchObject([{ amount: 5_200n, fee: 0n }])
  })

  it.each([
    ['"CR",5200,', '"CR",52.00,', 'amount', 10],
    ['"CR",5200,', '"CR",-5200,', 'amount', 10],
    ['"CR",5200,', '"CR",,', 'amount', 10],
    ['"CR",5200,', '"CR",1234567890123456789,', 'amount', 10],
    ['"CR",5200,"EUR"', '"CR",999999999999999999,"KWD"', 'currency', 14],
    ['"CR",5200,"EUR","DR",225,"EUR"', '"CR",999999999999999999,"KWD",,,', 'amount', 10],
    ['"CR",5200,', '"",5200,', 'direction', 9],
    ['"CR",5200,', '"C",5200,', 'direction', 9],
    ['"DR",225,', '"",225,', 'direction', 12],
    ['"DR",225,', '"DR",2e2,', 'amount', 13],
    ['5200,"EUR"', '5200,"EUX"', 'currency', 11],
    ['5200,"EUR"', '5200,""', 'currency', 11],
    ['225,"EUR"', '225,"USD"', 'currency', 14],
  ])('is never guessed: %s as %s', async (from, to, code, column) => {
    const { summary, lines } = await read(inBody(from, to))

    expect(lines).toEqual([])
    expect(summary).toMatchObject({ readable: true, diagnostics: [{ severity: 'error', code, line: 5, column }] })
    expect(summary.statements).toMatchObject([{ control: { status: 'fail', difference: -4_975n } }])
  })

  it('in the rows around one that cannot be read is there', async () => {
    const text = changed(
      (row) => row.replace(',1,"EUR"', ',one,"EUR"'),
      [aSection([aRow(), aRow({ gross: 1n }), aRow()])],
    )

    expect((await read(text)).lines.map(({ line, amount }) => [line, amount])).toEqual([
      [5, 5_200n],
      [7, 5_200n],
    ])
  })
})

describe('the columns', () => {
  const renamed = (change: (names: string[]) => string[], body: (fields: string[]) => string[]): string =>
    changed((row) => {
      const fields = row.trimEnd().split(',')
      if (fields[0] === '"CH"') return `${change(fields).join(',')}\n`
      return fields[0] === '"SB"' ? `${body(fields).join(',')}\n` : undefined
    })

  it('are found by their names, whatever their order', async () => {
    const turned = (fields: string[]): string[] => [fields[0] ?? '', ...fields.slice(1).reverse()]

    expect((await read(renamed(turned, turned))).lines).toMatchObject([
      { reference: 'order-1', pspReference: '1AB23456CD789012E', amount: 5_200n, fee: 225n, status: 'T0006' },
    ])
  })

  it.each([
    ['with two spaces', (name: string) => name.replaceAll(' ', '  ')],
    ['without spaces, as before 2012', (name: string) => name.replaceAll(' ', '')],
    ['in other letters', (name: string) => name.toUpperCase()],
    ['without quotes', (name: string) => name.replaceAll('"', '')],
  ])('are found when they are written %s', async (_name, write) => {
    const { summary, lines } = await read(
      renamed(
        ([word = '', ...names]) => [word, ...names.map(write)],
        (fields) => fields,
      ),
    )

    expect(lines).toMatchObject([{ reference: 'order-1', amount: 5_200n, fee: 225n }])
    expect(isFine(summary)).toBe(true)
  })

  it('may be more than are known', async () => {
    const more = (fields: string[]): string[] => [...fields.slice(0, 9), 'Something New', ...fields.slice(9)]

    expect((await read(renamed(more, more))).lines).toMatchObject([{ amount: 5_200n, fee: 225n }])
  })

  it('of money must be there, once', async () => {
    const without = await read(
      renamed(
        (names) => names.map((name) => (name.includes('Gross Transaction Amount') ? 'Amount' : name)),
        (fields) => fields,
      ),
    )
    const twice = await read(
      renamed(
        (names) => [...names, '"Fee Amount"'],
        (fields) => fields,
      ),
    )

    expect(without.summary).toMatchObject({ readable: false, diagnostics: [{ code: 'columns', line: 4 }] })
    expect(twice.summary).toMatchObject({ readable: false, diagnostics: [{ code: 'columns', line: 4 }] })
  })

  it('are as many in each row, or the row is not read', async () => {
    const { summary } = await read(inBody(',"",""', ',""'))
    const shifted = await read(inBody('"order-1"', 'order,1'))
    const empty = await read(inBody(/\n$/, ',,\n'))

    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code: 'columns', line: 5 }])
    expect(shifted.summary.diagnostics).toMatchObject([{ severity: 'error', line: 5 }])
    expect(isFine(empty.summary)).toBe(true)
  })

  it('must come before the first transaction', async () => {
    const { summary } = await read(changed((row) => (row.startsWith('"CH"') ? '' : undefined)))

    expect(summary).toMatchObject({ readable: false, diagnostics: [{ code: 'no_columns', line: 4 }] })
  })
})

describe('the text', () => {
  it.each([
    ['without a quote', (row: string) => row.replaceAll('"', '')],
    ['without the quotes around its first word', (row: string) => row.replace(/^"(..)"/, '$1')],
    ['without the first quote of all', (row: string) => row.slice(1)],
    ['with tabs', (row: string) => row.replaceAll(',', '\t')],
    ['with returns alone', (row: string) => row.replace('\n', '\r')],
    ['with returns and empty lines', (row: string) => row.replace('\n', '\r\n\r\n')],
  ])('%s is read', async (_name, write) => {
    const text = rowsOf([aSection([aRow(), aRow({ gross: -100n, fee: -5n })])])
      .map(write)
      .join('')

    for (const size of [1, 7, 65_536]) {
      const { summary, lines } = await read(text, size)
      expect(isFine(summary)).toBe(true)
      expect(lines.map(({ amount, fee }) => [amount, fee])).toEqual([
        [5_200n, 225n],
        [-100n, -5n],
      ])
    }
  })

  it('with a quote that is never closed loses that row alone', async () => {
    const text = changed(
      (row) => row.replace('"order-2"', '"order-2'),
      [aSection([aRow(), aRow({ invoice: 'order-2' }), aRow({ invoice: 'order-3' })])],
    )

    const { summary, lines } = await read(text)

    expect(lines.map(({ reference }) => reference)).toEqual(['order-1', 'order-3'])
    expect(summary.diagnostics).toMatchObject([{ severity: 'error', line: 6 }])
  })
})

describe('a transaction', () => {
  it.each([
    ['"T0006",2026/01/06 00:00:30 -0800,2026/01/06 00:00:30 -0800', '2026-01-06T08:00:30.000Z'],
    ['"T0006",2025/12/23 09:50:08 -0800,2026/01/06 00:00:30 -0800', '2026-01-06T08:00:30.000Z'],
    ['"T0006",2026/01/06 00:00:30 +0530,', '2026-01-05T18:30:30.000Z'],
    ['"T0006",,"2026-07-06T12:00:00Z"', '2026-07-06T12:00:00.000Z'],
    ['"T0006",,2026/01/06 00:00:30 -08:00', '2026-01-06T08:00:30.000Z'],
    ['"T0006",,2026/01/06 00:00:30', undefined],
    ['"T0006",,2026/01/06', undefined],
    ['"T0006",,', undefined],
  ])('happened when it was completed, or else begun: %s', async (stamps, at) => {
    const { summary, lines } = await read(inBody(/"T0006",[^,]*,[^,]*/, stamps))

    expect(lines[0]?.occurredAt?.toISOString()).toBe(at)
    expect(lines[0]?.businessDate).toBe('2026-01-06')
    expect(summary.diagnostics).toEqual([])
  })

  it('has the time of the given zone where it says none', async () => {
    const text = Buffer.from(inBody(/"T0006",[^,]*,[^,]*/, '"T0006",,2026/01/06 00:00:30'))
    const times: (string | undefined)[] = []
    async function* bytes(): AsyncGenerator<Uint8Array> {
      yield text
    }

    await paypalStl.read(
      bytes(),
      (lines) => {
        times.push(...lines.map(({ occurredAt }) => occurredAt?.toISOString()))
        return Promise.resolve()
      },
      { zone: 'Asia/Tokyo' },
    )

    expect(times).toEqual(['2026-01-05T15:00:30.000Z'])
  })

  it.each([
    '2026/02/30 00:00:30 -0800',
    '2026/13/01 00:00:30 -0800',
    '2026/01/06 24:00:00 -0800',
    '2026/01/06 00:60:00 -0800',
    '2026/01/06 00:00:30 -1500',
    '2026/01/06 00:00:30 PST',
    '06.01.2026 00:00',
    '1/6/2026 0:00',
  ])('without a date that there is keeps its money: %s', async (stamp) => {
    const { summary, lines } = await read(inBody(/"T0006",[^,]*,[^,]*/, `"T0006",${stamp},${stamp}`))

    expect(lines).toMatchObject([{ amount: 5_200n, occurredAt: undefined, businessDate: '2026-01-06' }])
    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'date', line: 5, column: 8 }])
    expect(summary.statements).toMatchObject([{ control: { status: 'pass' } }])
  })

  it.each([
    ['T0000', 'charge', 'transfer'],
    ['T0006', 'charge', 'transfer'],
    ['T0113', 'fee', 'fee'],
    ['T0106', 'fee', 'fee'],
    ['T0200', 'conversion', 'conversion'],
    ['T0201', 'conversion', 'conversion'],
    ['T0300', 'transfer', 'transfer'],
    ['T0400', 'payout_reversal', 'payout'],
    ['T1105', 'reserve_release', 'reserve'],
    ['T1106', 'dispute_reversal', 'dispute'],
    ['T1107', 'refund_reversal', 'refund'],
    ['T1108', 'fee', 'fee'],
    ['T1109', 'fee', 'fee'],
    ['T1110', 'reserve', 'reserve'],
    ['T1111', 'reserve_release', 'reserve_release'],
    ['T1201', 'dispute', 'dispute'],
    ['T1202', 'dispute_reversal', 'dispute_reversal'],
    ['T1900', 'adjustment', 'adjustment'],
    ['T2101', 'reserve_release', 'reserve'],
  ])('with the event code %s is a %s or, in debit, a %s', async (code, credit, debit) => {
    const model = aSection([aRow({ code }), aRow({ code, gross: -5_200n })])

    const { summary, lines } = await read(rowsOf([model]).join(''))

    expect(lines).toMatchObject([
      { kind: credit, status: code },
      { kind: debit, status: code },
    ])
    expect(isFine(summary)).toBe(true)
  })

  it('with an event code that nobody explains is an adjustment, and that is told once', async () => {
    const codes = ['T9900', 'T1199', 'T9900', '', 'X1', 'T1199', '']

    const { summary, lines } = await read(rowsOf([aSection(codes.map((code) => aRow({ code })))]).join(''))

    expect(lines.map(({ kind, status }) => [kind, status])).toEqual(
      codes.map((code) => ['adjustment', code || undefined]),
    )
    expect(summary.diagnostics.map(({ severity, code, line }) => [severity, code, line])).toEqual([
      ['warning', 'event_code', 5],
      ['warning', 'event_code', 6],
      ['warning', 'event_code', 8],
      ['warning', 'event_code', 9],
    ])
    expect(summary.statements).toMatchObject([{ control: { status: 'pass' } }])
  })

  it('that authorises or voids moves no balance', async () => {
    const { summary, lines } = await read(
      rowsOf([aSection([aRow(), aRow({ code: 'T1300', gross: 0n, fee: 0n })])])
        .join('')
        .replace('"CR",0,"EUR"', '"CR",900,"EUR"'),
    )

    expect(lines.map(({ amount, booked }) => [amount, booked])).toEqual([
      [5_200n, undefined],
      [900n, false],
    ])
    expect(isFine(summary)).toBe(true)
  })

  it('has our invoice as its reference, or else our custom field, and every other identifier', async () => {
    const [whole, custom, bare] = (
      await read(
        rowsOf([
          aSection([
            aRow({ id: 'TX1' }),
            aRow({ id: 'TX2', invoice: '' }),
            aRow({ id: 'TX3', invoice: '', custom: ' ' }),
          ]),
        ])
          .join('')
          .replaceAll('"PAYER1","","",""', '"PAYER1","track-1","store-1","bank-1"'),
      )
    ).lines

    expect(whole).toMatchObject({
      pspReference: 'TX1',
      reference: 'order-1',
      otherReferences: ['ref-TX1', 'track-1', 'bank-1', 'store-1', 'att_1'],
    })
    expect(custom).toMatchObject({ reference: 'att_1', otherReferences: ['ref-TX2', 'track-1', 'bank-1', 'store-1'] })
    expect(bare).toMatchObject({ reference: undefined })
  })

  it('has no identifier without a bound', async () => {
    const { summary } = await read(inBody('order-1', 'x'.repeat(2_000)))

    expect(summary.diagnostics).toMatchObject([{ severity: 'error', code: 'text_too_long', line: 5, column: 3 }])
  })
})

describe('a transaction detail report', () => {
  const readTrr = (rows: readonly ModelRow[], change = (text: string): string => text): ReturnType<typeof readAll> =>
    readAll(paypalTrr, change(rowsOf([aSection(rows)], 'trr').join('')))

  it('books what succeeded, and nothing that is pending, denied or void', async () => {
    const { summary, lines } = await readTrr([
      aRow(),
      ...['P', 'D', 'V'].map((status) => aRow({ status, code: status === 'V' ? 'T1302' : 'T0006' })),
    ])

    expect(lines.map(({ booked }) => booked)).toEqual([undefined, false, false, false])
    expect(summary.statements).toMatchObject([{ opening: undefined, credits: 4_975n, lines: 4 }])
  })

  it('books nothing that does not say what it did', async () => {
    const { summary, lines } = await readTrr([
      aRow({ status: '' }),
      aRow({ status: 'X' }),
      aRow({ status: '' }),
      aRow({ code: 'T9900' }),
    ])

    expect(lines.map(({ booked }) => booked)).toEqual([false, false, false, false])
    expect(summary.diagnostics.map(({ code, line }) => [code, line])).toEqual([
      ['status', 5],
      ['status', 6],
      ['event_code', 8],
    ])
  })

  it('may state the sums of all of its rows, or of those that are booked', async () => {
    const rows = [aRow(), aRow({ status: 'P' })]
    const booked = (text: string): string => text.replaceAll('10400,0,0,450,2', '5200,0,0,225,2')
    const neither = (text: string): string => text.replaceAll('10400,0,0,450,2', '5201,0,0,225,2')

    expect((await readTrr(rows)).summary.statements).toMatchObject([{ control: { status: 'pass' } }])
    expect((await readTrr(rows, booked)).summary.statements).toMatchObject([{ control: { status: 'pass' } }])
    expect((await readTrr(rows, neither)).summary.statements).toMatchObject([
      { control: { status: 'fail', what: 'the gross credits in EUR', stated: 5_201n, computed: 5_200n } },
    ])
  })

  it('gives the texts about a payment and none about people', async () => {
    const { lines } = await readTrr([aRow()], (text) => text.replace('"S","",""', '"S","A gift","for you"'))

    expect(lines).toMatchObject([{ description: 'A gift: for you' }])
  })
})

describe('the beginning of a file', () => {
  const namesOf = (text: string | Uint8Array): string[] =>
    [paypalStl, paypalTrr]
      .filter((format) => format.detects(Buffer.from(text).subarray(0, 4_096)))
      .map(({ name }) => name)
  const model = [aSection([aRow()])]
  const rows = rowsOf(model)
  const header = (more: readonly string[]): string =>
    `"CH",${[...COLUMNS, ...more].map((name) => `"${name}"`).join()}\n`
  const body = `"SB",1,2,,,T0006,,,CR,100,EUR,,,`

  it.each([
    ['a settlement report', rows.join(''), 'paypal_stl'],
    ['one with a byte order mark', `\ufeff${rows.join('')}`, 'paypal_stl'],
    ['one in UTF-16', Buffer.from(`\ufeff${rows.join('')}`, 'utf16le'), 'paypal_stl'],
    ['one in UTF-16 without a mark', Buffer.from(rows.join(''), 'utf16le'), 'paypal_stl'],
    ['one with tabs', rows.join('').replaceAll(',', '\t'), 'paypal_stl'],
    ['one from its section on', rows.slice(2).join(''), 'paypal_stl'],
    ['one without transactions', rowsOf([aSection([])]).join(''), 'paypal_stl'],
    ['one without sections', rows.filter((row) => !/^"(SH|CH|SB|SF|SC)/.test(row)).join(''), 'paypal_stl'],
    ['one with the columns of the other', `${header(['Transactional Status'])}${body},\n`, 'paypal_stl'],
    ['a transaction detail report', rowsOf(model, 'trr').join(''), 'paypal_trr'],
    ['one without transactions', rowsOf([aSection([])], 'trr').join(''), 'paypal_trr'],
    ['one from its columns on', `${header(['Transactional Status'])}${body},S\n`, 'paypal_trr'],
  ])('shows %s', (_name, text, format) => {
    expect(namesOf(text)).toEqual([format])
  })

  it.each([
    ['an agreement report', '"RH",2026/01/07,"A","X",1\n"CH","Subscription ID","Action Type"\n"SB","I-1","S0000"\n'],
    [
      'a balance report in major units',
      'CH,Date,Type,Gross,Fee,Net,Currency\nSB,2026-01-06,Sale,12.50,0.30,12.20,EUR\n',
    ],
    ['a report header alone', '"RH",2026/01/07 02:21:10 -0800,"A","X",009,\n'],
    ['another CSV', 'RHINO,b,c\n1,2,3\n'],
    ['a row in the middle', '"SB",1,2\n'],
    ['nothing', ''],
  ])('does not take %s for one', (_name, text) => {
    expect(namesOf(text)).toEqual([])
  })
})
