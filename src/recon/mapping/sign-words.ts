import { type AmountRule, type ColumnSurvey, nameScore, saysLeft } from '../../settlement/index.ts'
import { stateOf } from '../rows/states.ts'
import { cellOf, type Side } from '../side.ts'
import type { Group } from './probe.ts'

const MOST_WORDS = 16

/**
 * Rules that take the sign of an amount from a word beside it, such as `refund`: where the rows of one word are equal to the
 * other side and those of another are but for their sign. `wanted` is what the amounts have to be, group by group.
 */
export function signRules(
  side: Side,
  rule: AmountRule,
  groups: readonly Group[],
  wanted: readonly (bigint | undefined)[],
): readonly AmountRule[] {
  if (rule.rule !== 'signed' || !side.isTable || !wanted.some((amount) => amount !== undefined && amount < 0n))
    return []
  return side.columns.flatMap((column) => {
    if (column.filled === 0 || column.values.size > MOST_WORDS || column.words < column.filled) return []
    const signs = signsOf(side, column, groups, wanted)
    if (signs === undefined) return []
    const [debit, credit] = [true, false].map((isDebit) =>
      [...signs].filter(([, each]) => each === isDebit).map(([word]) => word),
    )
    if (debit === undefined || credit === undefined || debit.length === 0 || credit.length === 0) return []
    const isNamed = nameScore(column.name, 'status') > 0 || nameScore(column.name, 'direction') > 0
    if (debit.some(isOfSale) || (!isNamed && !debit.every(saysLeft))) return []
    return [
      { rule: 'direction', column: rule.column, direction: column.name, debit, credit, minus: 'ignored' } as const,
    ]
  })
}

/** Whether a word is of what leaves, word by word. Undefined when one goes with both, or nothing tells it. */
function signsOf(
  side: Side,
  column: ColumnSurvey,
  groups: readonly Group[],
  wanted: readonly (bigint | undefined)[],
): ReadonlyMap<string, boolean> | undefined {
  const cell = cellOf(side, column.name)
  const signs = new Map<string, boolean>()
  const left = new Map<string, number>()
  for (const [place, group] of groups.entries()) {
    const [row, ...others] = group[side.name]
    const amount = wanted[place]
    const word = row?.[cell]?.trim() ?? ''
    if (word === '' || others.length > 0 || amount === undefined || amount === 0n) continue
    const isDebit = amount < 0n
    if ((signs.get(word) ?? isDebit) !== isDebit) return undefined
    signs.set(word, isDebit)
    if (isDebit) left.set(word, (left.get(word) ?? 0) + 1)
  }
  // One row proves nothing of a word that does not say so itself: it may be the row that is wrong.
  for (const [word, rows] of left) if (rows < 2 && !saysLeft(word)) signs.set(word, false)
  for (const word of column.values) if (!signs.has(word)) signs.set(word, saysLeft(word))
  return signs
}

/** `settled` is said of sales: where one goes with what left, the row is wrong, and not its sign. */
function isOfSale(word: string): boolean {
  const state = stateOf(word)
  return state === 'paid' || state === 'pending' || state === 'failed'
}
