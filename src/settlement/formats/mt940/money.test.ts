import { describe, expect, it } from 'vitest'
import { readAmount, readBalance, readEntrySum } from './money.ts'

describe('An amount', () => {
  it.each([
    ['20,', 'EUR', 2_000n],
    ['20,5', 'EUR', 2_050n],
    ['20', 'EUR', 2_000n],
    ['0,05', 'EUR', 5n],
    ['000000000300,00', 'EUR', 30_000n],
    ['000000000300.00', 'EUR', 30_000n],
    ['300.5', 'EUR', 30_050n],
    ['1.234.567,89', 'EUR', 123_456_789n],
    ['1,234,567.89', 'EUR', 123_456_789n],
    ['1.234.567', 'EUR', 123_456_700n],
    ['1500,', 'JPY', 1_500n],
    ['1,500', 'KWD', 1_500n],
    ['1.500', 'KWD', 1_500n],
    ['1,5', 'DEM', 150n],
    ['1000,', 'ITL', 1_000n],
  ])('%s in %s is %i minor units', (text, currency, amount) => {
    expect(readAmount(text, currency, 5)).toEqual({ amount, over: 0n })
  })

  it.each([
    ['10,005', 1_001n, -5n],
    ['10,004', 1_000n, 4n],
    ['10,0149', 1_001n, 49n],
  ])('%s EUR is rounded half away from zero, and what is lost is kept', (text, amount, thousandths) => {
    const exact = readAmount(text, 'EUR', 5)

    expect(exact.amount).toBe(amount)
    expect(exact.over.toString()).toMatch(new RegExp(`^${thousandths}0+$`))
  })

  it.each(['', ',', '1.234', '12.34.56', '1.23,4,5', "1'234,56", '1,1234567', '1'.repeat(70)])(
    '"%s" is refused in EUR',
    (text) => {
      expect(() => readAmount(text, 'EUR', 5)).toThrow('is not an amount')
    },
  )

  it('is refused in what is no currency, and when it is too large', () => {
    expect(() => readAmount('1,', 'XYZ', 5)).toThrow('is not a currency')
    expect(() => readAmount('9'.repeat(30), 'EUR', 5)).toThrow('2^63')
  })
})

describe('A balance', () => {
  it('is negative when it is a debit', () => {
    expect(readBalance('D260303EUR1234,5', undefined)).toMatchObject({
      money: { amount: -123_450n, over: 0n },
      currency: 'EUR',
      date: '2026-03-03',
      lacksCurrency: false,
      behind: '',
    })
  })

  it("is in the statement's currency when it has none", () => {
    expect(readBalance('C2603031234,50', 'EUR')).toMatchObject({ money: { amount: 123_450n }, lacksCurrency: true })
    expect(() => readBalance('C2603031234,50', undefined)).toThrow('has no currency')
  })

  it('has no date when there is no such day, and keeps what is behind it apart', () => {
    expect(readBalance('C260230EUR11 27421,94', undefined)).toMatchObject({
      money: { amount: 1_100n },
      date: undefined,
      statedDate: '260230',
      behind: '27421,94',
    })
  })

  it.each(['', 'X260303EUR1,', 'C2603EUR1,', 'C260303EUR', 'EUR1,'])('is not "%s"', (text) => {
    expect(() => readBalance(text, 'EUR')).toThrow('is not a balance')
  })
})

describe('A sum of entries', () => {
  it('is a number and an amount', () => {
    expect(readEntrySum('2EUR47,11')).toEqual({ count: 2n, currency: 'EUR', sum: { amount: 4_711n, over: 0n } })
  })

  it.each(['', 'EUR47,11', '2EUR', '2EUR47,11X'])('is not "%s"', (text) => {
    expect(() => readEntrySum(text)).toThrow()
  })
})
