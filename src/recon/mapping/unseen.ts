import { type ColumnSurvey, wordsOf } from '../../settlement/index.ts'
import { columnsOf } from '../rows/canon-row.ts'
import { SIDES, type Side, type SideName, type SideSpec } from '../side.ts'

const [BACK, DONE] = [
  /\b(refund|refunds|refunded|reversed|disputed|charged back|chargeback|erstattet|rembourse|reembolsado|rimborsato|terugbetaald)\b/,
  /\b(paid|captured|settled|succeeded|successful|success|completed|approved|bezahlt|pagado|pagato|betaald)$/,
]
const ABOUT = /\b(at|on|date|time|datum|id|by|reason)\b/
const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'yes', 'y', '1', 'ja', 'oui', 'si'].map((word) => [word, true] as const),
  ...['false', 'no', 'n', '0', 'nein', 'nee', 'non'].map((word) => [word, false] as const),
])

/**
 * Sentences on columns that nothing reads although they say that money moved otherwise than the amounts do: how much was given
 * back, or a flag such as `paid`. Amounts are compared whole, so that such rows agree.
 */
export const unseenIn = (
  sides: Readonly<Record<SideName, Side>>,
  specs: Readonly<Record<SideName, SideSpec>>,
): readonly string[] =>
  SIDES.flatMap((name) => {
    const { columns, isTable } = sides[name]
    const { status, second } = specs[name]
    const read = new Set([...columnsOf(specs[name]), status, second])
    if (!isTable) return []
    return columns.flatMap((column) => {
      const says = read.has(column.name) ? undefined : saysOtherwise(column)
      return says === undefined ? [] : [`${name}.${column.name} is not looked at: ${says}`]
    })
  })

function saysOtherwise(column: ColumnSurvey): string | undefined {
  const { filled, negatives, numbers, positives, values } = column
  const words = wordsOf(column.name)
  const isBack = BACK.test(words)
  if (filled === 0 || ABOUT.test(words) || !(isBack || DONE.test(words))) return undefined
  const flags = [...values].map((word) => FLAGS.get(word.trim().toLowerCase()))
  if (!flags.includes(undefined))
    return flags.includes(isBack) ? `it says ${isBack ? 'yes' : 'no'} of some rows` : undefined
  const hasAmounts = numbers === filled && negatives + positives > 0
  return isBack && hasAmounts ? 'amounts are compared whole, whatever was given back' : undefined
}
