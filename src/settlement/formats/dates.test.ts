import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dateOfSix, isDate } from './dates.ts'

describe('a date', () => {
  it('is one exactly when the calendar has it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1960, max: 2500 }),
        fc.integer({ min: 0, max: 14 }),
        fc.integer({ min: 0, max: 33 }),
        (year, month, day) => {
          const [mm, dd] = [String(month).padStart(2, '0'), String(day).padStart(2, '0')]
          const text = `${year}-${mm}-${dd}`
          const ms = Date.parse(`${text}T00:00:00.000Z`)
          const exists = ms >= 0 && new Date(ms).toISOString().startsWith(text)

          expect(isDate(text)).toBe(exists)
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it.each(['2024-02-29', '2000-02-29', '1970-01-01'])('is %s', (text) => {
    expect(isDate(text)).toBe(true)
  })

  it.each(['2023-02-29', '2100-02-29', '1969-12-31', '2026-3-3', '2026-03-03T00:00', ''])('is not "%s"', (text) => {
    expect(isDate(text)).toBe(false)
  })

  it('of six digits is of 1970 to 2069', () => {
    expect(['700101', '991231', '000101', '691231', '260230'].map(dateOfSix)).toEqual([
      '1970-01-01',
      '1999-12-31',
      '2000-01-01',
      '2069-12-31',
      undefined,
    ])
  })
})
