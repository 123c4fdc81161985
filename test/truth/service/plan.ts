import type { FileLine } from '../../support/settlement-text.ts'

/**
 * What happens in a world of several days, before it happens: sales, files, and what the runs have to say about each. Days count
 * from the first; the run of a day compares its file.
 */

export type Sale = {
  readonly name: string
  readonly day: number
  readonly amount: bigint
  readonly currency: string
  /** Milliseconds of its instant. */
  readonly at: number
  /** How many orders its charge stands for. */
  readonly orders: number
  /** The run before which it is booked, its own day's or a later one; `unknown` is sold, and nobody hears what became of it. */
  readonly booked: number | 'unknown' | 'after a decline'
}

/** A line of a file: about one sale, several, or none. */
export type PlannedLine = {
  readonly day: number
  readonly of: readonly string[]
  readonly change: Partial<FileLine>
  /** In which versions of the file it stands. */
  readonly version: 'both' | 'first' | 'second'
}

/** What becomes of one break. */
export type Life = {
  readonly source: 'simulator' | 'house-bank'
  /** Names of what stands on each side. */
  readonly ours: string
  readonly theirs: string
  readonly code: string
  readonly opened: number
  readonly due?: number | undefined
  readonly difference?: bigint | undefined
  readonly currency?: string | undefined
  readonly promoted?: readonly [day: number, code: string] | undefined
  readonly cleared?: number | undefined
}

export type Story = {
  readonly sales: readonly Sale[]
  readonly lines: readonly PlannedLine[]
  readonly lives: readonly Life[]
}

/** Money on an account that nothing explains: from before one run until before another one. */
export type Stray = {
  readonly account: 'receivable' | 'in_transit'
  readonly amount: bigint
  readonly currency: string
  readonly from: number
  readonly until: number | undefined
}

/** A line of a bank's statement. */
export type BankEntry = {
  readonly day: number
  readonly name: string
  readonly text: string
  /** Minor units of euros. */
  readonly amount: bigint
}

export type Plan = Story & {
  readonly seed: number
  readonly days: number
  /** By how many nights the file of a day is late. */
  readonly late: ReadonlyMap<number, number>
  /** Files that do not add up when they come first. */
  readonly broken: ReadonlySet<number>
  /** Days whose file is issued again, and the run before which it is. */
  readonly reissued: ReadonlyMap<number, number>
  /** Files with a row that is of no kind, in their first version. */
  readonly noted: ReadonlySet<number>
  /** What files say is owed from the beginning, and our books do not know. */
  readonly offset: ReadonlyMap<string, bigint>
  readonly strays: readonly Stray[]
  readonly hasBank: boolean
  readonly bank: readonly BankEntry[]
}

/** The night in which the run of a day is carried out: it waits for its own file and for the runs before it. */
export function nightOf({ late }: Pick<Plan, 'late'>, day: number): number {
  let night = 0
  for (let each = 0; each <= day; each += 1) night = Math.max(night, each + (late.get(each) ?? 0))
  return night
}

/** Whether a night comes between the run of the day before and this one. */
export const beginsNight = (plan: Pick<Plan, 'late'>, day: number): boolean =>
  day === 0 || nightOf(plan, day - 1) < nightOf(plan, day)

/** What is to be seen of a life when the last day is over; undefined when nothing is. */
export function until(life: Life, last: number): Life | undefined {
  if (life.opened > last) return undefined
  const { promoted, cleared, ...rest } = life
  return {
    ...rest,
    ...(promoted !== undefined && promoted[0] <= last ? { promoted } : {}),
    ...(cleared !== undefined && cleared <= last ? { cleared } : {}),
  }
}
