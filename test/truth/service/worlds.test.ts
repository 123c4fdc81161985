import { describe, expect, it } from 'vitest'
import { createTestDatabase } from '../../support/database.ts'
import { playWorlds } from './work.ts'

/** Two of the worlds of `npm run truth`: one with late and reissued files, and one with a bank. */
describe('breaks planted in a world of several days', () => {
  it.each([2, 3])(
    'live as they were planned, each and nothing else, and every proof closes (seed %i)',
    { timeout: 120_000 },
    async (seed) => {
      const { tally, problems } = await playWorlds({ seeds: [seed], again: false }, createTestDatabase, () => {})

      expect(problems).toEqual([])
      expect(tally.size).toBeGreaterThan(2)
    },
  )
})
