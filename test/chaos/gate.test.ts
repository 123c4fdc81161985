import { describe, expect, it } from 'vitest'
import { unitsAllowed } from './gate.ts'

describe('gate', () => {
  it('lets some work begin before the first kill and keeps some for the last', () => {
    expect(unitsAllowed(100, 0, 9)).toBe(10)
    expect(unitsAllowed(100, 8, 9)).toBe(90)
  })

  it('opens when the kills are done, and at once without any', () => {
    expect(unitsAllowed(100, 9, 9)).toBe(100)
    expect(unitsAllowed(100, 0, 0)).toBe(100)
  })
})
