import { describe, expect, it } from 'vitest'
import { inMajorUnits } from './amounts.ts'

describe('an amount in a table', () => {
  it.each([
    [1250, 'EUR', '12.50'],
    [1250, 'JPY', '1250'],
    [1250, 'ITL', '1250'],
    [-1250, 'BGN', '-12.50'],
    [1250, 'XXX', '12.50'],
    [0, '', '0.00'],
  ])('of %i in "%s" is %s', (minor, currency, text) => {
    expect(inMajorUnits(minor, currency)).toBe(text)
  })
})
