/** Two clocks: one that nobody sets, and one that goes on while the machine sleeps. */
export type Instant = { readonly steadyMs: number; readonly wallMs: number }

export const NEVER: Instant = { steadyMs: Number.NEGATIVE_INFINITY, wallMs: Number.NEGATIVE_INFINITY }

export const instant = (): Instant => ({ steadyMs: performance.now(), wallMs: Date.now() })

/** The longer of the two: a machine that slept or a clock that was set forward ends a lease, too early rather than too late. */
export const elapsedMs = (from: Instant, to: Instant): number =>
  Math.max(to.steadyMs - from.steadyMs, to.wallMs - from.wallMs)
