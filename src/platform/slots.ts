import type { Refusal } from './errors.ts'

/**
 * Work that takes much of a machine, a few pieces at a time: whoever comes while all slots are taken waits for one, and
 * beyond `waiting` of those is refused.
 */
export function createSlots({
  slots,
  waiting,
  whenFull,
}: {
  readonly slots: number
  readonly waiting: number
  readonly whenFull: () => Refusal
}): <T>(work: () => Promise<T>) => Promise<T> {
  const queue: (() => void)[] = []
  let taken = 0
  return async (work) => {
    if (taken < slots) taken += 1
    else if (queue.length < waiting) await new Promise<void>((resolve) => queue.push(resolve))
    else throw whenFull()
    try {
      return await work()
    } finally {
      // The slot goes to whoever waits longest, or is free.
      const next = queue.shift()
      if (next === undefined) taken -= 1
      else next()
    }
  }
}
