import type { PairTerms } from '../../source.ts'
import { codeOf, expectedFee, isGood } from './compare.ts'
import { byText, byValue, compareLines } from './order.ts'
import { joinedCharges, type LineItem, type OursItem, type Pair } from './record.ts'

/** What is left of a group behind the passes. */
type Rest = { readonly ours: readonly OursItem[]; readonly lines: readonly LineItem[] }

type Whole = { readonly line: LineItem; readonly members: readonly OursItem[] }

/**
 * The pass of joined lines: one that names several charges is paired with all of them when every one is there, in its currency,
 * and they come to its amount. Of two lines that name the same charge the earlier one takes it.
 */
export function pairJoined({ ours, lines }: Rest, terms: PairTerms): readonly Pair<LineItem>[] {
  const joined = lines.filter((line) => joinedCharges(line.reference).length > 0).sort(compareLines)
  const pairs: Pair<LineItem>[] = []
  const taken = new Set<OursItem | LineItem>()
  // The earliest line that is whole is taken in each turn, so that this ends.
  for (;;) {
    const claimed = claimWhole(
      joined.filter((line) => !taken.has(line)),
      ours.filter((record) => !taken.has(record)),
    )
    if (claimed.length === 0) return pairs
    for (const whole of claimed) {
      for (const each of [whole.line, ...whole.members]) taken.add(each)
      pairs.push(...partsOf(whole, terms))
    }
  }
}

/** Lines that are whole, and whose charges no earlier line that is whole names. */
function claimWhole(lines: readonly LineItem[], free: readonly OursItem[]): readonly Whole[] {
  const earliest = new Map<string, OursItem>()
  for (const record of free) {
    const other = earliest.get(record.attempt_id)
    if (other === undefined || compareTurns(record, other) < 0) earliest.set(record.attempt_id, record)
  }
  const named = new Set<OursItem>()
  return lines.flatMap((line): Whole[] => {
    const charges = joinedCharges(line.reference)
    const members = charges.map((charge) => earliest.get(charge)).filter((record) => record !== undefined)
    if (members.length < charges.length || !isWhole(line, members)) return []
    const isFirst = members.every((record) => !named.has(record))
    for (const record of members) named.add(record)
    return isFirst ? [{ line, members }] : []
  })
}

const compareTurns = (a: OursItem, b: OursItem): number =>
  byValue(a.ours_ms, b.ours_ms) || byValue(a.ours_break, b.ours_break)

const isWhole = (line: LineItem, members: readonly OursItem[]): boolean =>
  isGood(line.status) &&
  members.every((record) => record.ours_currency === line.theirs_currency) &&
  members.reduce((sum, { ours_amount }) => sum + ours_amount, 0n) === line.theirs_amount

/**
 * A part of the line for each charge. Its fee is what the schedule says, or without one its share by amount; what differs or
 * does not come out even falls to the first.
 */
function partsOf({ line, members }: Whole, terms: PairTerms): readonly Pair<LineItem>[] {
  const ranked = [...members].sort((a, b) => byValue(a.ours_ms, b.ours_ms) || byText(a.attempt_id, b.attempt_id))
  const fees = ranked.map(
    (ours) => expectedFee(ours, line, terms.feeSchedule) ?? (line.fee * ours.ours_amount) / line.theirs_amount,
  )
  const rest = fees.reduce((left, fee) => left - fee, line.fee)
  return ranked.map((ours, index) => {
    const theirs = {
      ...line,
      theirs_amount: ours.ours_amount,
      fee: (fees[index] ?? 0n) + (index === 0 ? rest : 0n),
    }
    const expected = expectedFee(ours, theirs, terms.feeSchedule)
    return {
      rule: 'joined',
      ours,
      theirs,
      code: codeOf(ours, theirs, expected, terms.tolerance),
      expectedFee: expected,
      part: index + 1,
    }
  })
}
