import { describe, expect, it } from 'vitest'
import { readOptions } from './options.ts'

describe('options', () => {
  it('have defaults, a random seed among them', () => {
    const options = readOptions([])

    expect(options).toMatchObject({ kills: 40, payments: 800, concurrency: 12, servers: 1, json: false, keep: false })
    expect(options).not.toEqual(readOptions([]))
  })

  it('take a seed and a number of kills', () => {
    expect(readOptions(['--seed', '1', '--kills', '4'])).toMatchObject({ seed: 1, kills: 4, payments: 80 })
  })

  it('take a number of servers', () => {
    expect(readOptions(['--servers', '2'])).toMatchObject({ servers: 2 })
  })

  it.each([
    [['--servers', '0']],
    [['--servers', '10']],
    [['--seed', '-1']],
    [['--seed', '1.5']],
    [['--kills', 'many']],
    [['--payments', '0']],
    [['--concurrency', '0']],
    [['--sead', '1']],
    [['loose']],
  ])('refuse %j with a sentence', (args) => {
    expect(typeof readOptions(args)).toBe('string')
  })
})
