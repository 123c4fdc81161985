import { NO_CURRENCY } from '../../money/index.ts'
import {
  type AmountRule,
  type ColumnSurvey,
  type Decimal,
  type DecimalMark,
  nameScore,
  saysMinor,
  wordsOf,
} from '../../settlement/index.ts'
import { readRowAmount, unitsOf } from '../rows/amount-value.ts'
import { currencyOf, decimalsIn } from '../rows/currency-code.ts'
import { type CurrencySpec, cellOf, SIDES, type Side, type SideName, UNITS, type Unit } from '../side.ts'
import { type Evidence, evidenceOf } from './evidence.ts'
import type { Group } from './probe.ts'
import { signRules } from './sign-words.ts'

/** One way to read the amounts of a side. */
export type AmountChoice = { readonly rule: AmountRule; readonly mark: DecimalMark; readonly unit: Unit }

export type AmountFit = Evidence & {
  readonly ours: AmountChoice
  readonly theirs: AmountChoice
  readonly sign: 1 | -1
  /** Groups that were compared, and of how many the amounts are equal. */
  readonly groups: number
  readonly equal: number
  /** Whether the unit of both is proven: by decimals, by a factor between them, by a name, or by the format. */
  readonly isUnitProven: boolean
  /** Other columns that fit as well, and not in the same rows. */
  readonly rivals: readonly string[]
  /** Sides that hold a currency with decimals of which nothing says whether it is in major or in minor units. */
  readonly undecided: readonly SideName[]
}

export const share = ({ groups, equal }: Pick<AmountFit, 'groups' | 'equal'>): number =>
  groups === 0 ? 0 : equal / groups

type Candidate = AmountChoice & { readonly name: number; readonly isProven: boolean; readonly hasFractions: boolean }
/** `damaged`: groups with a cell that is no number in whatever way it is read. */
type Read = Candidate & {
  readonly sums: readonly Sum[]
  readonly damaged: readonly boolean[]
  readonly hasDecimals: boolean
}

/** Of the rows of one key, with all the currencies that they name. Undefined when there is a row that cannot be read. */
export type Sum = { readonly amount: bigint; readonly currencies: string } | undefined

type Currencies = Readonly<Record<SideName, CurrencySpec | undefined>>

/**
 * Finds the columns, units and sign with which the amounts of rows of one key are equal most often. Keys that repeat are
 * compared by their sums.
 */
export function fitAmounts(
  sides: Readonly<Record<SideName, Side>>,
  groups: readonly Group[],
  given: Readonly<Partial<Record<SideName, string>>>,
  {
    key,
    currencies,
  }: { readonly key: Readonly<Record<SideName, string>> | undefined; readonly currencies: Currencies },
): AmountFit | undefined {
  const readsOf = (name: SideName): readonly Read[] =>
    candidates(sides[name], given[name], key?.[name]).map((each) =>
      readAll(sides[name], { ...each, currency: currencies[name] }, groups),
    )
  const all = [...fitsOf(readsOf('ours'), readsOf('theirs'))]
  const found = bestOf(all)
  if (found === undefined) return undefined
  for (const name of SIDES) {
    if (given[name] !== undefined) continue
    const { rule, ...choice } = found.reads[name]
    const rules = signRules(sides[name], rule, groups, wantedOf(found, name))
    const reads = rules.map((each) =>
      readAll(sides[name], { ...choice, rule: each, currency: currencies[name] }, groups),
    )
    all.push(...(name === 'ours' ? fitsOf(reads, [found.reads.theirs]) : fitsOf([found.reads.ours], reads)))
  }
  const { fit, reads } = bestOf(all) ?? found
  const undecided = SIDES.filter((name) => isUndecided(sides[name], currencies[name], fit, all))
  const evidence = evidenceOf(reads.ours.sums, reads.theirs.sums, fit.sign)
  return { ...fit, ...evidence, rivals: rivalsOf(fit, all), undecided }
}

type Fit = {
  readonly fit: Omit<AmountFit, keyof Evidence>
  readonly reads: Readonly<Record<SideName, Read>>
  readonly matched: string
  readonly score: number
}

const FEW_DAMAGED = 0.2

function* fitsOf(allOurs: readonly Read[], allTheirs: readonly Read[]): Generator<Fit> {
  for (const ours of allOurs)
    for (const theirs of allTheirs)
      for (const sign of [1, -1] as const) {
        const { compared, damaged, equal, matched } = compare(ours, theirs, sign)
        const isUnitProven = isProven(ours, theirs)
        const fit = { ours, theirs, sign, groups: compared, equal, isUnitProven, rivals: [], undecided: [] }
        // A damaged cell of one column says nothing for another one, as long as there are few.
        const told = damaged <= compared * FEW_DAMAGED ? compared - damaged : compared
        const score = share({ groups: told, equal }) * 1_000 + preference(ours, theirs, sign)
        yield { fit, reads: { ours, theirs }, matched, score }
      }
}

