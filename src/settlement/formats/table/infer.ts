import { isCurrency } from '../../../money/index.ts'
import type { DecimalMark } from '../decimal.ts'
import { nameScore, type Role, saysMinor } from './columns.ts'
import type { DateOrder } from './date-text.ts'
import { type AmountRule, NO_CURRENCY, PROFILE_SCHEMA, type Profile, type TableShape } from './profile.ts'
import type { ColumnSurvey } from './survey.ts'

/** Something that the file does not prove. An `error` is a choice that must not be made for anybody. */
export type Doubt = {
  readonly severity: 'error' | 'warning'
  readonly code: string
  readonly column: number
  readonly message: string
}

export type Inferred = { readonly profile: Profile | undefined; readonly doubts: readonly Doubt[] }

/** What stands around the rows: the header's line, and codes of currencies in the rows before it. */
export type Around = {
  readonly shape: TableShape
  readonly header: number
  readonly currencyBefore: string | undefined
}

/** Most of a column has to be of its kind: a few cells may be damaged, and those are told one by one. */
const MOSTLY = 0.7

/** Finds out how a table is read, from what its columns are called and, more than that, from what is in them. */
export function inferProfile(columns: readonly ColumnSurvey[], around: Around): Inferred {
  const doubts: Doubt[] = []
  const taken = new Set<ColumnSurvey>()
  const best = (role: Role, fits: (column: ColumnSurvey) => boolean, least = 1): ColumnSurvey | undefined => {
    const ranked = columns
      .filter((column) => !taken.has(column) && fits(column))
      .map((column) => ({ column, score: nameScore(column.name, role) }))
      .filter(({ score }) => score >= least)
      .sort((a, b) => b.score - a.score)
    const found = ranked[0]?.column
    if (found !== undefined) taken.add(found)
    return found
  }
  const date = best('date', isDateColumn) ?? best('valueDate', isDateColumn) ?? onlyOne(columns, isDateColumn, taken)
  const currency = currencyOf(best('currency', isCurrencyColumn), columns, around, doubts)
  const amount = amountRule(best, columns, taken, doubts)
  if (amount === undefined) {
    const message = 'No column is clearly the amount: say which one it is with a mapping'
    return { profile: undefined, doubts: [...doubts, { severity: 'error', code: 'no_amount', column: 0, message }] }
  }
  const amounts = columns.filter(({ name }) => columnsOf(amount).includes(name))
  const decimal = decimalMark([...amounts, ...columns.filter(isAmountColumn)], amounts, doubts)
  const fee = best('fee', isAmountColumn)
  const minor = amounts.some(({ name }) => saysMinor(name))
  doubtScale(amounts, minor, doubts)
  const profile: Profile = {
    schema: PROFILE_SCHEMA,
    table: around.shape,
    header: around.header,
    date: date && { column: date.name, order: dateOrder(date, doubts) },
    amount,
    decimal,
    minor,
    currency,
    fee: fee && { column: fee.name, sign: fee.negatives > fee.positives ? 'effect' : 'cost' },
    net: best('net', isAmountColumn)?.name,
    balance: best('balance', isAmountColumn)?.name,
    references: ranked(columns, 'reference', taken),
    account: best('account', ({ values }) => values.size === 1, 70)?.name,
    descriptions: ranked(columns, 'description', taken),
    status: best('status', ({ filled, values }) => filled > 0 && values.size <= 50)?.name,
  }
  return { profile, doubts }
}

const columnsOf = (rule: AmountRule): readonly string[] =>
  rule.rule === 'split' ? [rule.credit, rule.debit] : [rule.column]

const isDateColumn = ({ filled, dates, orders }: ColumnSurvey): boolean =>
  filled > 0 && dates >= filled * MOSTLY && Math.max(...Object.values(orders)) > 0

const isAmountColumn = ({ filled, amounts }: ColumnSurvey): boolean =>
  filled > 0 && Math.max(amounts['.'], amounts[',']) >= filled * MOSTLY

/** A table without rows has its columns all the same. */
const couldBeAmount = (column: ColumnSurvey): boolean => column.filled === 0 || isAmountColumn(column)

