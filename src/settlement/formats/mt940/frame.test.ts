import { describe, expect, it } from 'vitest'
import type { Diagnostic } from '../format.ts'
import { isFine, type Reading, readAll } from '../testing.ts'
import { mt940 } from './mt940.ts'

const read = (...lines: string[]): Promise<Reading> => readAll(mt940, lines.join('\n'))
const told = ({ summary }: Reading): Partial<Diagnostic>[] =>
  summary.diagnostics.map(({ severity, code, line }) => ({ severity, code, line }))

const HEAD = [':20:A', ':25:1', ':28C:1/1', ':60F:C260303EUR1,']
const ENTRY = ':61:2603030303C2,NTRFX'
const END = ':62F:C260303EUR3,'

describe('The frame of a statement', () => {
  it.each([
    ['blocks of SWIFT', ['{1:F01A}{2:I940BN}{3:{108:X}}{4:', ...HEAD, ENTRY, END, '-}{5:{MAC:0}{CHK:1}}']],
    ['blocks on lines of their own', ['{1:F01A}', '{2:I940BN}', '{4:', ...HEAD, ENTRY, END, '-}']],
    ['a first field behind the header', ['{1:F01A}{2:O940BN}{4::20:A', ...HEAD.slice(1), ENTRY, END, '-}']],
    ['an end behind the last field', ['{1:F01A}{2:O940BN}{4:', ...HEAD, ENTRY, `${END}-}`]],
    ['marks of a line protocol', ['\u0001{1:F01A}{2:I940BN}{4:', ...HEAD, ENTRY, END, '-}\u0003\u0000']],
    ['a dash before and behind', ['-', ...HEAD, ENTRY, END, '-']],
    ['lines of the bank before it', ['BANKNL2A', '940', 'BANKNL2A', ...HEAD, ENTRY, END]],
    ['a tag for its header', [':940:', ...HEAD, ENTRY, END]],
    ['blank lines', ['', ...HEAD, '', ENTRY, '   ', END, '', '']],
    [
      'a blank behind its tags',
      [':20: A', ':25: 1', ':28C: 1/1', ':60F: C260303EUR1,', ':61: 2603030303C 2,NTRFX', ':62F: C260303EUR3,'],
    ],
    ['indented tags', [...HEAD, `  ${ENTRY}`, ` ${END}`]],
    ['zero bytes in it', [...HEAD, ENTRY, END, '\0\0']],
  ])('may be %s', async (_, lines) => {
    const { summary, lines: entries } = await read(...lines)

    expect(isFine(summary)).toBe(true)
    expect(summary.statements).toMatchObject([{ account: '1', sequence: '1/1', opening: 100n, closing: 300n }])
    expect(entries).toMatchObject([{ amount: 200n, reference: 'X' }])
  })

  it('may hold many messages in one line of headers each', async () => {
    const message = ['{1:F01A}{2:I940BN}{4:', ...HEAD, ENTRY, END]

    const { summary } = await read(...message, '-}{5:{CHK:1}}{1:F01A}{2:I940BN}{4:', ...message.slice(1), '-}')

    expect(summary.statements).toHaveLength(2)
  })

  it('leaves out a message that is no statement', async () => {
    const reading = await read(
      '{1:F01A}{2:I103BN}{4:',
      ':20:B',
      ':61:x',
      '-}',
      '{1:F01A}{2:I940BN}{4:',
      ...HEAD,
      ENTRY,
      END,
      '-}',
    )

    expect(reading.summary.statements).toHaveLength(1)
    expect(told(reading)).toEqual([{ severity: 'warning', code: 'other_message', line: 1 }])
  })

  it('is read in any encoding, and the text is right', async () => {
    const text = [...HEAD, ENTRY, ':86:Müller & Söhne', END].join('\r\n')
    const [utf8, latin, wide] = [
      Buffer.from(text),
      Buffer.from(text, 'latin1'),
      Buffer.from(`\ufeff${text}`, 'utf16le'),
    ].map((bytes) => readAll(mt940, bytes))

    for (const reading of [utf8, latin, wide])
      expect((await reading)?.lines).toMatchObject([{ amount: 200n, description: 'Müller & Söhne' }])
    expect((await latin)?.summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'encoding', line: 6 }])
    expect(isFine((await utf8)?.summary as Reading['summary'])).toBe(true)
  })

  it('takes a time of day that a line breaks for text', async () => {
    const { lines, summary } = await read(...HEAD, ENTRY, ':86:card 2026-03-03T20', ':20:37 shop', ':26:38 till', END)

    expect(isFine(summary)).toBe(true)
    expect(lines).toMatchObject([{ description: 'card 2026-03-03T20 :20:37 shop :26:38 till' }])
  })

  it('takes a dash alone in the text of an entry for text', async () => {
    const { lines, summary } = await read(...HEAD, ENTRY, ':86:one', '-', 'two', END, '-')

    expect(isFine(summary)).toBe(true)
    expect(lines).toMatchObject([{ description: 'one - two' }])
  })

  it('ends a field that is too long, and says so', async () => {
    const reading = await read(...HEAD, ENTRY, ':86:one', ...Array<string>(200).fill('x'.repeat(65)), END)

    expect(told(reading)).toEqual([{ severity: 'warning', code: 'field_too_long', line: 6 }])
    expect(reading.lines[0]?.description?.length).toBeLessThan(8_500)
    expect(reading.summary.statements).toMatchObject([{ control: { status: 'pass' } }])
  })

  it('bounds the fields of one entry', async () => {
    const reading = await read(...HEAD, ENTRY, ...Array<string>(150).fill(':86:x'), END)

    expect(told(reading)).toHaveLength(50)
    expect(reading.summary.statements).toMatchObject([{ control: { status: 'pass' } }])
  })
})

