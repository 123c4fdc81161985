import { decimalsOf, isCurrency, NO_CURRENCY } from '../../../money/index.ts'
import { amountRules, isAmountColumn, MOSTLY } from './amount-rule.ts'
import { nameScore, type Role, roleWords, WHOLE_NAME } from './columns.ts'
import { saysLeaving } from './direction.ts'
import type { Doubt } from './doubt.ts'
import { dateOrder, decimalMark, doubtScale } from './doubts.ts'
import { type AmountRule, PROFILE_SCHEMA, type Profile, type TableShape } from './profile.ts'
import type { ColumnSurvey } from './survey.ts'

export type Inferred = {
  /** Undefined when no column is clearly the amount. */
  readonly profile: Profile | undefined
  /** What the running balance may prove instead, best first: `profile` is the first of them. */
  readonly candidates: readonly Profile[]
  readonly doubts: readonly Doubt[]
}

/** What stands around the rows: the header's line, and codes of currencies in the rows before it. */
export type Around = {
  readonly shape: TableShape
  readonly header: number
  readonly currencyBefore: string | undefined
}

/** Finds out how a table is read, from what its columns are called and, more than that, from what is in them. */
export function inferProfile(columns: readonly ColumnSurvey[], around: Around): Inferred {
  const found = isOnlyProse(columns) ? undefined : amountRules(columns)
  const [rule, ...otherRules] = found?.rules ?? []
  if (found === undefined || rule === undefined) {
    const message = 'No column is clearly the amount: say which one it is with a mapping'
    return {
      profile: undefined,
      candidates: [],
      doubts: [{ severity: 'error', code: 'no_amount', column: 0, message }],
    }
  }
  const doubts: Doubt[] = [...found.doubts]
  const profile = profileOf(columns, around, rule, doubts)
  doubtSign(columns, profile, doubts)
  const candidates = otherRules.map((amount) => profileOf(columns, around, amount, []))
  // Where each row has its balance, that shows whether an amount is before its fee or after it.
  const { balance, fee, net } = profile
  if (balance !== undefined && fee !== undefined && net === undefined) {
    candidates.push({ ...profile, fee: undefined })
    candidates.push({ ...profile, fee: { ...fee, sign: fee.sign === 'cost' ? 'effect' : 'cost' } })
  }
  return { profile, candidates: candidates.length === 0 ? [] : [profile, ...candidates], doubts }
}

/** Without a row below it, a line such as `Total amount due, date` is a header only when a whole name in it is one of money. */
const isOnlyProse = (columns: readonly ColumnSurvey[]): boolean =>
  columns.every(({ filled }) => filled === 0) &&
  !columns.some(({ name }) => MONEY.some((role) => nameScore(name, role) >= WHOLE_NAME))

const MONEY = ['amount', 'debit', 'credit', 'net'] as const

