import type { Source } from '../../src/reconciliation/index.ts'

/** The simulator, as it is reconciled. */
export const SOURCE: Source = {
  name: 'simulator',
  zone: 'UTC',
  cutOff: '00:00',
  dayNamedBy: 'start',
  graceMinutes: 15,
  lagDays: 1,
  feeSchedule: { ratePpm: 29_000, fixed: 30n },
}
