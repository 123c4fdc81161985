import { describe, expect, it } from 'vitest'
import { createRandom } from './random.ts'
import { nightShare, planFaults, planNights } from './schedule.ts'

describe('fault schedule', () => {
  it('is decided by its seed', () => {
    expect(planFaults(createRandom('1'), 40)).toEqual(planFaults(createRandom('1'), 40))
    expect(planFaults(createRandom('1'), 40)).not.toEqual(planFaults(createRandom('2'), 40))
  })

  it.each([0, 1, 7, 40])('kills %i processes, no more and no fewer', (kills) => {
    const steps = planFaults(createRandom('kills'), kills)
    const killed = steps.flatMap(({ fault }) => (fault.kind === 'kill' ? fault.victims : []))

    expect(killed).toHaveLength(kills)
  })

  it('kills everybody, alone and together, and disturbs in between', () => {
    const steps = planFaults(createRandom('all'), 200)
    const kinds = new Set(steps.map(({ fault }) => fault.kind))
    const victims = new Set(steps.flatMap(({ fault }) => (fault.kind === 'kill' ? fault.victims : [])))

    expect(kinds).toEqual(new Set(['kill', 'pause', 'drop_connections', 'network', 'simulator_settings']))
    expect(victims).toEqual(new Set(['server', 'simulator', 'postgres', 'backend']))
    expect(steps.some(({ fault }) => fault.kind === 'kill' && fault.victims.length === 3)).toBe(true)
  })
})

describe('night kills', () => {
  it.each([
    [0, 0],
    [4, 4],
    [12, 6],
    [40, 10],
  ])('are of %i kills %i', (kills, expected) => {
    expect(nightShare(kills)).toBe(expected)
  })

  it('fall on every night and every stage, as the seed says', () => {
    const nights = planNights(createRandom('1'), 3, 6)

    expect(nights.map((kills) => kills.length)).toEqual([2, 2, 2])
    expect(new Set(nights.flat().map(({ stage }) => stage))).toEqual(new Set(['collecting', 'matching', 'posting']))
    expect(planNights(createRandom('1'), 3, 6)).toEqual(nights)
    expect(planNights(createRandom('2'), 3, 6)).not.toEqual(nights)
  })
})
