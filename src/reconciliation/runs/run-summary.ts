import type { BreakClass, BreakCode, NewBreak } from '../break.ts'
import { contribution } from '../decide.ts'
import type { Tolerated } from '../engines/engine.ts'

/** What a run comes to, small enough to be kept beside it. Amounts are minor units. */
export type RunSummary = {
  /** Pairs without a difference, by the rule that made them. */
  readonly matched: readonly {
    readonly rule: string
    readonly currency: string
    readonly pairs: bigint
    readonly amount: bigint
  }[]
  /** What leads from ours to theirs, currency by currency: the breaks that stand, by code, in the order of their codes. */
  readonly waterfall: readonly WaterfallStep[]
  /** Pairs that agree although their amounts are not equal. With the waterfall they are what the proof calls explained. */
  readonly tolerated: readonly Tolerated[]
  /** What is different from the run before; set when the run completes. */
  readonly changes: readonly Change[]
}

export type WaterfallStep = {
  readonly currency: string
  readonly code: BreakCode
  readonly class: BreakClass
  readonly count: bigint
  /** What they add to ours − theirs. */
  readonly amount: bigint
}

/** What happened to breaks in a run; those that are carried and not promoted are still open. */
export const CHANGES = ['opened', 'reopened', 'promoted', 'cleared', 'still_open'] as const
export type ChangeKind = (typeof CHANGES)[number]

export type Change = {
  readonly change: ChangeKind
  readonly code: BreakCode
  readonly class: BreakClass
  readonly count: bigint
  /** Null for breaks of no amount, such as a file that was rejected. */
  readonly currency: string | null
  readonly amount: bigint | null
}

type Texts<T> = {
  readonly [Key in keyof T]: T[Key] extends bigint ? string : T[Key] extends bigint | null ? string | null : T[Key]
}

/** As it is kept: JSON numbers lose digits. */
export type StoredSummary = {
  readonly matched: readonly Texts<RunSummary['matched'][number]>[]
  readonly waterfall: readonly Texts<WaterfallStep>[]
  /** Runs of earlier versions tolerated nothing, and those of banks do not. */
  readonly tolerated?: readonly Texts<Tolerated>[]
  readonly changes?: readonly Texts<Change>[]
}

export const summaryOf = ({ matched, waterfall, tolerated = [], changes = [] }: StoredSummary): RunSummary => ({
  matched: matched.map((each) => ({ ...each, pairs: BigInt(each.pairs), amount: BigInt(each.amount) })),
  waterfall: waterfall.map((each) => ({ ...each, count: BigInt(each.count), amount: BigInt(each.amount) })),
  tolerated: tolerated.map((each) => ({ ...each, pairs: BigInt(each.pairs), amount: BigInt(each.amount) })),
  changes: changes.map((each) => ({
    ...each,
    count: BigInt(each.count),
    amount: each.amount === null ? null : BigInt(each.amount),
  })),
})

/** The steps from ours to theirs, from the breaks that stand. With what is tolerated their sum is what the proof calls explained. */
export function waterfallOf(
  standing: readonly Pick<NewBreak, 'code' | 'class' | 'ours' | 'payout' | 'theirs'>[],
): readonly WaterfallStep[] {
  const steps = new Map<string, { step: WaterfallStep; count: bigint; amount: bigint }>()
  for (const each of standing) {
    // Both sides of a pair in one currency are one step.
    const amounts = new Map<string, bigint>()
    for (const [currency, amount] of contribution(each)) amounts.set(currency, (amounts.get(currency) ?? 0n) + amount)
    for (const [currency, amount] of amounts) {
      const key = `${currency} ${each.class} ${each.code}`
      const known = steps.get(key) ?? {
        step: { currency, code: each.code, class: each.class, count: 0n, amount: 0n },
        count: 0n,
        amount: 0n,
      }
      known.count += 1n
      known.amount += amount
      steps.set(key, known)
    }
  }
  return [...steps]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { step, count, amount }]) => ({ ...step, count, amount }))
}
