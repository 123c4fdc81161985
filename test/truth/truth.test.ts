import { describe, expect, it } from 'vitest'
import { work } from './work.ts'

/** A few of the sets of `npm run truth`, which has thousands. */
const SEEDS = Array.from({ length: 2 }, (_, place) => 70_002 + place * 2)

describe('planted breaks', () => {
  it.each(SEEDS)(
    'are found, all of them and nothing else, in whatever way they are told (from seed %i)',
    { timeout: 60_000 },
    async (seed) => {
      const { problems, tally } = await work({ seeds: [seed, seed + 1], size: 'small', again: 1 }, () => {})

      expect(problems).toEqual([])
      expect(tally.size).toBeGreaterThan(5)
    },
  )
})
