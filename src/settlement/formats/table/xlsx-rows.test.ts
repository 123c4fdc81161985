import { describe, expect, it } from 'vitest'
import { zipOf } from '../../testing/zip.ts'
import { readTableFile, told } from './testing/reading.ts'
import { type SheetCell, type WorkbookModel, workbookOf } from './testing/workbook.ts'
import { workbookRows } from './xlsx-rows.ts'

const number = (text: string, style?: number): SheetCell => ({
  number: text,
  ...(style === undefined ? {} : { style }),
})

async function cellsOf(model: WorkbookModel) {
  async function* bytes() {
    yield workbookOf(model)
  }
  const found: (readonly string[])[] = []
  for await (const rows of workbookRows(bytes())) found.push(...rows.map(({ fields }) => fields))
  return found
}

const read = async (bytes: Uint8Array) => {
  const { summary, lines } = await readTableFile(bytes)
  return {
    summary,
    told: told(summary),
    lines: lines.map(({ line, businessDate, amount, currency, reference }) =>
      [line, businessDate ?? '-', amount, currency, reference ?? '-'].join(' '),
    ),
  }
}

const HEADER: readonly SheetCell[] = ['Date', 'Order ID', 'Amount', 'Currency']

describe('a cell of a workbook', () => {
  it('is a shared text, one of its own, a number, a date by its style, a formula’s last result, a flag, or empty', async () => {
    const formats = [
      'yyyy-mm-dd',
      '#,##0.00',
      'dd/mm/yyyy hh:mm',
      '0.00" days"',
      '[Red]0',
      '#,##0.000_);[Red](#,##0.000)',
    ]
    const rows = [
      ['a & <b>', { inline: ' own ' }, number('33.5'), undefined, { flag: true }],
      [number('46085', 1), number('46085.5', 3), number('10', 2), number('2', 4), number('1', 5), number('12', 6)],
      [
        { formula: 'A1', value: '7.25' },
        { formula: 'A1', value: 'text', type: 'str' },
        { formula: '1/0', value: '#DIV/0!', type: 'e' },
      ],
      [
        number('0.30000000000000004'),
        number('1.5E+2'),
        number('-1.4210854715202004E-14'),
        number('12345678901234567'),
        number('0.1'),
      ],
      [number('46085', 7), number('12.5', 8)],
    ] satisfies WorkbookModel['rows']

    expect(await cellsOf({ rows, formats })).toEqual([
      ['a & <b>', ' own ', '33.5', '', 'true'],
      ['2026-03-04', '2026-03-04T12:00:00', '10.00', '2.00', '1', '12.000'],
      ['7.25', 'text', '#DIV/0!'],
      ['0.3', '150', '-0.00000000000001421085', '12345678901234567', '0.1'],
      ['2026-03-04', '12.50'],
    ])
  })

  it('is a date counted from 1904 where the workbook says so', async () => {
    expect(await cellsOf({ rows: [[number('44623', 1)]], formats: ['yyyy-mm-dd'], from1904: true })).toEqual([
      ['2026-03-04'],
    ])
  })

  it('is found by its address, not by its order', async () => {
    const xml = (at: string, value: string): SheetCell => ({ xml: `<c r="${at}"><v>${value}</v></c>` })

    expect(await cellsOf({ rows: [[xml('C1', '3'), xml('A1', '1')], [xml('AA2', '27')]] })).toEqual([
      ['1', '', '3'],
      [...Array(26).fill(''), '27'],
    ])
  })

  it('without phonetic help and with all its runs', async () => {
    const rows = [
      [{ xml: '<c r="A1" t="inlineStr"><is><r><t>金</t></r><r><t>額</t></r><rPh><t>kingaku</t></rPh></is></c>' }],
    ]

    expect(await cellsOf({ rows })).toEqual([['金額']])
  })
})

