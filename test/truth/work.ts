import { judgeAgain, WAYS } from './again.ts'
import { judge, type Tally } from './judge.ts'
import { plantPayouts } from './payouts/set.ts'
import { plantSet } from './set.ts'
import type { TruthSet } from './truth-set.ts'

export type Task = {
  /** Seeds of the sets, and about how many parts each has. */
  readonly seeds: readonly number[]
  readonly size: 'small' | 'large'
  /** Every so many sets are told again, each in the next one of the ways. 0: none. */
  readonly again: number
}

export type Done = {
  readonly sets: number
  readonly rows: number
  readonly again: number
  readonly tally: Tally
  readonly problems: readonly {
    readonly seed: number
    readonly size: Task['size'] | 'world'
    readonly problem: string
  }[]
}

const LARGE = 90_000 // parts, which are some hundred thousand rows a side

/** Small sets differ in size, so that the smallest are there as well. */
const sizeOf = (seed: number, size: Task['size']): number => (size === 'large' ? LARGE : 18 + (seed % 30))

/** Of so many small sets one is a report of payouts and the lines of a bank. */
const PAYOUTS_EVERY = 5

const plant = (seed: number, size: Task['size']): TruthSet =>
  size === 'small' && seed % PAYOUTS_EVERY === 0
    ? plantPayouts(seed, 12 + ((seed / PAYOUTS_EVERY) % 14))
    : plantSet(seed, sizeOf(seed, size))

/** Plants and judges sets one after the other. `tell` hears of each. */
export async function work({ seeds, size, again }: Task, tell: () => void): Promise<Done> {
  const tally: Tally = new Map()
  const problems: { readonly seed: number; readonly size: Task['size']; readonly problem: string }[] = []
  let [rows, judgedAgain] = [0, 0]
  for (const seed of seeds) {
    const set = plant(seed, size)
    rows += set.ours.length + set.theirs.length
    const verdict = await judge(set)
    addTally(tally, verdict.tally)
    problems.push(...verdict.problems.map((problem) => ({ seed, size, problem })))
    const way = WAYS[(seed / again) % WAYS.length]
    if (verdict.compared !== undefined && way !== undefined) {
      judgedAgain += 1
      problems.push(...(await judgeAgain(set, verdict.compared, way)).map((problem) => ({ seed, size, problem })))
    }
    tell()
  }
  return { sets: seeds.length, rows, again: judgedAgain, tally, problems }
}

export function addTally(sum: Tally, more: Tally): void {
  for (const [code, { planted, found, right }] of more) {
    const counts = sum.get(code) ?? { planted: 0, found: 0, right: 0 }
    sum.set(code, {
      planted: counts.planted + planted,
      found: counts.found + found,
      right: counts.right + right,
    })
  }
}
