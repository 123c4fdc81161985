import assert from 'node:assert/strict'
import type { PairTerms } from '../../source.ts'
import type { Facts, PairColumns } from '../engine.ts'
import { byText } from './order.ts'
import { type Group, type Pairing, pairGroup } from './pair-group.ts'
import { type Item, keysOf, type LineItem, type OursItem, type ToldItem } from './record.ts'

/** What a run is decided by, without what only an engine that reads files can give. */
export type StreamFacts = Pick<
  Facts,
  'counts' | 'sums' | 'tolerated' | 'differences' | 'cleared' | 'unmatchedOurs' | 'unmatchedTheirs'
>

/**
 * Reconciliation record by record. What is open stands in groups, indexed by charge and by the PSP's id; a record that
 * arrives joins the groups that it concerns, and only they are paired anew. What it says depends on which records came, not on
 * their order.
 */
export type Stream = {
  /** Takes records in. One whose name is known changes nothing. */
  readonly arrive: (items: readonly Item[]) => void
  /** How every group stands that changed since the last look, and what left with its last record. */
  readonly changes: () => readonly Pairing[]
  /**
   * The file of the day is complete: gives the facts of its run and lets go of every record that took part in it. What the
   * run leaves open comes back with the name of its break, as a record of an earlier day.
   */
  readonly complete: (day: string) => StreamFacts
  readonly size: () => number
}

type Standing = { readonly members: Map<string, Item>; pairing: Pairing | undefined }

export function createStream(terms: PairTerms): Stream {
  const groupOf = new Map<string, Standing>()
  const groups = new Set<Standing>()
  const names = new Set<string>()
  const changed = new Set<Standing>()

  const standing = (group: Standing): Pairing => {
    group.pairing ??= pairGroup(sidesOf(group.members.values()), terms)
    return group.pairing
  }

  /** The group of a record: all that share a key with it become one, the smaller ones within the largest. */
  const join = (keys: readonly string[]): Standing => {
    const met = new Set(keys.flatMap((key) => groupOf.get(key) ?? []))
    const [largest, ...others] = [...met].sort((a, b) => b.members.size - a.members.size)
    if (largest === undefined) return { members: new Map(), pairing: undefined }
    for (const other of others) {
      for (const [name, item] of other.members) {
        largest.members.set(name, item)
        for (const key of keysOf(item)) groupOf.set(key, largest)
      }
      groups.delete(other)
      changed.delete(other)
    }
    return largest
  }

  const take = (item: Item): void => {
    const { name } = item.record
    if (names.has(name)) return
    names.add(name)
    const keys = keysOf(item)
    const group = join(keys)
    for (const key of keys) groupOf.set(key, group)
    group.members.set(name, item)
    group.pairing = undefined
    groups.add(group)
    changed.add(group)
  }

  /** Some records of a group have left: what is left stands in groups of its own. */
  const release = (group: Standing, leaving: (item: Item) => boolean): void => {
    groups.delete(group)
    changed.delete(group)
    for (const [name, item] of group.members) {
      names.delete(name)
      for (const key of keysOf(item)) groupOf.delete(key)
    }
    for (const item of group.members.values()) if (!leaving(item)) take(item)
  }

  return {
    arrive: (items) => {
      for (const item of items) take(item)
    },
    changes() {
      const pairings = [...changed].map(standing)
      changed.clear()
      return pairings
    },
    complete(day) {
      const taking = (item: Item): boolean => item.side !== 'told' && takesPart(item, day)
      // The file is the last word: whatever was told of its day and before is told by it, or was not so.
      const leaving = (item: Item): boolean => taking(item) || (item.side === 'told' && item.record.day <= day)
      const pairings: Pairing[] = []
      for (const group of [...groups]) {
        const members = [...group.members.values()]
        if (!members.some(leaving)) continue
        pairings.push(members.every(taking) ? standing(group) : pairGroup(sidesOf(members.filter(taking)), terms))
        release(group, leaving)
      }
      return factsOf(pairings)
    },
    size: () => names.size,
  }
}

