import type { NewBreak } from '../break.ts'
import { contribution } from '../decide.ts'
import { CHANGES, type Change, type ChangeKind } from './run-summary.ts'
import type { Verdict } from './verdict.ts'

type Subject = Pick<NewBreak, 'code' | 'class'> &
  Partial<Pick<NewBreak, 'ours' | 'theirs'>> & {
    readonly difference?: bigint | null | undefined
    readonly currency?: string | null | undefined
  }

/** What a verdict does to breaks, counted as the changes of a run are. */
export function changesOfVerdict(
  verdict: Verdict,
  open: readonly (Subject & { readonly id: string })[],
): readonly Change[] {
  const byId = new Map(open.map((each) => [each.id, each]))
  const known = (ids: readonly string[]): readonly Subject[] => ids.flatMap((id) => byId.get(id) ?? [])
  const promotedIds = new Set(verdict.promoted.map(({ id }) => id))
  const sums = new Map<string, Change>()
  const add = (change: ChangeKind, subjects: readonly Subject[]): void => {
    for (const each of subjects)
      for (const [currency, amount] of amountsOf(each)) {
        const key = [change, each.code, each.class, currency ?? ''].join(' ')
        const sum = sums.get(key)
        sums.set(key, {
          change,
          code: each.code,
          class: each.class,
          currency,
          count: (sum?.count ?? 0n) + 1n,
          amount: amount === null ? null : (sum?.amount ?? 0n) + amount,
        })
      }
  }
  add('opened', verdict.found)
  add(
    'promoted',
    verdict.promoted.flatMap(({ id, code }) => known([id]).map((each) => ({ ...each, code, class: 'real' as const }))),
  )
  add('cleared', known([...verdict.cleared, ...verdict.known, ...verdict.repeated]))
  add('still_open', known(verdict.carried.filter((id) => !promotedIds.has(id))))
  return [...sums.values()].sort((a, b) => order(a) - order(b) || (a.code < b.code ? -1 : 1))
}

const order = ({ change }: Change): number => CHANGES.indexOf(change)

/** By currency what a break says that it differs by; null for one of no amount. */
function amountsOf(each: Subject): readonly (readonly [currency: string | null, amount: bigint | null])[] {
  if (each.difference != null && each.currency != null) return [[each.currency, each.difference]]
  const amounts = contribution({ code: each.code, ours: each.ours, theirs: each.theirs })
  return amounts.length === 0 ? [[null, null]] : amounts
}