const isCurrencyColumn = ({ filled, currencies }: ColumnSurvey): boolean => filled > 0 && currencies >= filled * MOSTLY

function onlyOne(
  columns: readonly ColumnSurvey[],
  fits: (column: ColumnSurvey) => boolean,
  taken: Set<ColumnSurvey>,
): ColumnSurvey | undefined {
  const found = columns.filter((column) => !taken.has(column) && fits(column))
  if (found.length !== 1 || found[0] === undefined) return undefined
  taken.add(found[0])
  return found[0]
}

function currencyOf(
  column: ColumnSurvey | undefined,
  columns: readonly ColumnSurvey[],
  { currencyBefore }: Around,
  doubts: Doubt[],
): Profile['currency'] {
  if (column !== undefined) return { column: column.name }
  // A name such as `Amount (EUR)` or `Betrag in EUR`.
  const named = columns.flatMap(({ name }) => name.match(/\b[A-Z]{3}\b/g) ?? []).filter(isCurrency)
  const inAmounts = columns.filter(isAmountColumn).flatMap((each) => [...each.inAmounts])
  const codes = new Set([...named, ...inAmounts, ...(currencyBefore === undefined ? [] : [currencyBefore])])
  const [code, ...others] = codes
  if (code !== undefined && others.length === 0) return { code }
  doubts.push({
    severity: 'warning',
    code: 'currency_unknown',
    column: 0,
    message: 'The file names no currency: amounts are in hundredths of an unknown one (XXX); say which with a mapping',
  })
  return { code: NO_CURRENCY }
}

type Best = (role: Role, fits: (column: ColumnSurvey) => boolean, least?: number) => ColumnSurvey | undefined

function amountRule(
  best: Best,
  columns: readonly ColumnSurvey[],
  taken: Set<ColumnSurvey>,
  doubts: Doubt[],
): AmountRule | undefined {
  const [debit, credit] = [best('debit', couldBeAmount, 70), best('credit', couldBeAmount, 70)]
  if (debit !== undefined && credit !== undefined) {
    const debitSign = debit.negatives > 0 && debit.positives === 0 ? 'negative' : 'positive'
    return { rule: 'split', credit: credit.name, debit: debit.name, debitSign }
  }
  for (const alone of [debit, credit]) if (alone !== undefined) taken.delete(alone)
  const column = best('amount', couldBeAmount) ?? lonelyAmount(columns, taken, doubts)
  if (column === undefined) return undefined
  const direction = columns.find(
    (each) => !taken.has(each) && debitWords(each) !== undefined && nameScore(each.name, 'direction') > 0,
  )
  const debitText = direction && debitWords(direction)
  if (direction === undefined || debitText === undefined) return { rule: 'signed', column: column.name }
  taken.add(direction)
  return { rule: 'direction', column: column.name, direction: direction.name, debit: debitText }
}

/** A single column of amounts that has decimals and no other purpose by its name. */
function lonelyAmount(
  columns: readonly ColumnSurvey[],
  taken: Set<ColumnSurvey>,
  doubts: Doubt[],
): ColumnSurvey | undefined {
  const candidates = columns.filter(
    (column) =>
      !taken.has(column) &&
      isAmountColumn(column) &&
      column.fractions > 0 &&
      (['balance', 'fee', 'reference', 'account', 'net'] as const).every((role) => nameScore(column.name, role) === 0),
  )
  const [found, ...others] = candidates
  if (found === undefined || others.length > 0) return undefined
  taken.add(found)
  const message = `"${found.name.slice(0, 64)}" is taken for the amount, because no other column is one`
  doubts.push({ severity: 'warning', code: 'amount_guessed', column: found.place + 1, message })
  return found
}

const DEBIT_WORDS = new Set([
  'D',
  'DR',
  'DB',
  'DBIT',
  'DEBIT',
  'S',
  'SOLL',
  'AF',
  'OUT',
  '-',
  'DEBET',
  'DÉBIT',
  'DEBE',
  'DARE',
  'CARGO',
])
const CREDIT_WORDS = new Set([
  'C',
  'CR',
  'CRDT',
  'CREDIT',
  'H',
  'HABEN',
  'BIJ',
  'IN',
  '+',
  'KREDIT',
  'CRÉDIT',
  'HABER',
  'AVERE',
  'ABONO',
])

