/** Business time: the wall clock plus an offset that is kept in the book. In milliseconds since the epoch. */
export type BusinessClock = {
  /** Never earlier than any instant it gave or saw before, even when the machine's clock steps back. */
  readonly now: () => number
  readonly offsetMs: () => number
  readonly setOffset: (offsetMs: number) => void
  /** Takes note of a stamp in the book. */
  readonly saw: (instant: number) => void
}

export function createBusinessClock(): BusinessClock {
  let offset = 0
  let latest = 0
  return {
    now: () => {
      latest = Math.max(latest, Date.now() + offset)
      return latest
    },
    offsetMs: () => offset,
    setOffset: (next) => {
      offset = next
    },
    saw: (instant) => {
      latest = Math.max(latest, instant)
    },
  }
}
