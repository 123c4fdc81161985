import { isCurrency, NO_CURRENCY } from '../../money/index.ts'
import { type ColumnSurvey, nameScore } from '../../settlement/index.ts'
import { currencyOf } from '../rows/currency-code.ts'
import { type CurrencySpec, cellOf, type Side, type SideName } from '../side.ts'
import type { Confidence, Field } from './mapping.ts'
import type { Group } from './probe.ts'

export type CurrencyFit = {
  readonly field: Field
  readonly ours: CurrencySpec | undefined
  readonly theirs: CurrencySpec | undefined
}

/** Finds the currency of both sides: a column, or one code for a whole file. What one side does not say the other may. */
export function fitCurrencies(
  sides: Readonly<Record<SideName, Side>>,
  groups: readonly Group[],
  given: Readonly<Partial<Record<SideName, string>>>,
): CurrencyFit {
  const [ours, theirs] = [choices(sides.ours, given.ours), choices(sides.theirs, given.theirs)]
  const fits = ours.flatMap((a) =>
    theirs.map((b) => ({ a, b, ...agreement(sides, groups, a, b), name: nameOf(a) + nameOf(b) })),
  )
  const best = fits.toSorted((x, y) => y.agree - x.agree || y.name - x.name)[0]
  if (best !== undefined) {
    const { a, b, agree, compared } = best
    const reason = compared === 0 ? 'as both files say' : `the same in ${agree} of ${compared} pairs`
    const confidence = confidenceOf(agree, compared)
    return { field: { ours: wordOf(a), theirs: wordOf(b), confidence, reason }, ours: a, theirs: b }
  }
  return ofOneSide(sides, ours[0], theirs[0])
}

/** Of rows that share a key few are in another currency: where many are, it is another column, or not the whole of it. */
function confidenceOf(agree: number, compared: number): Confidence {
  if (agree >= compared * 0.9) return 'sure'
  return agree >= compared * 0.75 || compared < 4 ? 'likely' : 'guess'
}

function ofOneSide(
  sides: Readonly<Record<SideName, Side>>,
  ours: CurrencySpec | undefined,
  theirs: CurrencySpec | undefined,
): CurrencyFit {
  const known = ours ?? theirs
  if (known === undefined) {
    const code = { code: NO_CURRENCY }
    const reason = `neither file names a currency: amounts have two decimals, in ${NO_CURRENCY}`
    return { field: { ours: undefined, theirs: undefined, confidence: 'likely', reason }, ours: code, theirs: code }
  }
  const silent: SideName = ours === undefined ? 'ours' : 'theirs'
  const code = onlyCode(sides[silent === 'ours' ? 'theirs' : 'ours'], known)
  if (code === undefined) {
    const reason = `${silent} names no currency, and the other file has several`
    return { field: { ours: wordOf(ours), theirs: wordOf(theirs), confidence: 'none', reason }, ours, theirs }
  }
  const reason = `${silent} names none: ${code}, as in the other file`
  const spec = { code }
  const field: Field = { ours: wordOf(ours ?? spec), theirs: wordOf(theirs ?? spec), confidence: 'likely', reason }
  return { field, ours: ours ?? spec, theirs: theirs ?? spec }
}

export const wordOf = (spec: CurrencySpec | undefined): string | undefined =>
  spec === undefined ? undefined : 'code' in spec ? spec.code : spec.column

const nameOf = (spec: CurrencySpec): number => ('code' in spec ? 0 : nameScore(spec.column, 'currency'))

/** What may say the currency of a side. */
export function choices(side: Side, given: string | undefined): readonly CurrencySpec[] {
  if (given !== undefined) {
    const isColumn = side.columns.some(({ name }) => name === given)
    if (!isColumn && isCurrency(given.toUpperCase())) return [{ code: given.toUpperCase() }]
    cellOf(side, given)
    return [{ column: given }]
  }
  if (!side.isTable) return [{ column: 'currency' }]
  const columns = side.columns.filter(isCurrencyColumn).map(({ name }) => ({ column: name }))
  if (columns.length > 0) return columns
  const { currency } = side.alone
  if (currency !== undefined) return [currency]
  return side.currencyBefore === undefined ? [] : [{ code: side.currencyBefore }]
}

export const isCurrencyColumn = ({ filled, currencies }: ColumnSurvey): boolean =>
  filled > 0 && currencies >= filled * 0.7

/** The one code of a side. Undefined when it has several. */
function onlyCode(side: Side, spec: CurrencySpec): string | undefined {
  if ('code' in spec) return spec.code
  const values = side.columns.find(({ name }) => name === spec.column)?.values ?? new Set<string>()
  const codes = new Set([...values].map(currencyOf))
  return codes.size === 1 ? [...codes][0] : undefined
}

function agreement(
  sides: Readonly<Record<SideName, Side>>,
  groups: readonly Group[],
  a: CurrencySpec,
  b: CurrencySpec,
) {
  let [compared, agree] = [0, 0]
  const codeIn = (side: Side, spec: CurrencySpec, group: Group): string | undefined =>
    'code' in spec ? spec.code : currencyOf(group[side.name][0]?.[cellOf(side, spec.column)] ?? '')
  for (const group of groups) {
    const [x, y] = [codeIn(sides.ours, a, group), codeIn(sides.theirs, b, group)]
    if (x === undefined || y === undefined) continue
    compared += 1
    if (x === y) agree += 1
  }
  return { compared, agree }
}
