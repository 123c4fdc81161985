import type { PairTerms } from '../../source.ts'
import type { Rule } from '../engine.ts'
import { codeOf, expectedFee, isCompared } from './compare.ts'
import { compareLines, compareOurs, compareTold } from './order.ts'
import { pairJoined } from './pair-joined.ts'
import { joinedCharges, type LineItem, namedCharge, type OursItem, type Pair, type ToldItem } from './record.ts'

/** Records that concern each other, and none that concerns another one. Nearly always one of ours and one of theirs. */
export type Group = {
  readonly ours: readonly OursItem[]
  readonly lines: readonly LineItem[]
  readonly told: readonly ToldItem[]
}

/** What becomes of the records of a group. Every record is in one pair at most, but for a joined line, which has several. */
export type Pairing = {
  readonly ours: readonly OursItem[]
  /** Those that are compared. */
  readonly lines: readonly LineItem[]
  readonly pairs: readonly Pair<LineItem>[]
  /** Of what no line stands for yet: what the PSP told of it. */
  readonly told: readonly Pair<ToldItem>[]
  readonly oursAlone: readonly { readonly record: OursItem; readonly isDuplicate: boolean }[]
  readonly linesAlone: readonly { readonly record: LineItem; readonly isDuplicate: boolean }[]
  /** Told of what we have no record of. What repeats something, or what a line says as well, is left out. */
  readonly toldAlone: readonly ToldItem[]
}

/** A pass: records whose key agrees are claimed, rank by rank. From the strongest key to the weakest, see ../engine.ts. */
const PASSES: readonly { readonly rule: Rule; readonly by: 'charge' | 'psp'; readonly exact: boolean }[] = [
  { rule: 'exact', by: 'charge', exact: true },
  { rule: 'reference', by: 'charge', exact: false },
  { rule: 'psp_reference', by: 'psp', exact: true },
  { rule: 'psp_reference', by: 'psp', exact: false },
]

type Pass = (typeof PASSES)[number]

/**
 * Pairs the records of one group, the same in whatever order they came: within a pass both sides are ranked by time, and what
 * is at the same time by name. A late record gets its rank like every other, and those behind it move on.
 */
export function pairGroup({ ours, lines, told }: Group, terms: PairTerms): Pairing {
  const compared = lines.filter(isCompared)
  const charges = compared.filter(({ kind }) => kind === 'charge')
  const claimed = claim(ours, charges, compareLines)
  const claimedOf = new Set<OursItem | LineItem>(claimed.flatMap((each) => [each.ours, each.theirs]))
  const joined = pairJoined(
    { ours: ours.filter((each) => !claimedOf.has(each)), lines: charges.filter((each) => !claimedOf.has(each)) },
    terms,
  )
  const pairs = [...claimed.map((each) => judged(each, terms)), ...joined]
  const paired = new Set(pairs.map((pair) => pair.ours))
  const lineOf = new Set(pairs.map((pair) => pair.theirs.name))
  const spoken = spokenOf(pairs)
  const alone = ours.filter((record) => !paired.has(record))
  const unheard = alone.filter((record) => !spoken.charges.has(record.attempt_id))
  const telling = claim(unheard, firstTold(told), compareTold).map((each) =>
    judged(each, { ...terms, feeSchedule: undefined }),
  )
  const heard = spokenOf([...pairs, ...telling])
  const toldPaired = new Set(telling.map((pair) => pair.theirs))
  return {
    ours,
    lines: compared,
    pairs,
    told: telling,
    oursAlone: alone
      .filter((record) => !telling.some((pair) => pair.ours === record))
      .map((record) => ({ record, isDuplicate: spoken.charges.has(record.attempt_id) })),
    linesAlone: compared
      .filter((record) => !lineOf.has(record.name))
      .map((record) => ({ record, isDuplicate: record.kind === 'charge' && isSpokenOf(record, spoken) })),
    toldAlone: firstTold(told).filter(
      (record) =>
        !toldPaired.has(record) && !isSpokenOf(record, heard) && !compared.some((line) => isSame(line, record)),
    ),
  }
}

