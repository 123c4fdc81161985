import { describe, expect, it } from 'vitest'
import { isMarkOpen, markShown, readAmount } from './amount-text.ts'

const value = (text: string, mark: '.' | ','): string | undefined => {
  const read = readAmount(text, mark)
  return (
    read && `${read.decimal.digits}e-${read.decimal.scale}${read.currency === undefined ? '' : ` ${read.currency}`}`
  )
}

describe('an amount', () => {
  it.each([
    ['1234.5', '.', '12345e-1'],
    ['.5', '.', '5e-1'],
    ['1.234,56', ',', '123456e-2'],
    ['1,234.56', '.', '123456e-2'],
    ['1 234,56', ',', '123456e-2'],
    ['1\u00a0234,56', ',', '123456e-2'],
    ['1\u202f234\u202f567,8', ',', '12345678e-1'],
    ["1'234'567.80", '.', '123456780e-2'],
    ['1’234.50', '.', '123450e-2'],
    ['12,34,567.89', '.', '123456789e-2'],
    ['1,23,456', '.', '123456e-0'],
    ['(12.00)', '.', '-1200e-2'],
    ['( 1,212.00 )', '.', '-121200e-2'],
    ['12.00-', '.', '-1200e-2'],
    ['1.212,00 -', ',', '-121200e-2'],
    ['- 12,00', ',', '-1200e-2'],
    ['\u221212.00', '.', '-1200e-2'],
    ['\u20131 212,00', ',', '-121200e-2'],
    ['+1 212,00', ',', '121200e-2'],
    ['12.00 DR', '.', '-1200e-2'],
    ['12.00CR', '.', '1200e-2'],
    ['12.00 D', '.', '-1200e-2'],
    ["'579,68 USD", ',', '57968e-2 USD'],
    ["'USD 9.126,07", ',', '912607e-2 USD'],
    ['€ 12', ',', '12e-0 EUR'],
    ['-€12.50', '.', '-1250e-2 EUR'],
    ['€ -12.50', '.', '-1250e-2 EUR'],
    ['($12.50)', '.', '-1250e-2'],
    ['$12.50 USD', '.', '1250e-2 USD'],
    ['US$ 12.50', '.', '1250e-2 USD'],
    ['-12.50 ₺', '.', '-1250e-2 TRY'],
    ['NZ$12.50', '.', '1250e-2 NZD'],
    ['1 250 Ft', ',', '1250e-0 HUF'],
    ['R$ 1.234,50', ',', '123450e-2 BRL'],
    ['12,50 zł', ',', '1250e-2 PLN'],
    ['12,00- EUR', ',', '-1200e-2 EUR'],
    ['(12.00) EUR', '.', '-1200e-2 EUR'],
    ['EUR 12.00 DR', '.', '-1200e-2 EUR'],
    ['kr 1 234,50', ',', '123450e-2'],
  ] as const)('%j with the mark %s is %s', (text, mark, expected) => {
    expect(value(text, mark)).toBe(expected)
  })

  it.each([
    '', ' ', '-', '.', 'EUR', 'abc', '12a', '12..5', '1,23', '1,2345', '12,345,6', '1,234,56', '1 23', '12 34', '1,234 567', '0,123',
    '12,,345', '-12-', '--12', '-12.00 DR', '(12.00)-', '(-12.00)', '-(12.00)', '(12.00', '12 XYZ', '€ 12 USD', 'EUR USD 12',
    '1e5', '1.234,56', '12.345.678,90', '#N/A', '2026-03-03', '10:30', '12%', `${'1'.repeat(70)}`, `1.${'0'.repeat(25)}`,
  ])('is not in %j', (text) => {
    expect(readAmount(text, '.')).toBeUndefined()
  }) // biome-ignore format: one list

  it('of hostile length takes no time', () => {
    for (const text of ['('.repeat(100_000), '1,'.repeat(50_000), `1${' '.repeat(100_000)}x`, '-'.repeat(100_000)])
      expect(readAmount(text, '.')).toBeUndefined()
  })
})

describe('the decimal mark', () => {
  it.each([
    ['1,234.56', '.'], ['1.234,56', ','], ['12,5', ','], ['12.50', '.'], ['1.234.567', ','], ['1,234,567', '.'], ['0,123', ','],
    ['1234,567', ','], ['12.3456', '.'], ['1 234,56 EUR', ','],
  ] as const)('is shown by %s', (text, mark) => {
    expect([markShown(text), isMarkOpen(text)]).toEqual([mark, false])
  }) // biome-ignore format: one list

  it('is open in what could be thousands as well, and not in what has none', () => {
    expect(['1,234', '1.234', '-12,345 EUR', '12', '1 234'].map(isMarkOpen)).toEqual([true, true, true, false, false])
  })
})
