import { type Candidate, type Suggestion as Partners, suggest as partnersOf } from '../../reconciliation/index.ts'

/** A row that one side alone has. `id` is that of its break. */
export type Lone = Candidate & {
  readonly line: number
  readonly at: string | undefined
}

export type Suggestion = Partners<Lone>

const MOST_SUGGESTIONS = 3
/** So many rows of one sign that nothing of them is one. */
const MAX_BLOCK = 20

/**
 * Likely partners by the id of a break, the best first, for breaks of both sides. They are scored as the service scores its own;
 * of many rows only those are looked at that have a sign in common.
 */
export function suggest(ours: readonly Lone[], theirs: readonly Lone[]): ReadonlyMap<string, readonly Suggestion[]> {
  const found = new Map<string, readonly Suggestion[]>()
  for (const [rows, others] of [
    [ours, theirs],
    [theirs, ours],
  ] as const) {
    const blocks = blocksOf(others)
    for (const row of rows) {
      const isWhole = (blocks.get(amountSign(row))?.length ?? 0) <= MAX_BLOCK
      const suggestions = partnersOf(row, candidates(row, blocks), isWhole).slice(0, MOST_SUGGESTIONS)
      if (suggestions.length > 0) found.set(row.id, suggestions)
    }
  }
  return found
}

/** Rows by each sign by which a partner is looked for. */
function blocksOf(rows: readonly Lone[]): ReadonlyMap<string, readonly Lone[]> {
  const blocks = new Map<string, Lone[]>()
  for (const row of rows)
    for (const sign of signsOf(row)) {
      const block = blocks.get(sign)
      if (block === undefined) blocks.set(sign, [row])
      else block.push(row)
    }
  return blocks
}

/** Characters at the ends of references, of which a typo, or a cut, leaves one whole. */
const [BEGINNINGS, ENDS] = [
  [5, 8, 12],
  [5, 8],
]
const LEAST_DIGITS = 5

function signsOf({ references, amount, fee, currency, day }: Lone): readonly string[] {
  return [
    ...amountsOf(amount, fee).map((each) => amountSign({ amount: each, currency })),
    ...(day === undefined ? [] : [`${currency} ${day}`]),
    ...new Set(references.flatMap(partsOf)),
  ]
}

const amountSign = ({ amount, currency }: Pick<Lone, 'amount' | 'currency'>): string => `${currency} ${amount}`

function partsOf(reference: string): readonly string[] {
  const letters = reference
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .slice(0, 64)
  return [
    ...BEGINNINGS.filter((count) => letters.length >= count).map((count) => `begins ${letters.slice(0, count)}`),
    ...ENDS.filter((count) => letters.length >= count).map((count) => `ends ${letters.slice(-count)}`),
    ...(letters.match(/\d+/g) ?? []).filter(({ length }) => length >= LEAST_DIGITS).map((digits) => `digits ${digits}`),
  ]
}

const amountsOf = (amount: bigint, fee: bigint | undefined): readonly bigint[] =>
  fee === undefined || fee === 0n ? [amount] : [amount, amount - fee, amount + fee]

function candidates(row: Lone, blocks: ReadonlyMap<string, readonly Lone[]>): readonly Lone[] {
  const found = signsOf(row).flatMap((sign) => {
    const block = blocks.get(sign) ?? []
    return block.length <= MAX_BLOCK ? block : []
  })
  return [...new Set(found)]
}