/** The first one of those that are as good. */
const bestOf = (fits: readonly Fit[]): Fit | undefined =>
  fits.reduce<Fit | undefined>((best, each) => (best === undefined || each.score > best.score ? each : best), undefined)

/** What the amounts of a side would have to be, group by group, for the other one to be equal. */
const wantedOf = ({ fit, reads }: Fit, name: SideName): readonly (bigint | undefined)[] =>
  reads[name === 'ours' ? 'theirs' : 'ours'].sums.map((sum) => sum && sum.amount * BigInt(fit.sign))

/**
 * Rows in yen are equal in major units as in minor ones, and say nothing of the kronor beside them: another unit for one
 * side fits as many rows, and the amounts of a currency of that side are not the same in both.
 */
function isUndecided(
  side: Side,
  currency: CurrencySpec | undefined,
  best: Fit['fit'],
  all: readonly { readonly fit: Fit['fit'] }[],
): boolean {
  const chosen = best[side.name]
  if (best.equal === 0 || saysUnit(chosen) || !hasDecimals(side, currency)) return false
  const other: SideName = side.name === 'ours' ? 'theirs' : 'ours'
  return all.some(({ fit }) => {
    const { rule, mark, unit } = fit[side.name]
    const isAlike = fit[other] === best[other] && rule === chosen.rule && mark === chosen.mark && fit.sign === best.sign
    return (
      isAlike &&
      unit !== chosen.unit &&
      (unit === 'major' || unit === 'minor') &&
      fit.equal === best.equal &&
      isMajorOrMinor(chosen)
    )
  })
}

const saysUnit = (choice: AmountChoice): boolean => 'isProven' in choice && choice.isProven === true

const isMajorOrMinor = ({ unit }: AmountChoice): boolean => unit === 'major' || unit === 'minor'

function hasDecimals({ columns }: Side, currency: CurrencySpec | undefined): boolean {
  if (currency === undefined) return false
  const values =
    'code' in currency ? [currency.code] : (columns.find(({ name }) => name === currency.column)?.values ?? [])
  return [...values].some((text) => {
    const code = currencyOf(text)
    return code !== undefined && decimalsIn(code) > 0
  })
}

/** Among ways that fit nearly as well (two names that say it are worth a tenth of the rows): good names, one unit for both, major before minor, and no change of sign. */
const preference = (ours: Read, theirs: Read, sign: 1 | -1): number =>
  (ours.name + theirs.name) / 2 -
  UNITS.indexOf(ours.unit) / 10 -
  UNITS.indexOf(theirs.unit) / 10 -
  (sign === 1 ? 0 : 1) +
  (ours.hasDecimals ? 1 : 0) +
  (theirs.hasDecimals ? 1 : 0)

const isProven = (ours: Read, theirs: Read): boolean =>
  [ours, theirs].some(({ isProven: isNamed, hasDecimals }) => isNamed || hasDecimals) || ours.unit !== theirs.unit

function rivalsOf(best: Fit['fit'], all: readonly Fit[]): string[] {
  const own = all.find(({ fit }) => fit.ours === best.ours && fit.theirs === best.theirs && fit.sign === best.sign)
  const names = all
    .filter(({ fit, matched }) => share(fit) > share(best) - 0.1 && share(fit) > 0 && matched !== own?.matched)
    .flatMap(({ fit }) => [
      ...(columnOf(fit.ours.rule) === columnOf(best.ours.rule) ? [] : [`ours.${columnOf(fit.ours.rule)}`]),
      ...(columnOf(fit.theirs.rule) === columnOf(best.theirs.rule) ? [] : [`theirs.${columnOf(fit.theirs.rule)}`]),
    ])
  return [...new Set(names)]
}

export const columnOf = (rule: AmountRule): string =>
  rule.rule === 'split' ? `${rule.credit}−${rule.debit}` : rule.column

