import { type Likeness, lettersOf, likeness, longestDigits } from './likeness.ts'

/**
 * Likely partners among rows that one side alone has. They are hints for a person and never a match: a score stays below 1, and
 * nothing that is counted or proven is made from them.
 */
export type Lone = {
  /** Of its break. */
  readonly id: string
  readonly line: number
  readonly reference: string | undefined
  readonly amount: bigint
  readonly fee: bigint | undefined
  readonly currency: string
  readonly day: string | undefined
  readonly at: string | undefined
}

export type ReasonName =
  | Likeness['reason']
  | 'same_amount'
  | 'differs_by_fee'
  | 'near_amount'
  | 'sum_of_rows'
  | 'same_day'
  | 'near_date'

export type Suggestion = {
  /** From 0 to 0.99. */
  readonly score: number
  readonly reasons: readonly ReasonName[]
  /** Rows of the other side: one, or several whose sum is meant. */
  readonly rows: readonly Lone[]
}

const MOST_SUGGESTIONS = 3
const LEAST_SCORE = 0.4
/** So many rows of one sign that nothing of them is one. */
const MAX_BLOCK = 20

/** Suggestions by the id of a break, the best first, for breaks of both sides. */
export function suggest(ours: readonly Lone[], theirs: readonly Lone[]): ReadonlyMap<string, readonly Suggestion[]> {
  const found = new Map<string, Suggestion[]>()
  const add = (row: Lone, suggestion: Suggestion): void => {
    const list = found.get(row.id) ?? []
    list.push(suggestion)
    found.set(row.id, list.toSorted(byScore).slice(0, MOST_SUGGESTIONS))
  }
  const blocks = blocksOf(theirs)
  for (const row of ours)
    for (const other of candidates(row, blocks)) {
      const { score, reasons } = scoreOf(row, other)
      if (score < LEAST_SCORE) continue
      add(row, { score, reasons, rows: [other] })
      add(other, { score, reasons, rows: [row] })
    }
  for (const [rows, others] of [
    [ours, theirs],
    [theirs, ours],
  ] as const)
    for (const [row, suggestion] of sums(rows, others, (each) => found.has(each.id))) add(row, suggestion)
  return found
}

const byScore = (a: Suggestion, b: Suggestion): number =>
  b.score - a.score || ((a.rows[0]?.id ?? '') < (b.rows[0]?.id ?? '') ? -1 : 1)

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

function signsOf({ reference, amount, fee, currency, day }: Lone): readonly string[] {
  const letters = lettersOf(reference ?? '')
  const digits = longestDigits(letters)
  return [
    ...amountsOf(amount, fee).map((each) => `${currency} ${each}`),
    ...(day === undefined ? [] : [`${currency} ${day}`]),
    ...BEGINNINGS.filter((count) => letters.length >= count).map((count) => `begins ${letters.slice(0, count)}`),
    ...ENDS.filter((count) => letters.length >= count).map((count) => `ends ${letters.slice(-count)}`),
    ...(digits.length < LEAST_DIGITS ? [] : [`digits ${digits}`]),
  ]
}

const amountsOf = (amount: bigint, fee: bigint | undefined): readonly bigint[] =>
  fee === undefined || fee === 0n ? [amount] : [amount, amount - fee, amount + fee]

function candidates(row: Lone, blocks: ReadonlyMap<string, readonly Lone[]>): ReadonlySet<Lone> {
  const found = new Set<Lone>()
  for (const sign of signsOf(row)) {
    const block = blocks.get(sign) ?? []
    if (block.length <= MAX_BLOCK) for (const each of block) if (each.currency === row.currency) found.add(each)
  }
  return found
}

/** What a fee takes of an amount, at most: in hundredths. */
const MOST_FEE = 6n

type Scored = { readonly score: number; readonly reasons: readonly ReasonName[] }

