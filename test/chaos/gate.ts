/**
 * How many of `total` units may have started when `done` of `kills` kills are done: the work is spread
 * over the whole schedule, with some of it before the first kill, so that every kill meets some.
 */
export function unitsAllowed(total: number, done: number, kills: number): number {
  if (done >= kills) return total
  return Math.ceil((total * (done + 1)) / (kills + 1))
}
