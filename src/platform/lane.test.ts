import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Refusal } from './errors.ts'
import { createLane, type LaneOptions } from './lane.ts'
import { createShared } from './lane-shared.ts'

/** A lane over numbers whose commits wait until the test lets them end. */
function aLane(options: Partial<LaneOptions<number, string>> = {}) {
  const batches: { readonly items: readonly number[]; readonly end: (error?: Error) => void }[] = []
  const lane = createLane<number, string>({
    maxBatch: 100,
    maxQueue: 1_000,
    concurrency: 1,
    whenFull: () => new Error('full'),
    splitOn: () => false,
    commit(items) {
      const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
      batches.push({ items, end: (error) => (error ? reject(error) : resolve(items.map((item) => `done ${item}`))) })
      return promise
    },
    ...options,
  })
  return { lane, batches, contents: () => batches.map((batch) => batch.items) }
}

/** A lane whose commits refuse the given numbers, as a database refuses a whole batch for one row. */
function aPickyLane(bad: readonly number[], splitOn: (error: unknown) => boolean = () => true) {
  const committed: (readonly number[])[] = []
  const { lane } = aLane({
    splitOn,
    async commit(items) {
      const found = items.find((item) => bad.includes(item))
      if (found !== undefined) throw new Error(`refused ${found}`)
      committed.push(items)
      return items.map((item) => `done ${item}`)
    },
  })
  return { lane, committed }
}

const outcomes = (results: readonly PromiseSettledResult<string>[]): readonly string[] =>
  results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason)))