/** The words for debit in a column that has nothing but words for debit and credit. */
function debitWords({ filled, values }: ColumnSurvey): readonly string[] | undefined {
  const words = [...values]
  if (filled === 0 || words.length > 4) return undefined
  const isKnown = words.every((word) => DEBIT_WORDS.has(word.toUpperCase()) || CREDIT_WORDS.has(word.toUpperCase()))
  return isKnown ? words.filter((word) => DEBIT_WORDS.has(word.toUpperCase())) : undefined
}

function decimalMark(all: readonly ColumnSurvey[], amounts: readonly ColumnSurvey[], doubts: Doubt[]): DecimalMark {
  const sum = (columns: readonly ColumnSurvey[], mark: DecimalMark): number =>
    columns.reduce((total, { marks }) => total + marks[mark], 0)
  const [point, comma] = [sum(all, '.'), sum(all, ',')]
  const first = amounts[0]
  if (point > 0 && comma > 0 && Math.min(point, comma) > Math.max(point, comma) * (1 - MOSTLY)) {
    const message = 'Some amounts have a decimal point and others a decimal comma: say which is right with a mapping'
    doubts.push({ severity: 'error', code: 'decimal_mixed', column: (first?.place ?? -1) + 1, message })
  }
  if (point > 0 || comma > 0) return comma > point ? ',' : '.'
  const hasGroups = amounts.some(({ values }) => [...values].some((text) => /\d[.,]\d{3}$/.test(text)))
  if (hasGroups) {
    const message = 'Amounts such as 1,234 can be a thousand and more, or one and a fraction: say which with a mapping'
    doubts.push({ severity: 'error', code: 'decimal_ambiguous', column: (first?.place ?? -1) + 1, message })
  }
  return '.'
}

/** Whole numbers only: whole euros, or cents? */
function doubtScale(amounts: readonly ColumnSurvey[], minor: boolean, doubts: Doubt[]): void {
  const [first] = amounts
  const hasFractions = amounts.some(({ fractions }) => fractions > 0)
  const filled = amounts.reduce((sum, column) => sum + column.filled, 0)
  if (minor || hasFractions || filled === 0 || first === undefined) return
  const message =
    'No amount has decimals: they are read as whole units of the currency; a mapping can say that they are minor units'
  doubts.push({ severity: 'warning', code: 'scale_unproven', column: first.place + 1, message })
}

function dateOrder(column: ColumnSurvey, doubts: Doubt[]): DateOrder | 'ambiguous' {
  const { orders, dates, filled } = column
  const whole = (Object.keys(orders) as DateOrder[]).filter(
    (order) => orders[order] === Math.max(...Object.values(orders)),
  )
  const [order = 'ymd', ...others] = whole
  const isAmbiguous = whole.includes('dmy') && whole.includes('mdy') && !whole.includes('ymd')
  if (isAmbiguous) {
    const [example = ''] = column.values
    const message = `Dates such as ${example.slice(0, 32)} can be day/month or month/day, and no row proves which: say so with a mapping`
    doubts.push({ severity: 'error', code: 'date_ambiguous', column: column.place + 1, message })
    return 'ambiguous'
  }
  if (others.length > 0 && whole.some((each) => each.startsWith('epoch') || each === 'excel')) {
    doubts.push({
      severity: 'warning',
      code: 'date_guessed',
      column: column.place + 1,
      message: `Dates are read as ${order}`,
    })
  }
  if (orders[order] < dates || dates < filled)
    doubts.push({
      severity: 'warning',
      code: 'dates_differ',
      column: column.place + 1,
      message: `Not every date is written as most are (${order})`,
    })
  return order
}

function ranked(columns: readonly ColumnSurvey[], role: Role, taken: Set<ColumnSurvey>): readonly string[] {
  const found = columns
    .filter((column) => !taken.has(column))
    .map((column) => ({ column, score: nameScore(column.name, role) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ column }) => column)
  for (const column of found) taken.add(column)
  return found.map(({ name }) => name)
}