describe('The balances of a statement', () => {
  it('are chained from page to page', async () => {
    const second = [':20:A', ':25:1', ':28C:1/2', ':60M:C260303EUR3,', ENTRY, ':62F:C260304EUR5,']

    const right = await read(...HEAD, ENTRY, ':62M:C260303EUR3,', ...second)
    const wrong = await read(
      ...HEAD,
      ENTRY,
      ':62M:C260303EUR3,',
      ...second.map((each) => each.replace('EUR3,', 'EUR4,')),
    )

    expect(isFine(right.summary)).toBe(true)
    expect(right.summary.statements.map(({ sequence }) => sequence)).toEqual(['1/1', '1/2'])
    expect(right.summary.businessDate).toBe('2026-03-04')
    expect(told(wrong)).toEqual([{ severity: 'warning', code: 'chain', line: 7 }])
  })

  it('are not chained when the statements stand in another order, or are of other accounts', async () => {
    const older = [':20:A', ':25:1', ':60F:C260302EUR9,', ':62F:C260302EUR9,']
    const other = [':20:A', ':25:2', ':60F:C260304EUR9,', ':62F:C260304EUR9,']

    expect(isFine((await read(...HEAD, ENTRY, END, ...older)).summary)).toBe(true)
    expect(isFine((await read(...HEAD, ENTRY, END, ...other)).summary)).toBe(true)
  })

  it('may begin a page without a field 20', async () => {
    const { summary } = await read(...HEAD, ENTRY, ':62M:C260303EUR3,', ':60M:C260303EUR3,', ENTRY, ':62F:C260303EUR5,')

    expect(isFine(summary)).toBe(true)
    expect(summary.statements).toMatchObject([{ account: '1' }, { account: '1' }])
  })

  it.each([
    [':62F:C2603033,', 'currency', 300n],
    [':62F:C260230EUR3,', 'date', 300n],
    [':62F:C260303EUR3, and more', 'balance', 300n],
    [':62F:C260303EUR2,999', 'rounding', 300n],
  ])('may be odd as %s, which is told', async (end, code, closing) => {
    const reading = await read(...HEAD, ENTRY, end)

    expect(told(reading)).toEqual([{ severity: 'warning', code, line: 6 }])
    expect(reading.summary.statements).toMatchObject([{ closing }])
  })

  it('are compared exactly: less than a minor unit is a difference', async () => {
    const entry = ':61:2603030303C2,004NTRFX'
    const wrong = await read(...HEAD, entry, END)
    const right = await read(...HEAD, entry, ':62F:C260303EUR3,004')

    expect(wrong.summary.statements[0]?.control).toMatchObject({ status: 'fail', difference: 0n })
    expect(wrong.summary.statements[0]?.control).toMatchObject({ what: expect.stringContaining('0.004') })
    expect(right.summary.statements[0]?.control).toEqual({ status: 'pass' })
    expect(told(right).map(({ code }) => code)).toEqual(['rounding', 'rounding'])
  })

  it.each([
    [[...HEAD, ENTRY], 'no_closing'],
    [[...HEAD, ENTRY, ':62F:C260303USD3,'], 'currency'],
    [[...HEAD, ENTRY, END, ENTRY], 'out_of_place'],
    [[...HEAD, ENTRY, END, END], 'second_closing'],
    [[':20:A', END], 'no_opening'],
    [[...HEAD, ':61:2603030303C2.345NTRFX', END], 'amount'],
  ])('that are broken in %j are an error', async (lines, code) => {
    const reading = await read(...lines)

    expect(told(reading)).toContainEqual(expect.objectContaining({ severity: 'error', code }))
  })

  it('may be in the currency that stands behind the account', async () => {
    const { lines } = await read(':20:A', ':25:12345678 EUR', ENTRY, END)

    expect(lines).toMatchObject([{ amount: 200n, currency: 'EUR' }])
  })

  it('may be followed by the numbers and sums of the entries, which are compared', async () => {
    const entries = [...HEAD, ENTRY, ':61:2603030303D1,NTRFY', ':62F:C260303EUR2,', ':64:C260303EUR2,']

    const right = await read(...entries, ':86:D000001C000001D1,00C2,00')
    const slashed = await read(...entries, ':86:/SUM/1/1/1,00/2,00/')
    const wrong = await read(...entries, ':86:/SUM/2/1/1,00/2,00/')

    expect(isFine(right.summary) && isFine(slashed.summary)).toBe(true)
    expect(wrong.summary.statements[0]?.control).toMatchObject({ what: 'the number of debits', difference: -1n })
  })
})

