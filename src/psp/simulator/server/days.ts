/** Business days of the simulator: those of UTC, counted from 1970-01-01. */

export const DAY_MS = 86_400_000

export const dayOf = (instantMs: number): number => Math.floor(instantMs / DAY_MS)

export const startOfDay = (day: number): number => day * DAY_MS

/** The day as an ISO date. */
export const isoDay = (day: number): string => new Date(startOfDay(day)).toISOString().slice(0, 10)

/** The day of an ISO date, or undefined when the text is none. */
export function dayFromIso(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const ms = Date.parse(`${text}T00:00:00.000Z`)
  // 30 February would be read as a day in March.
  return Number.isNaN(ms) || isoDay(dayOf(ms)) !== text ? undefined : dayOf(ms)
}
