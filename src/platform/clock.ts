/**
 * The business clock. It drives business dates, due times and consistency windows; leases, back-off
 * and time-outs use the machine's own time, because an advanced clock must not expire a lease.
 */
export type Clock = {
  /** Business time: wall clock plus the offset. */
  readonly now: () => Date
  /** Business clock minus wall clock, in milliseconds. 0 in live mode, never negative. */
  readonly offsetMs: () => number
}

export type TestClock = Clock & { readonly setOffset: (offsetMs: number) => void }

export const wallClock: Clock = { now: () => new Date(), offsetMs: () => 0 }

export function createTestClock(offsetMs = 0): TestClock {
  let offset = offsetMs
  return {
    now: () => new Date(Date.now() + offset),
    offsetMs: () => offset,
    setOffset: (next) => {
      offset = next
    },
  }
}
