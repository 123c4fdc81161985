import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AmountError, CURRENCIES, formatMinor, MAX_AMOUNT, MAX_SUM, parseMajor, parseSignedMajor } from './index.ts'

const currency = fc.constantFrom(...CURRENCIES.map(({ code }) => code))
const amount = fc.bigInt({ min: 0n, max: MAX_AMOUNT })

describe('an amount in major units', () => {
  it('is read back as the minor units it was written from', () => {
    fc.assert(fc.property(amount, currency, (minor, code) => parseMajor(formatMinor(minor, code), code) === minor))
  })

  it.each([
    ['12.50', 'EUR', 1250n],
    ['12.5', 'EUR', 1250n],
    ['12', 'EUR', 1200n],
    ['0.01', 'EUR', 1n],
    ['0', 'EUR', 0n],
    ['007', 'EUR', 700n],
    ['1250', 'JPY', 1250n],
    ['1.234', 'KWD', 1234n],
    ['1.2345', 'CLF', 12345n],
    ['90071992547409.91', 'EUR', MAX_AMOUNT],
    ['9007199254740991', 'JPY', MAX_AMOUNT],
  ])('%s %s is %s', (text, code, minor) => {
    expect(parseMajor(text, code)).toBe(minor)
  })

  it.each([
    ['12.505', 'EUR', '"12.505" has 3 decimals; EUR has 2 decimals'],
    ['12.50', 'JPY', '"12.50" has 2 decimals; JPY has no minor unit'],
    ['12.500', 'EUR', '3 decimals'],
    ['-1', 'EUR', 'sign'],
    ['+1', 'EUR', 'sign'],
    ['1e3', 'EUR', 'exponent'],
    ['1,250.00', 'EUR', 'separators'],
    ['1.250,00', 'EUR', 'separators'],
    ['12,50', 'EUR', 'separators'],
    ['1 250', 'EUR', 'separators'],
    ['1_250', 'EUR', 'separators'],
    ['12.', 'EUR', 'separators'],
    ['.5', 'EUR', 'is not a number'],
    ['', 'EUR', 'empty'],
    [' ', 'EUR', 'empty'],
    ['12.50 ', 'EUR', 'separators'],
    ['€5', 'EUR', 'is not a number'],
    ['0x10', 'EUR', 'is not a number'],
    ['٣', 'EUR', 'is not a number'],
    ['NaN', 'EUR', 'is not a number'],
    ['90071992547409.92', 'EUR', 'largest amount'],
    ['9'.repeat(41), 'EUR', 'longer than 40'],
    ['1', 'XXX', 'not an ISO 4217'],
  ])('%j %s is refused with the reason', (text, code, reason) => {
    expect(() => parseMajor(text, code)).toThrow(AmountError)
    expect(() => parseMajor(text, code)).toThrow(reason)
  })

  it('is never something between two minor units', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789.-e,') }), currency, (text, code) => {
        try {
          const minor = parseMajor(text, code)
          return minor >= 0n && minor <= MAX_AMOUNT && Number(formatMinor(minor, code)) === Number(text)
        } catch (error) {
          return error instanceof AmountError
        }
      }),
    )
  })
})

describe('a sum in major units', () => {
  it('is read back as the minor units it was written from', () => {
    const sum = fc.bigInt({ min: -MAX_SUM, max: MAX_SUM })

    fc.assert(fc.property(sum, currency, (minor, code) => parseSignedMajor(formatMinor(minor, code), code) === minor))
  })

  it.each([
    ['-12.5', 'EUR', -1250n],
    ['-0.00', 'EUR', 0n],
    ['90071992547409.92', 'EUR', MAX_AMOUNT + 1n],
    ['-9223372036854775807', 'JPY', -MAX_SUM],
  ])('%s %s is %s', (text, code, minor) => {
    expect(parseSignedMajor(text, code)).toBe(minor)
  })

  it.each([
    ['9223372036854775808', 'JPY', 'largest sum'],
    ['--1', 'EUR', 'sign'],
    ['+1', 'EUR', 'sign'],
    ['1-', 'EUR', 'is not a number'],
    ['-', 'EUR', 'empty'],
    ['-12.505', 'EUR', '3 decimals'],
    ['(1.00)', 'EUR', 'is not a number'],
  ])('%j %s is refused with the reason', (text, code, reason) => {
    expect(() => parseSignedMajor(text, code)).toThrow(AmountError)
    expect(() => parseSignedMajor(text, code)).toThrow(reason)
  })
})

describe('minor units', () => {
  it.each([
    [1250n, 'EUR', '12.50'],
    [5n, 'EUR', '0.05'],
    [0n, 'EUR', '0.00'],
    [-5n, 'EUR', '-0.05'],
    [-1250n, 'JPY', '-1250'],
    [1n, 'KWD', '0.001'],
    [12345n, 'CLF', '1.2345'],
    [1250n, 'ITL', '1250'],
    [1250n, 'BGN', '12.50'],
    [1250n, 'XXX', '12.50'],
    [10n ** 30n, 'EUR', `1${'0'.repeat(28)}.00`],
  ])('%s %s is shown as %s', (minor, code, text) => {
    expect(formatMinor(minor, code)).toBe(text)
  })

  it('are not shown in what was never a currency', () => {
    expect(() => formatMinor(1250n, 'ABC')).toThrow('"ABC" is no ISO 4217 currency code, past or present')
  })

  it('of a withdrawn currency are shown and never read as an amount to be paid', () => {
    expect(() => parseMajor('12.50', 'BGN')).toThrow('not an ISO 4217')
  })
})