const takesPart = (item: Exclude<Item, { side: 'told' }>, day: string): boolean =>
  item.side === 'ours' ? item.record.business_date <= day : (item.record.day ?? day) <= day

/** The records of a group, side by side. */
export function sidesOf(items: Iterable<Item>): Group {
  const ours: OursItem[] = []
  const lines: LineItem[] = []
  const told: ToldItem[] = []
  for (const { side, record } of items)
    if (side === 'ours') ours.push(record)
    else if (side === 'line') lines.push(record)
    else told.push(record)
  return { ours, lines, told }
}

const oursColumns = ({ name: _, asked_amount: __, ...columns }: OursItem) => columns
const lineColumns = ({ name: _, day: __, ...columns }: LineItem) => columns

function factsOf(pairings: readonly Pairing[]): StreamFacts {
  const pairs = pairings.flatMap((each) => each.pairs)
  const oursAlone = pairings.flatMap((each) => each.oursAlone)
  const linesAlone = pairings.flatMap((each) => each.linesAlone)
  const ours = pairings.flatMap((each) => each.ours)
  const theirs = pairings.flatMap((each) => each.lines)
  assert(
    pairings.every(({ told }) => told.length === 0),
    'what was told before its file is no fact of a run',
  )
  return {
    counts: {
      ours: BigInt(ours.length),
      theirs: BigInt(theirs.length),
      matched: BigInt(pairs.filter(({ code }) => code === null).length),
    },
    sums: [
      ...sumsOf(ours.map((each) => [each.ours_currency, each.ours_amount])).map((sum) => ({
        side: 'ours' as const,
        ...sum,
      })),
      ...sumsOf(theirs.map((each) => [each.theirs_currency, each.theirs_amount])).map((sum) => ({
        side: 'theirs' as const,
        ...sum,
      })),
    ],
    tolerated: toleratedOf(pairs),
    differences: pairs.flatMap(({ rule, code, ours, theirs, expectedFee, part }): PairColumns[] =>
      code === null
        ? []
        : [{ rule, code, part, expected_fee: expectedFee, ...oursColumns(ours), ...lineColumns(theirs) }],
    ),
    cleared: [
      ...new Set(
        pairs.flatMap(({ ours, theirs }) => [ours.ours_break, theirs.theirs_break].filter((id) => id !== null)),
      ),
    ],
    unmatchedOurs: oursAlone.map(({ record, isDuplicate }) => ({ ...oursColumns(record), is_duplicate: isDuplicate })),
    unmatchedTheirs: linesAlone.map(({ record, isDuplicate }) => ({
      ...lineColumns(record),
      is_duplicate: isDuplicate,
    })),
  }
}

function toleratedOf(pairs: Pairing['pairs']): StreamFacts['tolerated'] {
  const gaps = pairs
    .filter(({ code, ours, theirs }) => code === null && ours.ours_amount !== theirs.theirs_amount)
    .map(({ ours, theirs }) => ({ currency: ours.ours_currency, amount: ours.ours_amount - theirs.theirs_amount }))
  return [...Map.groupBy(gaps, ({ currency }) => currency)]
    .map(([currency, of]) => ({
      currency,
      pairs: BigInt(of.length),
      amount: of.reduce((sum, { amount }) => sum + amount, 0n),
    }))
    .toSorted((a, b) => byText(a.currency, b.currency))
}

function sumsOf(
  amounts: readonly (readonly [currency: string, amount: bigint])[],
): readonly { readonly currency: string; readonly amount: bigint }[] {
  const sums = new Map<string, bigint>()
  for (const [currency, amount] of amounts) sums.set(currency, (sums.get(currency) ?? 0n) + amount)
  return [...sums].map(([currency, amount]) => ({ currency, amount }))
}