const judged = <T extends LineItem | ToldItem>(
  { rule, ours, theirs }: Claimed<T>,
  { feeSchedule, tolerance }: PairTerms,
): Pair<T> => {
  const expected = expectedFee(ours, theirs, feeSchedule)
  return { rule, ours, theirs, code: codeOf(ours, theirs, expected, tolerance), expectedFee: expected, part: null }
}

type Claimed<T> = { readonly rule: Rule; readonly ours: OursItem; readonly theirs: T }
type Keyed = Pick<LineItem, 'reference' | 'psp_reference' | 'theirs_currency' | 'theirs_amount'>

/** Every record is in one pair at most; what one pass claims no later one sees. */
function claim<T extends Keyed>(
  ours: readonly OursItem[],
  theirs: readonly T[],
  order: (a: T, b: T) => number,
): readonly Claimed<T>[] {
  const claimed: Claimed<T>[] = []
  let [freeOurs, freeTheirs] = [ours, theirs]
  for (const pass of PASSES) {
    if (freeOurs.length === 0 || freeTheirs.length === 0) break
    const mine = Map.groupBy(freeOurs, (record) => keyOfOurs(record, pass))
    const yours = Map.groupBy(freeTheirs, (record) => keyOfTheirs(record, pass))
    for (const [key, records] of mine) {
      const lines = key === undefined ? undefined : yours.get(key)
      if (lines === undefined) continue
      const ranked = [...lines].sort(order)
      for (const [rank, record] of [...records].sort(compareOurs).entries()) {
        const line = ranked[rank]
        if (line !== undefined) claimed.push({ rule: pass.rule, ours: record, theirs: line })
      }
    }
    const taken = new Set<OursItem | T>(claimed.flatMap((each) => [each.ours, each.theirs]))
    freeOurs = freeOurs.filter((record) => !taken.has(record))
    freeTheirs = freeTheirs.filter((record) => !taken.has(record))
  }
  return claimed
}

const money = (currency: string, amount: bigint, { exact }: Pass): string => (exact ? ` ${currency} ${amount}` : '')

function keyOfOurs(record: OursItem, pass: Pass): string | undefined {
  const key = pass.by === 'charge' ? record.attempt_id : record.ours_psp_reference
  return key === null ? undefined : `${key}${money(record.ours_currency, record.ours_amount, pass)}`
}

/** A line that names other charges of ours is about those, whatever id it carries. */
function keyOfTheirs(record: Keyed, pass: Pass): string | undefined {
  const charge = namedCharge(record.reference)
  const isNamed = charge !== undefined || joinedCharges(record.reference).length > 0
  const key = pass.by === 'charge' ? charge : isNamed ? null : record.psp_reference
  return key == null ? undefined : `${key}${money(record.theirs_currency, record.theirs_amount, pass)}`
}

/** Of charges and ids of the PSP that a pair speaks of. */
type Spoken = { readonly charges: ReadonlySet<string>; readonly pspReferences: ReadonlySet<string | null> }

const spokenOf = (pairs: readonly Pair<LineItem | ToldItem>[]): Spoken => ({
  charges: new Set(pairs.map(({ ours }) => ours.attempt_id)),
  pspReferences: new Set(pairs.map(({ theirs }) => theirs.psp_reference)),
})

const isSpokenOf = (
  { reference, psp_reference }: Pick<Keyed, 'reference' | 'psp_reference'>,
  spoken: Spoken,
): boolean =>
  spoken.charges.has(namedCharge(reference) ?? '') ||
  joinedCharges(reference).some((charge) => spoken.charges.has(charge)) ||
  (psp_reference !== null && spoken.pspReferences.has(psp_reference))

const isSame = (
  a: Pick<Keyed, 'reference' | 'psp_reference'>,
  b: Pick<Keyed, 'reference' | 'psp_reference'>,
): boolean => a.reference === b.reference && a.psp_reference === b.psp_reference

/** A PSP may tell the same thing again: the first one counts. */
function firstTold(told: readonly ToldItem[]): readonly ToldItem[] {
  const byWords = Map.groupBy(told, (each) =>
    JSON.stringify([each.reference, each.psp_reference, each.theirs_currency, each.theirs_amount.toString()]),
  )
  return [...byWords.values()].flatMap((same) => [...same].sort(compareTold)[0] ?? [])
}
