import { createHash } from 'node:crypto'

/** A seeded source of choices. The same seed and concern give the same choices on every machine. */
export type Random = {
  /** A number in [0, 1). */
  readonly next: () => number
  /** An integer in [min, max], both included. */
  readonly int: (min: number, max: number) => number
  readonly chance: (probability: number) => boolean
  readonly pick: <T>(choices: readonly [T, ...T[]]) => T
  /** Picks by weight; weights are relative and need not sum to anything. */
  readonly weighted: <T>(choices: readonly [readonly [number, T], ...(readonly [number, T])[]]) => T
  /** A stream of its own, so that drawing more in one concern never shifts another. */
  readonly fork: (concern: string) => Random
}

/**
 * The generator is sfc32 seeded with SHA-256 of the seed's name: small, well distributed and easy to
 * repeat anywhere. It decides test input only, never a secret.
 */
export function createRandom(seed: string): Random {
  const digest = createHash('sha256').update(seed).digest()
  let a = digest.readInt32LE(0)
  let b = digest.readInt32LE(4)
  let c = digest.readInt32LE(8)
  let counter = 1
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return (sum >>> 0) / 2 ** 32
  }
  const int = (min: number, max: number): number => min + Math.floor(next() * (max - min + 1))
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (choices) => choices[int(0, choices.length - 1)] ?? choices[0],
    weighted: (choices) => {
      const total = choices.reduce((sum, [weight]) => sum + weight, 0)
      let left = next() * total
      for (const [weight, choice] of choices) {
        left -= weight
        if (left < 0) return choice
      }
      return choices[0][1]
    },
    fork: (concern) => createRandom(`${seed}/${concern}`),
  }
}