function profileOf(columns: readonly ColumnSurvey[], around: Around, amount: AmountRule, doubts: Doubt[]): Profile {
  const names = columnsOf(amount)
  const amounts = columns.filter(({ name }) => names.includes(name))
  const taken = new Set<ColumnSurvey>(
    columns.filter(({ name }) => names.includes(name) || (amount.rule === 'direction' && amount.direction === name)),
  )
  const best = (role: Role, fits: (column: ColumnSurvey) => boolean, least = 1): ColumnSurvey | undefined => {
    const [column] = ranked(columns, role, least).filter((each) => !taken.has(each) && fits(each))
    if (column !== undefined) taken.add(column)
    return column
  }
  const date =
    best('date', isDateColumn) ?? best('valueDate', isDateColumn) ?? onlyOne(columns, isCalendarColumn, taken)
  const isOwn = (column: ColumnSurvey): boolean =>
    isCurrencyColumn(column) && (!isForeign(column) || amounts.some(isForeign))
  const currencyColumn = best('currency', isOwn) ?? onlyOne(columns, isOwn, taken)
  const isNet = names.every((name) => /\bnett?o?\b/.test(roleWords(name)))
  const fees = isNet ? [] : ranked(columns, 'fee', 1).filter((each) => !taken.has(each) && hasMoney(each))
  const fee = isNet ? undefined : best('fee', isAmountColumn)
  const net = best('net', isAmountColumn)
  if (fees.length > 1 && net === undefined) {
    const list = fees.slice(0, 4).map(({ name }) => `"${name.slice(0, 64)}"`)
    const message = `${list.join(' and ')} could all be the fee, and only the first is read: say so with a mapping`
    doubts.push({ severity: 'error', code: 'fee_ambiguous', column: (fees[0]?.place ?? -1) + 1, message })
  }
  const balance = best('balance', isAmountColumn)
  const others = [fee, net, balance].filter((column) => column !== undefined)
  const currency = currencyOf(currencyColumn, { columns, amounts }, around, doubts)
  const units = unitsOf(currency, currencyColumn)
  const decimal = decimalMark(amounts, others, units, doubts)
  const minor = doubtScale(amounts, others, units, doubts)
  if (date === undefined) {
    const message = 'No column is clearly a date: lines come without one'
    doubts.push({ severity: 'warning', code: 'no_date', column: 0, message })
  }
  // Where some rows have none, it is that of somebody else.
  const isOwnAccount = ({ filled, values }: ColumnSurvey): boolean =>
    values.size === 1 && filled >= (date?.filled ?? amounts[0]?.filled ?? 0)
  const texts = (role: Role): readonly string[] =>
    ranked(columns, role, 1)
      .filter((column) => !taken.has(column) && isText(column, role) && taken.add(column))
      .map(({ name }) => name)
      .slice(0, MAX_TEXTS)
  return {
    schema: PROFILE_SCHEMA,
    table: around.shape,
    header: around.header,
    date: date && { column: date.name, order: dateOrder(date, doubts) },
    amount,
    decimal,
    minor,
    currency,
    fee: fee && { column: fee.name, sign: fee.negatives > fee.positives ? 'effect' : 'cost' },
    net: net?.name,
    balance: balance?.name,
    references: texts('reference'),
    account: best('account', isOwnAccount, WHOLE_NAME)?.name,
    descriptions: texts('description'),
    status: best('status', ({ filled, values }) => filled > 0 && values.size <= 50)?.name,
  }
}

const MAX_TEXTS = 16

const hasMoney = (column: ColumnSurvey): boolean => isAmountColumn(column) && column.negatives + column.positives > 0

const columnsOf = (rule: AmountRule): readonly string[] =>
  rule.rule === 'split' ? [rule.credit, rule.debit] : [rule.column]

const ranked = (columns: readonly ColumnSurvey[], role: Role, least: number): readonly ColumnSurvey[] =>
  columns
    .map((column) => ({ column, score: nameScore(column.name, role) }))
    .filter(({ score }) => score >= least)
    .sort((a, b) => b.score - a.score)
    .map(({ column }) => column)

/** Of the cells with a digit: a word there is a heading that comes again, or a total. */
const isDateColumn = ({ filled, words, dates }: ColumnSurvey): boolean =>
  dates > 0 && dates >= (filled - words) * MOSTLY && dates >= words

/** Nearly every number of five digits is a day of a spreadsheet: without a name, only days of a calendar count. */
const isCalendarColumn = ({ filled, orders }: ColumnSurvey): boolean =>
  filled > 0 && Math.max(orders.ymd, orders.dmy, orders.mdy) >= filled * MOSTLY

const isCurrencyColumn = ({ filled, currencies }: ColumnSurvey): boolean => filled > 0 && currencies >= filled * MOSTLY

/** What was bought in is told beside what the account was moved by, and often only where the two differ. */
const isForeign = ({ name }: ColumnSurvey): boolean =>
  /\b(original|originale|foreign|fremdwahrung|fremdwaehrung|exchange|instructed|oorspr|origine|extranjera|estera)\b/.test(
    roleWords(name),
  )

