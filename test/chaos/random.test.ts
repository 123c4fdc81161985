import { describe, expect, it } from 'vitest'
import { createRandom } from './random.ts'

const draw = (seed: string, count: number): number[] => {
  const random = createRandom(seed)
  return Array.from({ length: count }, () => random.next())
}

describe('random', () => {
  it('repeats itself for the same seed and not for another', () => {
    expect(draw('7', 100)).toEqual(draw('7', 100))
    expect(draw('7', 100)).not.toEqual(draw('8', 100))
  })

  it('spreads over [0, 1)', () => {
    const numbers = draw('spread', 10_000)
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length

    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...numbers)).toBeLessThan(1)
    expect(mean).toBeCloseTo(0.5, 1)
  })

  it('keeps integers within their bounds, both included', () => {
    const random = createRandom('bounds')
    const seen = new Set(Array.from({ length: 1_000 }, () => random.int(-2, 2)))

    expect([...seen].toSorted((a, b) => a - b)).toEqual([-2, -1, 0, 1, 2])
  })

  it('gives a concern the same stream whatever another drew', () => {
    const quiet = createRandom('1')
    const busy = createRandom('1')
    for (let drawn = 0; drawn < 50; drawn += 1) busy.next()

    expect(busy.fork('faults').next()).toBe(quiet.fork('faults').next())
  })

  it('picks by weight', () => {
    const random = createRandom('weights')
    const picks = Array.from({ length: 4_000 }, () =>
      random.weighted([
        [3, 'often'],
        [1, 'seldom'],
      ]),
    )

    expect(picks.filter((pick) => pick === 'often').length / picks.length).toBeCloseTo(0.75, 1)
  })
})