describe('a workbook', () => {
  const rows: WorkbookModel['rows'] = [
    ['Some bank'],
    HEADER,
    [number('46085', 1), 'a-1', number('12.5'), 'EUR'],
    [number('46086', 1), 'a-2', number('-3', 2), 'EUR'],
  ]
  const formats = ['yyyy-mm-dd', '#,##0.00']

  it('is read like any table', async () => {
    const { lines, told: diagnostics, summary } = await read(workbookOf({ rows, formats }))

    expect(lines).toEqual(['3 2026-03-04 1250 EUR a-1', '4 2026-03-05 -300 EUR a-2'])
    expect([diagnostics, summary.format]).toEqual([[], 'xlsx'])
  })

  it('is read from its first worksheet that is shown', async () => {
    const otherSheets = [{ state: 'hidden' }, { type: 'chartsheet' }, { state: 'veryHidden' }]

    expect((await read(workbookOf({ rows, formats, otherSheets }))).lines).toHaveLength(2)
  })

  it('with whole numbers knows their units by the decimals that its cells show', async () => {
    const whole = [HEADER, [number('46085', 1), 'a-1', number('12', 2), 'EUR']]
    const bare = [HEADER, [number('46085', 1), 'a-1', number('12'), 'EUR']]

    expect(await read(workbookOf({ rows: whole, formats }))).toMatchObject({
      lines: ['2 2026-03-04 1200 EUR a-1'],
      told: [],
    })
    expect((await read(workbookOf({ rows: bare, formats }))).told).toEqual(['error scale_unproven 1:3'])
  })

  it('has numbers with a point beside texts with a comma', async () => {
    const mixed = [
      HEADER,
      [number('46085', 1), 'a-1', "'1.234,50", 'EUR'],
      [number('46085', 1), 'a-2', number('1.234'), 'EUR'],
    ]
    const { lines, told: diagnostics } = await read(workbookOf({ rows: mixed, formats }))

    expect(lines).toEqual(['2 2026-03-04 123450 EUR a-1', '3 2026-03-04 123 EUR a-2'])
    expect(diagnostics).toEqual(['warning rounding 3:3'])
  })

  it('with a text that is not among its texts, or an error in a cell, tells that row', async () => {
    const damaged = [
      ...rows,
      [number('46086', 1), { xml: '<c r="B5" t="s"><v>99</v></c>' }, number('1.5'), 'EUR'],
      [number('46086', 1), 'a', { xml: '<c r="C6" t="e"><v>#N/A</v></c>' }, 'EUR'],
    ] satisfies WorkbookModel['rows']

    expect(await read(workbookOf({ rows: damaged, formats }))).toMatchObject({
      lines: { length: 2 },
      told: ['error cell 5:2', 'error amount 6:3'],
    })
  })

  it('with cells and rows at the end of the world takes no memory for them', async () => {
    const far = [
      ...rows,
      [{ xml: '<c r="XFD5"><v>1</v></c><c r="ZZZZ5"><v>1</v></c><c r="?"><v>1</v></c>' }],
    ] satisfies WorkbookModel['rows']

    expect((await read(workbookOf({ rows: far, formats }))).lines).toHaveLength(2)
    expect(
      (
        await read(
          workbookOf({
            rows: [],
            parts: {
              'xl/worksheets/data.xml':
                '<worksheet><sheetData><row r="99999999999999"><c><v>1</v></c></row><row r="x"><c><v>2</v></c></row></sheetData></worksheet>',
            },
          }),
        )
      ).summary.readable,
    ).toBe(false)
  })

  const sheet = (xml: string): Record<string, string> => ({ 'xl/worksheets/data.xml': xml })
  it.each([
    ['a document type', sheet('<!DOCTYPE x [<!ENTITY a "b">]><worksheet><sheetData/></worksheet>'), 'doctype'],
    [
      'an entity that nobody declared',
      sheet('<worksheet><sheetData><row><c><v>&a;</v></c></row></sheetData></worksheet>'),
      'damaged',
    ],
    ['tags in the wrong order', sheet('<worksheet><sheetData></worksheet>'), 'damaged'],
    ['an end in the middle', sheet('<worksheet><sheetData><row>'), 'damaged'],
    ['depth without an end', sheet('<a>'.repeat(100_000)), 'too_deep'],
    ['a text without an end', sheet(`<worksheet><sheetData><row><c><v>${'1'.repeat(5_000_000)}`), 'too_large'],
    ['a tag without an end', sheet(`<worksheet ${'a="b" '.repeat(1_000_000)}`), 'too_large'],
    ['texts without an end', { 'xl/sharedStrings.xml': `<sst>${'<si/>'.repeat(5_000_000)}</sst>` }, 'zip_bomb'],
    ['a bomb', sheet(`<worksheet><sheetData>${' '.repeat(40_000_000)}</sheetData></worksheet>`), 'too_large'],
  ])('with %s is unreadable', async (_what, parts, code) => {
    const { summary, told: diagnostics } = await read(workbookOf({ rows, parts }))

    expect([summary.readable, diagnostics.at(-1)?.split(' ')[1]]).toEqual([false, code])
  })

  it('without a sheet, or that is no zip behind its first bytes, is unreadable', async () => {
    const empty = zipOf([{ name: 'xl/workbook.xml', bytes: Buffer.from('<workbook/>') }])

    expect((await read(empty)).told).toEqual(['error damaged 1'])
    expect((await read(Buffer.from('PK\u0003\u0004 and more'))).told).toEqual(['error damaged 1'])
  })
})