describe('An entry', () => {
  it("has its references: ours, the bank's, and the others", async () => {
    const { lines } = await read(
      ':20:STATEMENT7',
      ':21:RELATED',
      ...HEAD.slice(1),
      ':61:2603030303C2,NTRFKREF+//BANK1',
      '20260303007602198765',
      ':86:166?20EREF+E-1?21KREF+K-1?22MREF+M-1?23SVWZ+RF18539007547034',
      END,
    )

    expect(lines).toMatchObject([
      {
        reference: 'K-1',
        pspReference: 'BANK1',
        otherReferences: ['E-1', 'M-1', 'RF18539007547034', '20260303007602198765', 'RELATED', 'STATEMENT7'],
        description: 'RF18539007547034 | 20260303007602198765',
      },
    ])
  })

  it.each([
    ['NONREF', '/EREF/E-1/REMI/x', 'E-1'],
    ['EREF', '/EREF/E-1/REMI/x', 'E-1'],
    ['MARF', '/MARF/M-1/EREF/E-1/', 'M-1'],
    ['NONREF', '/EREF/NOTPROVIDED/REMI/x', undefined],
    ['NONREF//NONREF', 'text', undefined],
    ['', '?20KREF+K-1', 'K-1'],
  ])('with "%s" and "%s" has the reference %s', async (behind, details, reference) => {
    const { lines } = await read(...HEAD, `:61:2603030303C2,NTRF${behind}`, `:86:${details}`, END)

    expect(lines).toMatchObject([{ reference, pspReference: undefined }])
  })

  it('has no reference of what banks write into every message', async () => {
    const { lines } = await read(':20:STARTUMSE', ':21:NONREF', ...HEAD.slice(1), ENTRY, END)

    expect(lines[0]?.otherReferences).toBeUndefined()
  })

  it('comes without an impossible date, and the money stays', async () => {
    const reading = await read(...HEAD, ':61:260230C2,NTRFX', END)

    expect(reading.lines).toMatchObject([{ amount: 200n, businessDate: undefined }])
    expect(reading.summary.diagnostics).toMatchObject([{ severity: 'warning', code: 'date', line: 5, column: 1 }])
    expect(reading.summary.statements).toMatchObject([{ control: { status: 'pass' } }])
  })

  it('takes a field 25 behind it for its text', async () => {
    const reading = await read(...HEAD, ENTRY, ':25:166?20Thank you', END)

    expect(reading.lines).toMatchObject([{ description: 'Thank you' }])
    expect(reading.summary.statements).toMatchObject([{ account: '1' }])
    expect(told(reading)).toEqual([{ severity: 'warning', code: 'out_of_place', line: 6 }])
  })

  it('leaves text that belongs to no field out, and says so', async () => {
    const reading = await read(...HEAD, 'what is this', ENTRY, END)

    expect(told(reading)).toEqual([{ severity: 'warning', code: 'stray', line: 5 }])
  })
})
