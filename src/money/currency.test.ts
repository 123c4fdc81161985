import { describe, expect, it } from 'vitest'
import { CURRENCIES, decimalsOf, isCurrency, minorUnits } from './index.ts'

/** Codes that `Intl` still knows and ISO 4217 has withdrawn, or that are no money of account. */
const ONLY_INTL = ['ANG', 'BGN', 'CUC', 'HRK', 'SLL', 'XDR', 'XSU', 'ZWL']
/** Funds codes and codes that `Intl` does not list. */
const ONLY_ISO = ['BOV', 'CHE', 'CHW', 'CLF', 'COU', 'MXV', 'USN', 'UYI', 'UYW', 'VED', 'XAD']
/** Currencies that `Intl` displays with fewer decimals than ISO 4217 gives them. */
const SHOWN_SHORTER = 'AFN ALL COP HUF IDR IQD IRR KPW LAK LBP MGA MMK PKR SOS SYP YER'.split(' ')

const intlDecimals = (code: string): number | undefined =>
  new Intl.NumberFormat('en', { style: 'currency', currency: code }).resolvedOptions().maximumFractionDigits

describe('the currency table', () => {
  it('has the codes that Intl has, but for the listed differences', () => {
    const ours = CURRENCIES.map(({ code }) => code)
    const theirs = Intl.supportedValuesOf('currency')

    expect(theirs.filter((code) => !ours.includes(code))).toEqual(ONLY_INTL)
    expect(ours.filter((code) => !theirs.includes(code))).toEqual(ONLY_ISO)
  })

  it('has the decimals that Intl has, but for the listed differences', () => {
    const differ = CURRENCIES.filter(
      ({ code, decimals }) => !ONLY_ISO.includes(code) && intlDecimals(code) !== decimals,
    ).map(({ code }) => code)

    expect(differ).toEqual(SHOWN_SHORTER)
  })

  it.each([
    ['EUR', 2],
    ['JPY', 0],
    ['KRW', 0],
    ['ISK', 0],
    ['KWD', 3],
    ['BHD', 3],
    ['IQD', 3],
    ['CLF', 4],
    ['UYW', 4],
    ['HUF', 2],
    ['MGA', 2],
  ])('gives %s %i decimals', (code, decimals) => {
    expect(minorUnits(code)).toBe(decimals)
  })

  it('holds each code once, in order, three capital letters long', () => {
    const codes = CURRENCIES.map(({ code }) => code)

    expect(codes).toEqual([...new Set(codes)].sort())
    expect(codes.filter((code) => !/^[A-Z]{3}$/.test(code))).toEqual([])
  })

  it.each(['XAU', 'XXX', 'XTS', 'XDR', 'eur', 'EURO', '', 'DEM', 'BTC', '__proto__'])('does not know "%s"', (code) => {
    expect(isCurrency(code)).toBe(false)
    expect(decimalsOf(code)).toBeUndefined()
    expect(() => minorUnits(code)).toThrow('is not an ISO 4217 currency code')
  })
})
