import { describe, expect, it } from 'vitest'
import { unitsAllowed } from './gate.ts'

describe('gate', () => {
  it('lets work begin at once and spreads the rest over the schedule', () => {
    expect(unitsAllowed(100, 0, 6)).toBe(6)
    expect(unitsAllowed(100, 0.5, 6)).toBe(56)
    expect(unitsAllowed(100, 0.99, 6)).toBe(100)
  })

  it('opens when the schedule is through', () => {
    expect(unitsAllowed(100, 1, 0)).toBe(100)
  })
})