/** Amounts count for a half, references for a third, days for the rest. */
export function scoreOf(one: Lone, other: Lone): Scored {
  const reference = likeness(lettersOf(one.reference ?? ''), lettersOf(other.reference ?? ''))
  const amount = amountLikeness(one, other)
  const day = dayLikeness(one.day, other.day)
  const isSign = amount !== undefined || (reference !== undefined && reference.share >= 0.85)
  if (!isSign) return { score: 0, reasons: [] }
  const score = 0.5 * (amount?.share ?? 0) + 0.34 * (reference?.share ?? 0) + 0.16 * (day?.share ?? 0)
  return {
    score: Math.min(0.99, Math.round(score * 100) / 100),
    reasons: [amount, reference, day].flatMap((each) => (each === undefined ? [] : [each.reason])),
  }
}

type Part = { readonly share: number; readonly reason: ReasonName }

function amountLikeness(one: Lone, other: Lone): Part | undefined {
  if (one.amount === other.amount) return { share: 1, reason: 'same_amount' }
  if (one.amount < 0n !== other.amount < 0n) return undefined
  const difference = sizeOf(one.amount - other.amount)
  if ([one.fee, other.fee].some((fee) => fee !== undefined && fee !== 0n && sizeOf(fee) === difference))
    return { share: 0.8, reason: 'differs_by_fee' }
  const larger = sizeOf(one.amount) > sizeOf(other.amount) ? sizeOf(one.amount) : sizeOf(other.amount)
  return difference * 100n <= larger * MOST_FEE ? { share: 0.4, reason: 'near_amount' } : undefined
}

function dayLikeness(one: string | undefined, other: string | undefined): Part | undefined {
  if (one === undefined || other === undefined) return undefined
  const days = daysApart(one, other)
  if (days === 0) return { share: 1, reason: 'same_day' }
  return days <= NEAR_DAYS ? { share: 0.8 - days / 10, reason: 'near_date' } : undefined
}

const NEAR_DAYS = 5 // a weekend and two days
const DAY_MS = 86_400_000

const daysApart = (one: string, other: string): number => Math.abs(Date.parse(one) - Date.parse(other)) / DAY_MS

const sizeOf = (value: bigint): bigint => (value < 0n ? -value : value)

const [MAX_SUMS, MAX_ADDENDS] = [200, 24]

/** Rows without a likely partner whose amount is the sum of two or three near ones of the other side, when only these are it. */
function* sums(
  rows: readonly Lone[],
  others: readonly Lone[],
  isDone: (row: Lone) => boolean,
): Generator<readonly [Lone, Suggestion]> {
  for (const row of rows.filter((each) => !isDone(each)).slice(0, MAX_SUMS)) {
    const near = others
      .filter(({ amount, currency }) => currency === row.currency && amount < 0n === row.amount < 0n && amount !== 0n)
      .filter(({ amount, day }) => sizeOf(amount) < sizeOf(row.amount) && isNear(row.day, day))
    if (near.length > MAX_ADDENDS) continue
    const [found, ...more] = addends(row.amount, near)
    if (found === undefined || more.length > 0) continue
    const isSameDay = row.day !== undefined && found.every(({ day }) => day === row.day)
    const reasons: readonly ReasonName[] = isSameDay ? ['sum_of_rows', 'same_day'] : ['sum_of_rows']
    yield [row, { score: isSameDay ? 0.6 : 0.5, reasons, rows: found }]
  }
}

const isNear = (one: string | undefined, other: string | undefined): boolean =>
  one === undefined || other === undefined || daysApart(one, other) <= NEAR_DAYS

/** The twos and threes that come to an amount; two of them are enough to know that it could be either. */
function addends(amount: bigint, rows: readonly Lone[]): readonly (readonly Lone[])[] {
  const found: (readonly Lone[])[] = []
  for (const [i, a] of rows.entries())
    for (const [j, b] of rows.entries()) {
      if (j <= i) continue
      const rest = amount - a.amount - b.amount
      if (rest === 0n) found.push([a, b])
      else for (const [k, c] of rows.entries()) if (k > j && c.amount === rest) found.push([a, b, c])
      if (found.length > 1) return found
    }
  return found
}
