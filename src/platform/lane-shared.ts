import type { Refusal } from './errors.ts'
import { createLane } from './lane.ts'

/**
 * Turns a long piece of work, such as a report over whole tables, into one that runs once at a time: whoever asks while
 * it runs shares the next run, so that many callers cost no more than two and never see something older than their
 * question. Throws `whenFull()` for more than 1,000 who wait.
 */
export function createShared<R>(run: () => Promise<R>, whenFull: () => Refusal): () => Promise<R> {
  const callers = 1_000
  const lane = createLane<undefined, R>({
    maxBatch: callers,
    maxQueue: callers,
    concurrency: 1,
    whenFull,
    async commit(items) {
      const result = await run()
      return items.map(() => result)
    },
    splitOn: () => false,
  })
  return async () => lane.submit(undefined)
}
