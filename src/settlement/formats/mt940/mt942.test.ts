import { describe, expect, it } from 'vitest'
import type { Control } from '../format.ts'
import { detectFormat } from '../index.ts'
import { isFine, type Reading, readAll } from '../testing.ts'
import { mt940, mt942 } from './mt940.ts'

const read = (...lines: string[]): Promise<Reading> => readAll(mt942, `${lines.join('\r\n')}\r\n`)

const REPORT = [
  ':20:REPORT1',
  ':25:DE02100100100006820101',
  ':28C:17/1',
  ':34F:EURD1,',
  ':34F:EURC0,',
  ':13D:2603032359+0100',
  ':61:2603030303D50,NTRFNONREF//B1',
  ':86:?20EREF+ORDER-1',
  ':61:2603030303RC5,NTRFORDER-2',
  ':61:2603030303C100,25NTRFORDER-3',
  ':86:Thank you',
]
const ENDED = [...REPORT, ':90D:2EUR55,', ':90C:1EUR100,25', '-']

const controlOf = async (...lines: string[]): Promise<Control | undefined> =>
  (await read(...lines)).summary.statements[0]?.control

describe('The reader of MT942', () => {
  it('reads a report, which has no balances and proves itself by its sums', async () => {
    const { summary, lines } = await read(...ENDED)

    expect(isFine(summary)).toBe(true)
    expect(summary).toMatchObject({ format: 'mt942', businessDate: '2026-03-03', fileReference: 'REPORT1' })
    expect(summary.statements).toMatchObject([
      {
        account: 'DE02100100100006820101',
        currency: 'EUR',
        sequence: '17/1',
        opening: undefined,
        closing: undefined,
        lines: 3,
        debits: -5_500n,
        credits: 10_025n,
        control: { status: 'pass' },
      },
    ])
    expect(lines.map(({ amount, reference, pspReference }) => [amount, reference, pspReference])).toEqual([
      [-5_000n, 'ORDER-1', 'B1'],
      [-500n, 'ORDER-2', undefined],
      [10_025n, 'ORDER-3', undefined],
    ])
  })

  it('has no control when it states no sums', async () => {
    expect(await controlOf(...REPORT)).toEqual({ status: 'none' })
  })

  it.each([
    [':90D:2EUR55,', ':90D:3EUR55,', { what: 'the number of debits', stated: 3n, computed: 2n, difference: -1n }],
    [':90D:2EUR55,', ':90D:2EUR55,01', { what: 'the sum of debits in EUR', difference: -1n }],
    [':90C:1EUR100,25', ':90C:1EUR100,', { what: 'the sum of credits in EUR', difference: 25n }],
    [':61:2603030303RC5,NTRFORDER-2', '', { what: 'the number of debits', difference: -1n }],
    [
      ':61:2603030303RC5,NTRFORDER-2',
      ':61:2603030303RD5,NTRFORDER-2',
      { what: 'the number of debits', difference: -1n },
    ],
  ])('fails with %s made "%s"', async (line, other, expected) => {
    expect(await controlOf(...ENDED.map((each) => (each === line ? other : each)))).toMatchObject({
      status: 'fail',
      ...expected,
    })
  })

  it('tells what is only expected, and takes the sums with it or without it', async () => {
    const expected = [...REPORT, ':61:2603040304EC7,NTRFORDER-4']
    const without = await read(...expected, ':90D:2EUR55,', ':90C:1EUR100,25')
    const withIt = await read(...expected, ':90D:2EUR55,', ':90C:2EUR107,25')

    expect(without.lines.at(-1)).toMatchObject({ amount: 700n, booked: false, reference: 'ORDER-4' })
    for (const { summary } of [without, withIt])
      expect(summary.statements).toMatchObject([{ lines: 4, credits: 10_025n, control: { status: 'pass' } }])
    expect(await controlOf(...expected, ':90D:2EUR55,', ':90C:2EUR107,')).toMatchObject({ difference: 25n })
  })

  it('is told from a statement by what it begins with', () => {
    const found = (text: string): string | undefined => detectFormat(Buffer.from(text))?.name

    expect(found(ENDED.join('\n'))).toBe('mt942')
    expect(found('{1:F01X}{2:O942AAAA}{4:\n:20:A\n:25:1\n')).toBe('mt942')
    expect(found(':942:\n:20:A\n')).toBe('mt942')
    expect(found(':13D:2603032359+0100\n')).toBe('mt942')
    expect(found(':20:A\n:25:1\n:13D:2603032359+0100\n:60F:C260303EUR1,\n')).toBe('mt940')
    expect(found('{1:F01X}{2:I950AAAA}{4:\n:20:A\n')).toBe('mt940')
    expect(found('Some text\nbefore it\n\u0001:20:A\n:25:1\n')).toBe('mt940')
  })

  it.each([
    ['a transfer with a header', '{1:F01X}{2:O103AAAA}{4:\n:20:A\n:61:x\n'],
    ['a transfer without one', ':20:A\n:23B:CRED\n:32A:260303EUR1,\n'],
    ['a table', 'date;amount\n:20;1\n'],
    ['nothing', ''],
    ['a document', '<?xml version="1.0"?>\n<Document/>'],
  ])('is not %s', (_, text) => {
    expect(mt940.detects(Buffer.from(text)) || mt942.detects(Buffer.from(text))).toBe(false)
  })

  it('says which day there is not, and goes on', async () => {
    const { summary } = await read(...ENDED.map((line) => (line.startsWith(':13D:') ? ':13D:2602302359+0100' : line)))

    expect(summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'date', line: 6 }])
    expect(summary.statements).toMatchObject([{ businessDate: undefined, control: { status: 'pass' } }])
  })
})