describe('a lane', () => {
  it('commits what arrives together as one batch, and what arrives meanwhile as the next', async () => {
    const { lane, batches, contents } = aLane()
    const first = [1, 2, 3].map(lane.submit)
    await turn()
    const second = [4, 5].map(lane.submit)
    await turn()
    expect(contents()).toEqual([[1, 2, 3]])
    expect(lane.size()).toBe(5)
    batches[0]?.end()
    expect(await Promise.all(first)).toEqual(['done 1', 'done 2', 'done 3'])
    await turn()
    expect(contents()).toEqual([
      [1, 2, 3],
      [4, 5],
    ])
    batches[1]?.end()
    expect(await Promise.all(second)).toEqual(['done 4', 'done 5'])
    expect(lane.size()).toBe(0)
  })

  it('has so many batches in flight and no more', async () => {
    const { lane, batches, contents } = aLane({ concurrency: 2, maxBatch: 1 })
    const results = [1, 2, 3].map(lane.submit)
    await turn()
    expect(contents()).toEqual([[1], [2]])
    batches[1]?.end()
    await turn()
    expect(contents()).toEqual([[1], [2], [3]])
    batches[0]?.end()
    batches[2]?.end()
    expect(await Promise.all(results)).toEqual(['done 1', 'done 2', 'done 3'])
  })

  it('fills batches by weight, and takes alone what weighs more than a batch', async () => {
    const { lane, batches, contents } = aLane({ maxBatch: 10, weight: (item) => item, concurrency: 10 })
    const results = [4, 6, 1, 30, 5, 5, 1].map(lane.submit)
    await turn()
    expect(contents()).toEqual([[4, 6], [1], [30], [5, 5], [1]])
    for (const batch of batches) batch.end()
    await Promise.all(results)
  })

  it('refuses what does not fit into its queue, and takes more once there is room', async () => {
    const { lane, batches } = aLane({ maxQueue: 2 })
    const results = [1, 2].map(lane.submit)
    expect(() => lane.submit(3)).toThrow('full')
    await turn()
    results.push(lane.submit(3), lane.submit(4))
    expect(() => lane.submit(5)).toThrow('full')
    batches[0]?.end()
    await turn()
    batches[1]?.end()
    expect(await Promise.all(results)).toHaveLength(4)
  })

  it('gives an error that is not about one item to every caller of the batch, and goes on', async () => {
    const { lane, batches } = aLane()
    const results = [1, 2].map(lane.submit)
    await turn()
    batches[0]?.end(new Error('connection lost'))
    expect(outcomes(await Promise.allSettled(results))).toEqual(['Error: connection lost', 'Error: connection lost'])
    const next = lane.submit(3)
    await turn()
    batches[1]?.end()
    expect(await next).toBe('done 3')
  })

  it('commits the others when some items are bad, each once and in order', async () => {
    const { lane, committed } = aPickyLane([3, 7, 8])
    const results = await Promise.allSettled(Array.from({ length: 16 }, (_, index) => lane.submit(index)))
    expect(outcomes(results)).toEqual(
      Array.from({ length: 16 }, (_, index) =>
        [3, 7, 8].includes(index) ? `Error: refused ${index}` : `done ${index}`,
      ),
    )
    expect(committed.flat()).toEqual([0, 1, 2, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15])
  })

  it('splits only on errors that one item can cause', async () => {
    const { lane, committed } = aPickyLane([2], () => false)
    const results = await Promise.allSettled([1, 2, 3].map(lane.submit))
    expect(outcomes(results)).toEqual(['Error: refused 2', 'Error: refused 2', 'Error: refused 2'])
    expect(committed).toEqual([])
  })

  it('does not commit again what was committed with too few results', async () => {
    let commits = 0
    const { lane } = aLane({
      splitOn: () => true,
      async commit(items) {
        commits += 1
        return items.slice(1).map(String)
      },
    })
    const results = await Promise.allSettled([1, 2].map(lane.submit))
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected'])
    expect(commits).toBe(1)
  })

  it('serves in the order of arrival, however much arrives later', async () => {
    const served: number[] = []
    const { lane } = aLane({
      maxBatch: 3,
      async commit(items) {
        served.push(...items)
        await turn()
        return items.map(String)
      },
    })
    const results: Promise<string>[] = []
    for (let item = 0; item < 200; item += 1) {
      results.push(lane.submit(item))
      if (item % 5 === 0) await turn()
    }
    await Promise.all(results)
    expect(served).toEqual(Array.from({ length: 200 }, (_, index) => index))
  })

  it('takes no more than there is room for, what is in a batch counted, and goes on when there is room again', async () => {
    let room = 3
    const { lane, batches, contents } = aLane({
      concurrency: 2,
      pace: { room: () => room, trickle: { weight: 1, everyMs: 60_000 } },
    })
    const results = [1, 2, 3, 4, 5].map(lane.submit)
    await turn()
    expect(contents()).toEqual([[1, 2, 3]])
    room = 4
    lane.resume()
    await turn()
    expect(contents()).toEqual([[1, 2, 3], [4]])
    room = 100
    for (const batch of batches) batch.end()
    await turn()
    expect(contents()).toEqual([[1, 2, 3], [4], [5]])
    for (const batch of batches) batch.end()
    await Promise.all(results)
  })

  it('lets nothing wait for ever, also when there is never room', async () => {
    const committed: (readonly number[])[] = []
    const { lane } = aLane({
      maxBatch: 2,
      pace: { room: () => 0, trickle: { weight: 3, everyMs: 1 } },
      commit: async (items) => {
        committed.push(items)
        return items.map(String)
      },
    })

    await Promise.all([1, 2, 3, 4, 5].map(lane.submit))

    expect(committed).toEqual([[1, 2], [3, 4], [5]])
  })

  it('takes all that waits for room at once when the process stops, and waits for none afterwards', async () => {
    const { lane, batches, contents } = aLane({
      maxBatch: 2,
      concurrency: 2,
      pace: { room: () => 0, trickle: { weight: 1, everyMs: 60_000 } },
    })
    const results = [1, 2, 3].map(lane.submit)
    await turn()
    expect(contents()).toEqual([])

    lane.hurry()
    await turn()
    expect(contents()).toEqual([[1, 2], [3]])
    for (const batch of batches) batch.end()
    results.push(lane.submit(4))
    await turn()
    for (const batch of batches) batch.end()

    expect(await Promise.all(results)).toEqual(['done 1', 'done 2', 'done 3', 'done 4'])
  })

  it('is idle for whoever asks once what was submitted before has settled, also under load', async () => {
    const { lane, batches } = aLane({ maxBatch: 1, concurrency: 2 })
    expect(await lane.idle()).toBeUndefined()
    const results = [1, 2, 3].map(lane.submit)
    let idle = false
    const asked = lane.idle().then(() => {
      idle = true
    })
    results.push(lane.submit(4), lane.submit(5))
    await turn()
    // The second of two batches in flight ends first.
    batches[1]?.end()
    await turn()
    batches[2]?.end()
    await turn()
    expect(idle).toBe(false)
    batches[0]?.end()
    await asked
    expect(lane.size()).toBe(2)
    for (const batch of batches) batch.end()
    await turn()
    for (const batch of batches) batch.end()
    await Promise.all(results)
  })
})

describe('shared work', () => {
  it('runs once at a time, and whoever asks while it runs shares the next run', async () => {
    const runs: (() => void)[] = []
    const work = createShared(
      () => new Promise<number>((resolve) => runs.push(() => resolve(runs.length))),
      () => new Refusal('overloaded', 'full'),
    )
    const first = [work(), work()]
    await turn()
    const second = [work(), work(), work()]
    await turn()
    expect(runs).toHaveLength(1)
    runs[0]?.()
    expect(await Promise.all(first)).toEqual([1, 1])
    await turn()
    expect(runs).toHaveLength(2)
    runs[1]?.()
    expect(await Promise.all(second)).toEqual([2, 2, 2])
  })

  it('tells every caller of a run that failed, and runs again for the next', async () => {
    let runs = 0
    const work = createShared(
      async () => {
        runs += 1
        if (runs === 1) throw new Error('no connection')
        return runs
      },
      () => new Refusal('overloaded', 'full'),
    )
    const results = await Promise.allSettled([work(), work()])
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected'])
    expect(await work()).toBe(2)
  })
})