/** Not a day, a currency or an amount that is called `Order date`, `Order currency`, `Invoice amount`. */
const isText = (column: ColumnSurvey, role: Role): boolean =>
  nameScore(column.name, role) >= WHOLE_NAME ||
  (!isCalendarColumn(column) && !isCurrencyColumn(column) && !(isAmountColumn(column) && column.fractions > 0))

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
  { columns, amounts }: { readonly columns: readonly ColumnSurvey[]; readonly amounts: readonly ColumnSurvey[] },
  { currencyBefore }: Around,
  doubts: Doubt[],
): Profile['currency'] {
  if (column !== undefined) return { column: column.name }
  const [amount] = amounts
  // Each amount has its own: `12.00 USD`.
  if (
    amount !== undefined &&
    amounts.length === 1 &&
    amount.withCurrency >= amount.filled * MOSTLY &&
    amount.filled > 0
  )
    return amount.inAmounts.size === 1 ? { code: [...amount.inAmounts].join('') } : { column: amount.name }
  const inNames = (from: readonly ColumnSurvey[]): readonly string[] => from.flatMap(({ name }) => codesIn(name))
  const strongest = [inNames(amounts), [...amounts.flatMap((each) => [...each.inAmounts])], inNames(columns)]
  const codes = new Set(
    strongest.find((list) => list.length > 0) ?? (currencyBefore === undefined ? [] : [currencyBefore]),
  )
  const [code, ...others] = codes
  if (code !== undefined && others.length === 0) return { code }
  const isMixed = others.length > 0
  doubts.push({
    severity: isMixed ? 'error' : 'warning',
    code: isMixed ? 'currency_ambiguous' : 'currency_unknown',
    column: 0,
    message: isMixed
      ? `The file names ${[...codes].slice(0, 5).join(', ')} and not which amount is in which: say so with a mapping`
      : 'The file names no currency: amounts are in hundredths of an unknown one (XXX); say which with a mapping',
  })
  return { code: NO_CURRENCY }
}

/** Codes that are words as well prove nothing: `ALL ACCOUNTS`, `TRY AGAIN`, `TOP UP`. */
const WORDS = new Set(['ALL', 'BAM', 'COP', 'CUP', 'GEL', 'MOP', 'PEN', 'SOS', 'TOP', 'TRY'])

/** Currencies that a name such as `Amount (EUR)` or `出金金額(円)`, or a text before the table says. */
export const codesIn = (text: string): readonly string[] => [
  ...(text.match(/\b[A-Z]{3}\b/g) ?? []).filter((code) => isCurrency(code) && !WORDS.has(code)),
  ...(/[(（]円[)）]/.test(text) ? ['JPY'] : []),
]

/** How many decimals the currencies of the file have, as far as they are known. */
function unitsOf(currency: Profile['currency'], column: ColumnSurvey | undefined): ReadonlySet<number> {
  const codes = 'code' in currency ? [currency.code] : [...(column?.values ?? [])].map((text) => text.toUpperCase())
  return new Set(codes.map((code) => decimalsOf(code) ?? 2))
}

/** Amounts without a minus beside rows that say that money left: what is the sign of those? */
function doubtSign(columns: readonly ColumnSurvey[], { amount, balance }: Profile, doubts: Doubt[]): void {
  if (amount.rule !== 'signed' || balance !== undefined) return
  const column = columns.find(({ name }) => name === amount.column)
  if (column === undefined || column.negatives > 0) return
  const kinds = columns.filter(({ name }) => nameScore(name, 'status') > 0 || nameScore(name, 'direction') > 0)
  const leaving = kinds.find(saysLeaving)
  if (leaving === undefined) return
  const message = `No amount is below zero, and "${leaving.name.slice(0, 64)}" says of some rows that money left: say which with a mapping`
  doubts.push({ severity: 'error', code: 'sign_unproven', column: column.place + 1, message })
}
