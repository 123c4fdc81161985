import { describe, expect, it } from 'vitest'
import { readStatementLine } from './statement-line.ts'

const read = (...lines: string[]): ReturnType<typeof readStatementLine> => readStatementLine(lines)

describe('A statement line', () => {
  it('has subfields, some of which may be missing', () => {
    expect(read('2603030304CR1250,50NTRFORDER-1//BANK-1', 'a note', 'and more')).toEqual({
      isDebit: false,
      isExpected: false,
      digits: '1250,50',
      type: 'NTRF',
      reference: 'ORDER-1',
      bankReference: 'BANK-1',
      supplementary: 'a note and more',
      businessDate: '2026-03-04',
      dateProblem: undefined,
    })
    expect(read('260303D20,')).toMatchObject({ isDebit: true, digits: '20,', type: undefined, reference: '' })
  })

  it.each([
    ['C', false, false],
    ['D', true, false],
    ['RC', true, false],
    ['RD', false, false],
    ['EC', false, true],
    ['ED', true, true],
  ])('with the mark %s is a debit: %s, expected: %s', (mark, isDebit, isExpected) => {
    expect(read(`2603030303${mark}1,00NTRFX`)).toMatchObject({ isDebit, isExpected, digits: '1,00' })
  })

  it.each(['CR', 'CD', 'CN', 'RDR', 'RDK', 'ECF'])('has a funds letter in %s', (mark) => {
    expect(read(`260303${mark}1,00NTRFX`)).toMatchObject({ isDebit: false, digits: '1,00' })
  })

  it.each(['DD', 'DR', 'RCR', 'RCD', 'EDD'])('takes the letter in %s for no mark', (mark) => {
    expect(read(`260303${mark}1,00NTRFX`)).toMatchObject({ isDebit: true, digits: '1,00' })
  })

  it.each([
    ['2603030303', '2026-03-03'],
    ['260303', '2026-03-03'],
    ['260303    ', '2026-03-03'],
    ['2603030000', '2026-03-03'],
    ['2612310105', '2027-01-05'],
    ['2701041229', '2026-12-29'],
    ['2606300101', '2026-01-01'],
    ['2402280229', '2024-02-29'],
  ])('of %s was booked on %s', (dates, businessDate) => {
    expect(read(`${dates}C1,00NTRFX`)).toMatchObject({ businessDate, dateProblem: undefined })
  })

  it.each([
    ['2602300301', '2026-03-01', 1],
    ['260230', undefined, 1],
    ['2602280230', undefined, 2],
    ['2622680301', undefined, 1],
    ['2603031301', undefined, 2],
  ])('of %s says what is impossible about it', (dates, businessDate, column) => {
    const line = read(`${dates}C1,00NTRFX`)

    expect(line.businessDate).toBe(businessDate)
    expect(line.dateProblem).toMatchObject({ column })
  })

  it.each([
    ['NTRFNONREF', 'NTRF', 'NONREF', ''],
    ['N051000123', 'N051', '000123', ''],
    ['NOV NONREF', 'NOV', 'NONREF', ''],
    ['NTRF//BANK', 'NTRF', '', 'BANK'],
    ['//BANK', undefined, '', 'BANK'],
    ['NONREF', undefined, 'NONREF', ''],
    ['NONREF//BANK', undefined, 'NONREF', 'BANK'],
    ['NTRF2026-03-03-08.37.18.0542//B/1', 'NTRF', '2026-03-03-08.37.18.0542', 'B/1'],
    ['NTRFA/B//C//D', 'NTRF', 'A/B', 'C//D'],
    ['NMSC', 'NMSC', '', ''],
    ['', undefined, '', ''],
  ])('that ends in "%s" has the type %s, the reference "%s" and the bank\'s "%s"', (behind, type, reference, bank) => {
    expect(read(`260303C1,00${behind}`)).toMatchObject({ type, reference, bankReference: bank })
  })

  it('has a name behind a reference that was padded to its length', () => {
    expect(read('260303C1,00N044012147          J. Doe', 'Utrecht')).toMatchObject({
      reference: '012147',
      supplementary: 'J. Doe Utrecht',
    })
  })

  it.each([
    [['2603030303CR', '30,50NTRFX']],
    [['2603030303CR3', '0,50NTRFX']],
    [['2603030303CR30', ',50NTRFX']],
    [['2603030303CR30,5', '0NTRFX']],
    [['2603030303CR30,50', 'NTRFX']],
    [['26030303', '03CR30,50NTRFX']],
    [['26', '03030303CR30,5', '0NTRFX']],
  ])('is read as one when it is broken as in %j', (lines) => {
    expect(readStatementLine(lines)).toMatchObject({ digits: '30,50', type: 'NTRF', reference: 'X', supplementary: '' })
  })

  it('does not take a number below it for a part of its amount', () => {
    expect(read('2603030303C30,50', '20260303007602')).toMatchObject({
      digits: '30,50',
      supplementary: '20260303007602',
    })
  })

  it.each([
    '',
    '26030',
    '260303X1,00NTRFX',
    '260303C',
    '260303CNTRFX',
    '26030303033C1,00NTRFX',
    '260303C1 250,50NTRFX',
    '260303c1,00NTRFX',
  ])('is not "%s"', (text) => {
    expect(() => read(text)).toThrow()
  })
})
