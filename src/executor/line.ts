import type { Attempt } from '../payments/index.ts'

/** Something to do for an attempt, as the node that this process was when it was given. */
export type Job = {
  readonly attempt: Attempt
  readonly action: 'send' | 'look_up'
  readonly nodeId: number
  /** Taken from the database; otherwise it came straight from being stored. */
  readonly claimed: boolean
}

/** Jobs of one kind at one PSP: first come, first served, a bounded number of them at the same time. */
export type Line = {
  readonly add: (job: Job) => void
  /** The next job, which then occupies a place; undefined when none waits or no place is free. */
  readonly next: () => Job | undefined
  /** A place is free again. */
  readonly done: () => void
  /** Claimed jobs that wait. */
  readonly claimed: () => number
  /** Drops and gives everything that waits. */
  readonly empty: () => readonly Job[]
}

export function createLine(places: number): Line {
  const waiting: Job[] = []
  let running = 0
  let claimed = 0
  return {
    add(job) {
      waiting.push(job)
      if (job.claimed) claimed += 1
    },
    next() {
      if (running >= places) return undefined
      const job = waiting.shift()
      if (job === undefined) return undefined
      running += 1
      if (job.claimed) claimed -= 1
      return job
    },
    done() {
      running -= 1
    },
    claimed: () => claimed,
    empty() {
      claimed = 0
      return waiting.splice(0)
    },
  }
}
