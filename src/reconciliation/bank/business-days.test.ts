import { describe, expect, it } from 'vitest'
import { addBusinessDays, businessDayFrom, isBusinessDay } from './business-days.ts'

const EASTER = { days: [1, 2, 3, 4, 5], holidays: ['2026-04-03', '2026-04-06'] }

describe('business days', () => {
  it.each([
    ['2026-04-02', 0, '2026-04-02'],
    ['2026-04-02', 1, '2026-04-07'],
    ['2026-04-04', 1, '2026-04-07'],
    ['2026-04-02', 2, '2026-04-08'],
    ['2026-12-31', 1, '2027-01-01'],
  ])('%s and %i of them is %s', (day, count, expected) => {
    expect(addBusinessDays(day, count, EASTER)).toBe(expected)
  })

  it('leave out weekends and holidays', () => {
    expect(['2026-04-02', '2026-04-03', '2026-04-04', '2026-04-06'].map((day) => isBusinessDay(day, EASTER))).toEqual([
      true,
      false,
      false,
      false,
    ])
    expect(businessDayFrom('2026-04-03', EASTER)).toBe('2026-04-07')
  })
})