/** `COLUMN:minor` says the unit too. */
function candidates(side: Side, said: string | undefined, key: string | undefined): readonly Candidate[] {
  const saidUnit = UNITS.find((each) => said?.endsWith(`:${each}`) === true)
  const given = saidUnit === undefined ? said : said?.slice(0, -saidUnit.length - 1)
  const { alone, columns, isTable } = side
  const mark = alone.decimal
  if (!isTable && alone.amount !== undefined)
    return [{ rule: alone.amount, mark: '.', unit: 'minor', name: 100, isProven: true, hasFractions: false }]
  const rules: { readonly rule: AmountRule; readonly of: ColumnSurvey; readonly name: number }[] = []
  const isGiven = given !== undefined
  if (
    alone.amount !== undefined &&
    alone.amount.rule !== 'signed' &&
    (!isGiven || given === columnOf(alone.amount) || given === firstColumn(alone.amount))
  )
    for (const of of columns.filter(({ name }) => name === firstColumn(alone.amount)))
      rules.push({ rule: alone.amount, of, name: 110 })
  // What its names do not say for sure, the other side may prove.
  for (const rule of alone.otherAmounts)
    for (const of of columns.filter(({ name }) => !isGiven && name === firstColumn(rule)))
      rules.push({ rule, of, name: 90 })
  if (!isGiven) rules.push(...halves(side).map((each) => ({ ...each, name: 0 })))
  const isSplit = (name: string): boolean =>
    alone.amount?.rule === 'split' && (name === alone.amount.credit || name === alone.amount.debit)
  const couldBe = (of: ColumnSurvey): boolean => isAmount(of) || (side.rows === 0 && nameScore(of.name, 'amount') > 0)
  const amounts = columns.filter((of) => couldBe(of) && of.name !== key && !isSplit(of.name))
  const chosen = isGiven ? columns.filter(({ name }) => name === given) : likeliest(amounts, rules.length > 0)
  for (const of of chosen) rules.push({ rule: { rule: 'signed', column: of.name }, of, name: amountName(of.name) })
  if (isGiven && rules.length === 0) cellOf(side, given)
  return rules.flatMap(({ rule, of, name }) => {
    const written = writtenIn(columns, rule, of)
    return marksOf(written, mark).flatMap((each) =>
      (saidUnit === undefined ? unitsFor(written) : [saidUnit]).map((unit) => ({
        rule,
        mark: each,
        unit,
        name: name + (saysMinor(of.name) && unit === 'minor' ? 50 : 0),
        isProven: unit === saidUnit || (saysMinor(of.name) && unit === 'minor'),
        hasFractions: written.fractions > 0,
      })),
    )
  })
}

type Written = Pick<ColumnSurvey, 'fractions' | 'marks'>

/** How amounts are written: of a pair of columns, in either of them. */
function writtenIn(columns: Side['columns'], rule: AmountRule, of: ColumnSurvey): Written {
  if (rule.rule !== 'split') return of
  const both = columns.filter(({ name }) => name === rule.credit || name === rule.debit)
  const sum = (count: (column: ColumnSurvey) => number): number => both.reduce((total, each) => total + count(each), 0)
  return {
    fractions: sum(({ fractions }) => fractions),
    marks: { '.': sum(({ marks }) => marks['.']), ',': sum(({ marks }) => marks[',']) },
  }
}

/** Above that, not every row was looked at, and it is not known whether two columns are ever filled in one. */
const MOST_LOOKED_AT = 2_000

/** Two columns of amounts, of which each row has one and never both: what comes in and what goes out, whatever they are called. */
function halves({ alone, columns, rows }: Side): readonly { readonly rule: AmountRule; readonly of: ColumnSurvey }[] {
  if (alone.amount?.rule === 'split' || rows > MOST_LOOKED_AT) return []
  const parts = columns.filter((each) => isAmount(each) && each.filled < rows && !isBeside(each.name))
  return parts.flatMap((of) =>
    parts
      .filter((other) => other !== of && other.filled + of.filled === rows)
      .map(
        (other) =>
          ({ rule: { rule: 'split', credit: of.name, debit: other.name, debitSign: 'positive' }, of }) as const,
      ),
  )
}

/**
 * A fee, a balance or what was only authorised is never what is compared: fees agree as well as amounts do, and better where an amount differs. Whole
 * numbers that no name calls an amount may be anything. Both are looked at when there is nothing better.
 */
function likeliest(amounts: readonly ColumnSurvey[], isOtherRule: boolean): readonly ColumnSurvey[] {
  const whole = amounts.filter(({ name }) => !isBeside(name))
  // `1.234` has decimals or thousands, and either way it is no plain count.
  const named = whole.filter(
    ({ name, fractions, open }) => fractions + open['.'] + open[','] > 0 || amountName(name) > 0,
  )
  // Beside a pair of debit and credit, a postal code is no amount, however well it agrees.
  return isOtherRule ? named : ([named, whole, amounts].find((each) => each.length > 0) ?? [])
}

const isBeside = (name: string): boolean =>
  Math.max(nameScore(name, 'fee'), nameScore(name, 'balance')) > nameScore(name, 'amount') || isNoMoneyYet(name)

/** What was asked for is what we have as well, however much of it was taken. */
const isNoMoneyYet = (name: string): boolean => /\b(authori[sz]ed|authori[sz]ation|requested)\b/.test(wordsOf(name))

