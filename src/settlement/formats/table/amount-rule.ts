import { nameScore, type Role, roleWords, WHOLE_NAME } from './columns.ts'
import { directionWords, knownWords } from './direction.ts'
import type { Doubt } from './doubt.ts'
import type { AmountRule } from './profile.ts'
import type { ColumnSurvey } from './survey.ts'

/** How amounts are read. The first is what names say; the others are what the running balance may prove instead. */
export type AmountRules = { readonly rules: readonly AmountRule[]; readonly doubts: readonly Doubt[] }

/** Half of a column has to be of its kind: cells may be damaged, and those are told one by one. */
export const MOSTLY = 0.5

export const isAmountColumn = ({ filled, numbers }: ColumnSurvey): boolean => filled > 0 && numbers >= filled * MOSTLY

/** A table without rows has its columns all the same. */
const couldBeAmount = (column: ColumnSurvey): boolean => column.filled === 0 || isAmountColumn(column)

/** Undefined when no column is clearly the amount. */
export function amountRules(columns: readonly ColumnSurvey[]): AmountRules | undefined {
  const amounts = columns.filter(couldBeAmount)
  const whole = pairsOf(amounts)
  const damaged = whole.length > 0 ? [] : damagedPairsOf(columns)
  const halves = damaged.flatMap(({ debit, credit }) => [debit, credit])
  // Where another column could be the amount, a word beside debits is no proof that it is not.
  const isOpen = columns.some((each) => isPlainAmount(each) && !halves.includes(each))
  const pairs = isOpen ? whole : [...whole, ...damaged]
  const singles = singlesOf(amounts)
  if (pairs.length === 0 && singles.length === 0) return lonely(columns)
  const splits = pairs.flatMap(splitRules)
  const signed = singles.flatMap((column) => directed(column, columns))
  const [rule] = [...splits, ...signed.map((each) => each.rule)]
  if (rule === undefined) return undefined
  const doubts = pairs.length === 0 ? [...(signed[0]?.doubts ?? [])] : []
  if (pairs.length > 1 || (pairs.length === 0 && singles.length > 1)) {
    const names = (pairs.length > 0 ? pairs.map(({ credit }) => credit) : singles).map(({ name }) => `"${name}"`)
    const message = `${names.slice(0, 4).join(' and ').slice(0, 200)} could all be the amount: say which with a mapping`
    doubts.push({ severity: 'error', code: 'amount_ambiguous', column: placeOf(rule, columns), message })
  }
  const open = isOpen ? damaged.flatMap(splitRules) : []
  return { rules: [...splits, ...signed.map((each) => each.rule), ...open], doubts }
}

const placeOf = (rule: AmountRule, columns: readonly ColumnSurvey[]): number => {
  const name = rule.rule === 'split' ? rule.credit : rule.column
  return columns.findIndex((column) => column.name === name) + 1
}

type Pair = { readonly debit: ColumnSurvey; readonly credit: ColumnSurvey }

/** A column of debits and one of credits whose names differ in nothing else: `Debit` and `Credit`, `Gross Debit` and `Gross Credit`. */
function pairsOf(amounts: readonly ColumnSurvey[]): readonly Pair[] {
  const whole = (role: Role): ColumnSurvey | undefined =>
    ranked(amounts, role).find(({ score }) => score >= WHOLE_NAME)?.column
  const [debit, credit] = [whole('debit'), whole('credit')]
  if (debit !== undefined && credit !== undefined) return [{ debit, credit }]
  const credits = new Map(amounts.map((column) => [stem(column.name, CREDIT), column]))
  const pairs = amounts.flatMap((each): Pair[] => {
    const key = stem(each.name, DEBIT)
    const other = key === undefined ? undefined : credits.get(key)
    return key === undefined || other === undefined || namesNoMoney(key, [each, other])
      ? []
      : [{ debit: each, credit: other }]
  })
  const filled = pairs.filter((pair) => pair.debit.filled + pair.credit.filled > 0)
  return filled.length > 0 ? filled : pairs
}

/** The accounts of a journal are numbers, and what was paid by two kinds of cards comes in by both. */
const namesNoMoney = (key: string, columns: readonly ColumnSurvey[]): boolean =>
  /\bcards?\b/.test(key) ||
  (nameScore(key, 'account') > 0 &&
    nameScore(key, 'currency') === 0 &&
    columns.every(({ fractions }) => fractions === 0))

/**
 * Of a column in which hardly a row has a cell, most may be damaged: the other one then shows what both are. Where more cells are
 * filled than there are rows, some row has both, and what stands beside its amount is a word that means something else.
 */
function damagedPairsOf(columns: readonly ColumnSurvey[]): readonly Pair[] {
  const rows = Math.max(0, ...columns.map(({ filled }) => filled))
  return pairsOf(columns).filter(({ debit, credit }) => {
    const filled = debit.filled + credit.filled
    const damaged = filled - debit.numbers - credit.numbers
    return [debit, credit].some(isAmountColumn) && filled <= rows && damaged <= filled * FEW_DAMAGED
  })
}

/** By its name or its decimals, and with no other purpose by its name. */
const isPlainAmount = (column: ColumnSurvey): boolean =>
  isAmountColumn(column) && (column.fractions > 0 || says(column, ['amount'])) && !says(column, OTHER_PURPOSES)

const OTHER_PURPOSES = ['debit', 'credit', 'balance', 'fee', 'reference', 'account', 'net'] as const

const FEW_DAMAGED = 0.2

