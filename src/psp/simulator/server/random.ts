/** A stream of numbers in [0, 1) that depends on the seed alone, so that a run can be repeated. */
export type Random = { readonly next: () => number; readonly reseed: (seed: number) => void }

/** Marsaglia's xorshift on 32 bits: enough to choose faults, and of no use for secrets. */
export function createRandom(seed: number): Random {
  let state = scramble(seed)
  return {
    next: () => {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      return (state >>> 0) / 2 ** 32
    },
    reseed: (next) => {
      state = scramble(next)
    },
  }
}

/** Spreads close seeds apart, and never gives 0, on which xorshift would stay for ever. */
function scramble(seed: number): number {
  const mixed = Math.imul(seed ^ (seed >>> 16), 0x45d9f3b) ^ 0x2545f491
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) || 1
}