const firstColumn = (rule: AmountRule | undefined): string | undefined =>
  rule === undefined ? undefined : rule.rule === 'split' ? rule.credit : rule.column

const isAmount = ({ filled, numbers, orders, values }: ColumnSurvey): boolean =>
  filled > 0 &&
  numbers >= filled * 0.7 &&
  // A date with dots, such as 03.04.2026, is no amount.
  !(
    Math.max(orders.dmy, orders.ymd, orders.mdy) >= filled * 0.7 &&
    [...values].some((text) => /\d[-/.]\d+[-/.]\d/.test(text))
  )

/** Balances are never what is compared; references seldom, although they may be numbers. */
const amountName = (name: string): number =>
  nameScore(name, 'amount') -
  (nameScore(name, 'balance') > 0 ? 100 : 0) -
  (nameScore(name, 'reference') > 0 ? 60 : 0) -
  (nameScore(name, 'fee') > 0 ? 20 : 0) +
  nameScore(name, 'net') / 10

const MARKS: readonly DecimalMark[] = ['.', ',']

function marksOf({ marks }: Written, ofFile: DecimalMark | undefined): readonly DecimalMark[] {
  if (marks['.'] > marks[',']) return ['.']
  if (marks[','] > marks['.']) return [',']
  return ofFile === undefined ? MARKS : [ofFile]
}

/** What has decimals is no count of minor units. */
const unitsFor = ({ fractions }: Written): readonly Unit[] => (fractions > 0 ? ['major'] : UNITS)

function readAll(
  side: Side,
  { currency, ...choice }: Candidate & { readonly currency: CurrencySpec | undefined },
  groups: readonly Group[],
): Read {
  const places = new Map<string, string>()
  let hasDecimals = groups.length === 0 && choice.hasFractions
  const textIn =
    (row: Readonly<Record<string, string | null>>) =>
    (column: string): string => {
      const place = places.get(column) ?? cellOf(side, column)
      places.set(column, place)
      return row[place] ?? ''
    }
  const moneyIn = (row: Readonly<Record<string, string | null>>) => {
    const read = readRowAmount(choice.rule, choice.mark, textIn(row))
    if (read === 'empty' || 'unreadable' in read) return undefined
    const code = codeIn(currency, textIn(row), read)
    const decimals = decimalsIn(code ?? NO_CURRENCY)
    // `12,000` yen are twelve thousand.
    if (read.decimal.scale > 0 && decimals > 0) hasDecimals = true
    const units = unitsOf(read.decimal, choice.unit, decimals)
    // What is finer than its currency was read with the wrong mark or in the wrong unit.
    return units?.isExact === true ? { amount: units.amount, code } : undefined
  }
  const sums = groups.map((group): Sum => {
    const rows = group[side.name].map(moneyIn)
    if (!rows.every((row) => row !== undefined)) return undefined
    const currencies = [...new Set(rows.flatMap(({ code }) => code ?? []))].toSorted().join()
    return { amount: rows.reduce((sum, { amount }) => sum + amount, 0n), currencies }
  })
  const isDamaged = (row: Readonly<Record<string, string | null>>): boolean =>
    MARKS.every((mark) => {
      const read = readRowAmount(choice.rule, mark, textIn(row))
      return read !== 'empty' && 'unreadable' in read
    })
  const damaged = groups.map((group, place) => sums[place] === undefined && group[side.name].some(isDamaged))
  return { ...choice, sums, damaged, hasDecimals }
}

const codeIn = (
  spec: CurrencySpec | undefined,
  textOf: (column: string) => string,
  read: { readonly decimal: Decimal; readonly currency: string | undefined },
): string | undefined =>
  read.currency ?? (spec === undefined ? undefined : 'code' in spec ? spec.code : currencyOf(textOf(spec.column)))

/** Zero is equal to zero in every unit, so it says nothing. As many euros as yen are not the same amount. */
function compare({ sums: ours, ...left }: Read, { sums: theirs, ...right }: Read, sign: 1 | -1) {
  let [compared, damaged, equal] = [0, 0, 0]
  const matched: number[] = []
  for (let place = 0; place < ours.length; place += 1) {
    const [a, b] = [ours[place], theirs[place]]
    if (a?.amount === 0n && b?.amount === 0n) continue
    compared += 1
    if (left.damaged[place] === true || right.damaged[place] === true) damaged += 1
    if (a === undefined || b === undefined || a.amount !== b.amount * BigInt(sign)) continue
    if (a.currencies !== '' && b.currencies !== '' && a.currencies !== b.currencies) continue
    equal += 1
    matched.push(place)
  }
  return { compared, damaged, equal, matched: matched.join() }
}
