import type { Sum } from './infer-amount.ts'

/** What the amounts of rows that share a key prove, and what speaks against it. */
export type Evidence = {
  /** The part of the groups whose amounts would be equal if their keys were dealt out at random: 1 where all cost the same. */
  readonly chance: number
  /** Equal groups, those of the commonest amount counted as one: as many say that it is this key and no other. */
  readonly told: number
  /** Groups whose amounts are equal but for their sign. */
  readonly opposed: number
  /** Groups in which a side has no amount that can be read. */
  readonly unread: number
}

export function evidenceOf(ours: readonly Sum[], theirs: readonly Sum[], sign: 1 | -1): Evidence {
  const counts = {
    ours: new Map<bigint, number>(),
    theirs: new Map<bigint, number>(),
    equal: new Map<bigint, number>(),
  }
  const add = (map: Map<bigint, number>, amount: bigint): unknown => map.set(amount, (map.get(amount) ?? 0) + 1)
  let [both, equal, opposed, unread] = [0, 0, 0, 0]
  for (let place = 0; place < ours.length; place += 1) {
    const [a, b] = [ours[place], theirs[place]]
    if (a === undefined || b === undefined) {
      unread += 1
      continue
    }
    const wanted = b.amount * BigInt(sign)
    if (a.amount === 0n && wanted === 0n) continue
    both += 1
    add(counts.ours, a.amount)
    add(counts.theirs, wanted)
    if (a.amount === wanted) {
      equal += 1
      add(counts.equal, wanted)
    } else if (a.amount === -wanted) opposed += 1
  }
  const hits = [...counts.ours].reduce((sum, [amount, rows]) => sum + rows * (counts.theirs.get(amount) ?? 0), 0)
  const commonest = Math.max(0, ...counts.equal.values())
  return { chance: both === 0 ? 0 : hits / both ** 2, told: equal - commonest + Math.sign(commonest), opposed, unread }
}

/** How much of what could not be chance is equal, from 0 to 1. */
export const beyondChance = (share: number, chance: number): number =>
  share <= chance ? 0 : (share - chance) / (1 - chance)
