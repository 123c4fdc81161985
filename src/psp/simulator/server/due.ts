import { isoDay, startOfDay } from './days.ts'
import { completeDue } from './follow-up.ts'
import type { FileRecord } from './records.ts'
import type { Simulator } from './simulator.ts'

/** What the simulator does by itself, at its own instants: charges that come due, and the file at the end of each day. */

/**
 * Does everything that came due, in the order of time: whatever is captured before midnight is in the book before the
 * file of that day is. Each step appends one record and moves on, so it ends.
 */
export function runDue(simulator: Simulator): void {
  const now = simulator.clock.now()
  for (;;) {
    const charge = simulator.charges.nextDue()
    const due = charge?.rare?.due
    const midnight = nextMidnight(simulator)
    if (charge !== undefined && due !== undefined && due <= midnight) {
      if (due > now) return
      completeDue(simulator, charge, due)
    } else {
      if (midnight > now) return
      simulator.commit(fileRecord(simulator, midnight))
    }
  }
}

/** The earliest instant, later than now, at which there is something to do or a file becomes ready. */
export function nextDueAt(simulator: Simulator): number {
  const charge = simulator.charges.nextDue()?.rare?.due ?? Number.POSITIVE_INFINITY
  const ready = simulator.settlement.nextReadyAt(simulator.clock.now()) ?? Number.POSITIVE_INFINITY
  return Math.min(charge, ready, nextMidnight(simulator))
}

const nextMidnight = (simulator: Simulator): number => startOfDay(simulator.settlement.nextDay() + 1)

function fileRecord(simulator: Simulator, at: number): FileRecord {
  const { settlement, bank } = simulator.settings()
  const { delay_minutes, broken_control } = settlement
  return {
    t: 'file',
    day: isoDay(simulator.settlement.nextDay()),
    at,
    ...(delay_minutes > 0 ? { delay_minutes } : {}),
    ...(broken_control ? { broken_control } : {}),
    ...(bank.fault === 'none' ? {} : { bank_fault: bank.fault }),
  }
}