const DEBIT = /\b(debits?|debet|debito|soll|withdrawals?|paid out|money out|outgoing)\b/
const CREDIT = /\b(credits?|kredit|credito|haben|deposits?|paid in|money in|incoming)\b/

function stem(name: string, word: RegExp): string | undefined {
  const words = roleWords(name)
  return word.test(words) ? words.replace(word, '#') : undefined
}

function splitRules({ debit, credit }: Pair): readonly AmountRule[] {
  const rule = { rule: 'split', credit: credit.name, debit: debit.name } as const
  // In a ledger of our own, what a bank credits is a debit.
  const ours = { rule: 'split', credit: debit.name, debit: credit.name, debitSign: 'positive' } as const
  // Debits with a minus are mostly debits, and in some exports what reduces them.
  const hasMinus = debit.negatives > 0 && debit.positives === 0
  return [...(hasMinus ? [{ ...rule, debitSign: 'negative' } as const] : []), { ...rule, debitSign: 'positive' }, ours]
}

function ranked(
  columns: readonly ColumnSurvey[],
  role: Role,
): readonly { readonly column: ColumnSurvey; readonly score: number }[] {
  return columns
    .map((column) => ({ column, score: nameScore(column.name, role) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
}

const says = (column: ColumnSurvey, roles: readonly Role[]): boolean =>
  roles.some((role) => nameScore(column.name, role) > 0)

/** Columns that are called an amount: all that are called nothing else, or the one that is called so most clearly. */
function singlesOf(amounts: readonly ColumnSurvey[]): readonly ColumnSurvey[] {
  const found = ranked(amounts, 'amount').filter(
    ({ column, score }) =>
      !says(column, ['debit', 'credit']) && (score >= WHOLE_NAME || !says(column, ['fee', 'balance', 'net'])),
  )
  const [best] = found
  if (best === undefined)
    return ranked(amounts, 'net')
      .slice(0, 1)
      .map(({ column }) => column)
  const rivals = found.filter(({ column, score }) =>
    best.score >= WHOLE_NAME ? score >= WHOLE_NAME && column.filled > 0 : column.filled > 0,
  )
  return rivals.length === 0 ? [best.column] : rivals.map(({ column }) => column)
}

type Directed = { readonly rule: AmountRule; readonly doubts: readonly Doubt[] }

/** With the sign of another column that says debit or credit, where there is one. */
function directed(column: ColumnSurvey, columns: readonly ColumnSurvey[]): readonly Directed[] {
  const signed: Directed = { rule: { rule: 'signed', column: column.name }, doubts: [] }
  const candidates = columns.filter((each) => each !== column && each.filled >= column.filled * MOSTLY)
  const direction =
    candidates.find((each) => nameScore(each.name, 'direction') > 0) ??
    candidates.find((each) => directionWords(each) !== undefined && saysDirection(each)) ??
    candidates.find((each) => directionWords(each) !== undefined)
  if (direction === undefined) return [signed]
  const label = direction.name.slice(0, 64)
  const doubt = (code: string, message: string): Doubt => ({
    severity: 'error',
    code,
    column: direction.place + 1,
    message,
  })
  // In a column that is called so, a word that nobody knows is damaged, or of a language that is not known here.
  const words = directionWords(direction) ?? knownWords(direction)
  if (words === undefined) {
    if (column.negatives > 0) return [signed]
    const message = `"${label}" may say which amounts are debits, in words that are not known: say which with a mapping`
    return [{ ...signed, doubts: [doubt('direction_unknown', message)] }]
  }
  const { name } = column
  const rule = { rule: 'direction', column: name, direction: direction.name, ...words, minus: 'debits' } as const
  const ignored: Directed = { rule: { ...rule, minus: 'ignored' }, doubts: [] }
  if (saysDirection(direction)) return column.negatives > 0 ? [{ rule, doubts: [] }, ignored] : [{ rule, doubts: [] }]
  // Signed amounts beside such words need them for nothing: they may be kinds of cards.
  if (column.negatives > 0) return [signed, ignored]
  const message = `"${label}" may say which amounts are debits, or something else: say so with a mapping`
  const doubts = [doubt('direction_guessed', message)]
  // Letters under a name that says nothing turn no sign, unless the running balance proves that they do.
  return wordsSayIt(direction)
    ? [{ rule, doubts }, signed]
    : [
        { ...signed, doubts },
        { rule, doubts: [] },
      ]
}

const wordsSayIt = ({ values }: ColumnSurvey): boolean => [...values].every(({ length }) => length > 1)

const saysDirection = (column: ColumnSurvey): boolean =>
  nameScore(column.name, 'direction') > 0 ||
  // `C` and `D` in a column of kinds can be anything, and so can credit and debit be kinds of cards.
  (nameScore(column.name, 'status') > 0 &&
    !/\b(card|funding|method)\b/.test(roleWords(column.name)) &&
    wordsSayIt(column))

/** A single column of amounts that has decimals and no other purpose by its name. */
function lonely(columns: readonly ColumnSurvey[]): AmountRules | undefined {
  const candidates = columns.filter(
    (column) => isAmountColumn(column) && column.fractions > 0 && !says(column, OTHER_PURPOSES),
  )
  const [found, ...others] = candidates
  if (found === undefined || others.length > 0) return undefined
  const [directedRule] = directed(found, columns)
  if (directedRule === undefined) return undefined
  const message = `"${found.name.slice(0, 64)}" is taken for the amount, because no other column is one: say so with a mapping`
  const doubt = { severity: 'error', code: 'amount_guessed', column: found.place + 1, message } as const
  return { rules: [directedRule.rule], doubts: [...directedRule.doubts, doubt] }
}
