import assert from 'node:assert/strict'

/**
 * A lane collects work from many callers for a moment and commits it as one batch; each caller's promise settles when
 * its own item is durable. No timer is needed: whatever arrived while the last batch committed is the next batch.
 */
export type Lane<I, R> = {
  /** Settles with the item's result once its batch is committed; rejects with what its batch threw. Throws when full. */
  readonly submit: (item: I) => Promise<R>
  /** Items waiting or in a batch. */
  readonly size: () => number
  /** There may be room again: takes what waited for it. */
  readonly resume: () => void
  /** From now on nothing waits for room: the process stops, and whoever waits is to have an answer. */
  readonly hurry: () => void
  /** Resolves when everything submitted before has settled, whatever is submitted meanwhile. */
  readonly idle: () => Promise<void>
}

export type LaneOptions<I, R> = {
  /** Weight of one batch at most (a single item may exceed it): longer batches win little and make the first wait. */
  readonly maxBatch: number
  /** What an item weighs, e.g. the rows that it writes; 1 unless told. */
  readonly weight?: (item: I) => number
  /** Items waiting at most; `submit` throws `whenFull()` beyond. */
  readonly maxQueue: number
  /** Batches in flight at the same time. */
  readonly concurrency: number
  readonly whenFull: () => Error
  /** Commits a batch and gives one result per item, in order. */
  readonly commit: (items: readonly I[]) => Promise<readonly R[]>
  /**
   * Whether a failed batch of several should be tried again in halves, so that one item that the database refuses
   * leaves the others unharmed. False for errors that would hit every item, such as a lost connection.
   */
  readonly splitOn: (error: unknown) => boolean
  /** Batches wait until what comes after this lane keeps up with it; without it they never do. */
  readonly pace?: Pace
}

/** What keeps a lane from running ahead of what comes after it. */
export type Pace = {
  /** The weight that there is room for, what is in a batch now included. */
  readonly room: () => number
  /**
   * While there is none, this much is taken every `everyMs` all the same, so that what comes after may stand still and
   * items wait a while, but never for ever.
   */
  readonly trickle: { readonly weight: number; readonly everyMs: number }
}

type Waiting<I, R> = { item: I; resolve: (result: R) => void; reject: (error: unknown) => void }

export function createLane<I, R>(options: LaneOptions<I, R>): Lane<I, R> {
  const queue: Waiting<I, R>[] = []
  // Items are numbered as they come. Each batch in flight is known by the number of its first item.
  let taken = 0
  const firstInFlight = new Set<number>()
  let inBatches = 0
  let weightInBatches = 0
  let scheduled = false
  let hurried = false
  let patience: NodeJS.Timeout | undefined
  let idleWaiters: { readonly upTo: number; readonly wake: () => void }[] = []

  const settle = async (batch: readonly Waiting<I, R>[]): Promise<void> => {
    let results: readonly R[]
    try {
      results = await options.commit(batch.map((waiting) => waiting.item))
    } catch (error) {
      if (batch.length > 1 && options.splitOn(error)) {
        const middle = batch.length >> 1
        await settle(batch.slice(0, middle))
        await settle(batch.slice(middle))
        return
      }
      for (const waiting of batch) waiting.reject(error)
      return
    }
    batch.forEach((waiting, index) => {
      const result = results[index]
      // Committed all the same, so not tried again.
      if (index >= results.length)
        waiting.reject(new assert.AssertionError({ message: 'a batch gave too few results' }))
      else waiting.resolve(result as R)
    })
  }

  const weightOf = (item: I): number => options.weight?.(item) ?? 1

  /** Takes what weighs `most` together from the front of the queue; a single item may weigh more. */
  const take = (most: number): { readonly batch: Waiting<I, R>[]; readonly weight: number } => {
    let length = 0
    let weight = 0
    for (; length < queue.length; length += 1) {
      const next = queue[length]
      if (next === undefined) break
      const more = weightOf(next.item)
      if (length > 0 && weight + more > most) break
      weight += more
    }
    return { batch: queue.splice(0, length), weight }
  }

  const wakeIdle = (): void => {
    const settledUpTo = Math.min(taken, ...firstInFlight)
    for (const { upTo, wake } of idleWaiters) if (upTo <= settledUpTo) wake()
    idleWaiters = idleWaiters.filter(({ upTo }) => upTo > settledUpTo)
  }

  const begin = (most: number): void => {
    const { batch, weight } = take(most)
    const first = taken
    taken += batch.length
    inBatches += batch.length
    weightInBatches += weight
    firstInFlight.add(first)
    void settle(batch).finally(() => {
      firstInFlight.delete(first)
      inBatches -= batch.length
      weightInBatches -= weight
      start()
      wakeIdle()
    })
  }

  const mayBegin = (): boolean => firstInFlight.size < options.concurrency && queue.length > 0

  const start = (): void => {
    scheduled = false
    while (mayBegin()) {
      const room = options.pace === undefined || hurried ? options.maxBatch : options.pace.room() - weightInBatches
      if (room <= 0) return waitForRoom()
      begin(Math.min(options.maxBatch, room))
    }
  }

  /** After the current round of I/O events, so that requests read in the same round share the batch. */
  const startSoon = (): void => {
    if (scheduled) return
    scheduled = true
    setImmediate(start)
  }

  const waitForRoom = (): void => {
    if (patience !== undefined || options.pace === undefined) return
    const { weight, everyMs } = options.pace.trickle
    patience = setTimeout(() => {
      patience = undefined
      if (mayBegin()) begin(Math.min(options.maxBatch, weight))
      start()
    }, everyMs)
  }

  return {
    submit: (item) => {
      if (queue.length >= options.maxQueue) throw options.whenFull()
      return new Promise<R>((resolve, reject) => {
        queue.push({ item, resolve, reject })
        startSoon()
      })
    },
    size: () => queue.length + inBatches,
    resume: () => {
      if (queue.length > 0) startSoon()
    },
    hurry: () => {
      hurried = true
      clearTimeout(patience)
      patience = undefined
      startSoon()
    },
    idle: () =>
      queue.length + inBatches === 0
        ? Promise.resolve()
        : new Promise((wake) => {
            idleWaiters.push({ upTo: taken + queue.length, wake })
          }),
  }
}
