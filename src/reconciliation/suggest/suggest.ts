import { daysBetween } from '../calendar.ts'
import { type Candidate, ONLY_ONE, reasonsOf, reasonsOfSum, type SuggestionReason, scoreOf } from './score.ts'

/** Records of the other side that together may be the one that has no partner. */
export type Suggestion<C extends Candidate = Candidate> = {
  readonly candidates: readonly C[]
  /** 0 to 1, with two decimals. */
  readonly score: number
  readonly reasons: readonly SuggestionReason[]
}

export const MAX_SUGGESTIONS = 5
/** Below this a reader would look at as many wrong ones as right ones. */
const MIN_SCORE = 0.5
/** Sums are looked for among so many at most: 19,600 triples. */
const MAX_PARTS = 50

/**
 * The likeliest partners of a record among the open ones of the other side, the best first, at most five. The same whatever
 * the order of the candidates. `isWhole` is false where others of the same amount are open and no candidates.
 */
export function suggest<C extends Candidate>(
  record: Candidate,
  candidates: readonly C[],
  isWhole = true,
): readonly Suggestion<C>[] {
  const sameAmount = candidates.filter((each) => each.amount === record.amount && each.currency === record.currency)
  const single = candidates.map((each) => {
    const reasons = reasonsOf(record, each)
    const isOnly = isWhole && sameAmount.length === 1 && sameAmount[0] === each && reasons.length > 0
    return suggestionOf([each], isOnly ? [...reasons, ONLY_ONE] : reasons)
  })
  const sums = sumsOf(record, candidates).map((parts) => suggestionOf(parts, reasonsOfSum(record, parts)))
  return [...single, ...sums]
    .filter(({ score }) => score >= MIN_SCORE)
    .toSorted((a, b) => b.score - a.score || a.candidates.length - b.candidates.length || byName(a, b))
    .slice(0, MAX_SUGGESTIONS)
}

const suggestionOf = <C extends Candidate>(candidates: readonly C[], reasons: readonly SuggestionReason[]) => ({
  candidates,
  score: scoreOf(reasons),
  reasons,
})

function byName(a: Suggestion, b: Suggestion): number {
  const [left, right] = [a, b].map(({ candidates }) => candidates.map(({ id }) => id).join(' '))
  return left === right ? 0 : (left ?? '') < (right ?? '') ? -1 : 1
}

/** Two or three candidates that come to the amount. Of many the nearest in time are looked at. */
function sumsOf<C extends Candidate>(whole: Candidate, candidates: readonly C[]): readonly (readonly C[])[] {
  const parts = candidates
    .filter((each) => each.currency === whole.currency && isPart(each.amount, whole.amount))
    .map((part) => ({ part, days: distance(part, whole) }))
    .toSorted((a, b) => a.days - b.days || (a.part.id < b.part.id ? -1 : 1))
    .slice(0, MAX_PARTS)
    .map(({ part }) => part)
  const found: (readonly C[])[] = []
  for (const [i, a] of parts.entries())
    for (let j = i + 1; j < parts.length; j += 1) {
      const b = parts[j]
      if (b === undefined) break
      const rest = whole.amount - a.amount - b.amount
      if (rest === 0n) found.push([a, b])
      else for (const c of parts.slice(j + 1)) if (c.amount === rest) found.push([a, b, c])
    }
  return found
}

const isPart = (part: bigint, whole: bigint): boolean =>
  whole > 0n ? part > 0n && part < whole : part < 0n && part > whole

const distance = (a: Candidate, b: Candidate): number =>
  a.day === undefined || b.day === undefined ? Number.MAX_SAFE_INTEGER : Math.abs(daysBetween(a.day, b.day))
