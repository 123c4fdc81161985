/**
 * How many of `total` units may have started when this share of the schedule has passed: the work is
 * spread over the whole of it, with some from the first moment, so that every kill meets some.
 */
export function unitsAllowed(total: number, progress: number, ahead: number): number {
  if (progress >= 1) return total
  return Math.min(total, Math.ceil(total * progress) + ahead)
}
