import { setTimeout as delay } from 'node:timers/promises'
import type { Conversations } from './conversation.ts'
import { unitsAllowed } from './gate.ts'
import type { Random } from './random.ts'
import type { Witness } from './witness.ts'
import type { Unit } from './workload.ts'

export type Workers = {
  /** Resolves when every unit was carried through or given up. */
  readonly done: Promise<void>
  readonly started: () => number
  readonly open: () => number
}

/** Carries out the units in order, `concurrency` at a time, no faster than the schedule of faults goes on. */
export function startWorkers(deps: {
  readonly units: readonly Unit[]
  readonly concurrency: number
  readonly conversations: Conversations
  readonly witness: Witness
  readonly random: Random
  /** The share of the fault schedule that has passed. */
  readonly progress: () => number
  readonly giveUp: AbortSignal
}): Workers {
  const { units, concurrency, conversations, witness, random, progress, giveUp } = deps
  let next = 0
  let open = 0
  const worker = async (): Promise<void> => {
    while (!giveUp.aborted) {
      if (next >= unitsAllowed(units.length, progress(), concurrency)) {
        if (next >= units.length) return
        await delay(50)
        continue
      }
      const number = next
      next += 1
      const unit = units[number]
      if (unit === undefined) return
      open += 1
      await conversations.hold(unit, random.fork(`conversation ${number}`)).catch((error: unknown) => {
        witness.unexpected(`unit ${number}: ${error instanceof Error ? error.message : String(error)}`)
      })
      open -= 1
    }
  }
  const done = Promise.all(Array.from({ length: concurrency }, worker)).then(() => undefined)
  return { done, started: () => next, open: () => open }
}
