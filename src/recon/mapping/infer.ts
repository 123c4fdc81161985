import type { DuckDb } from '../../platform/duckdb.ts'
import { nameScore } from '../../settlement/index.ts'
import { couldBeKey, everyOf, type SampledBy } from '../files/sample.ts'
import { apartWord } from '../rows/kinds.ts'
import { stateOf } from '../rows/states.ts'
import { cellOf, SIDES, type Side, type SideName, type SideSpec } from '../side.ts'
import { withAllCodes } from './all-codes.ts'
import { believed } from './beside.ts'
import { beyondChance } from './evidence.ts'
import { type AmountFit, columnOf, fitAmounts, share } from './infer-amount.ts'
import { type CurrencyFit, fitCurrencies } from './infer-currency.ts'
import { type DateFit, fitDates, percent } from './infer-date.ts'
import type { Confidence, Field, Mapping, Overrides } from './mapping.ts'
import { areOneNumber } from './prefix.ts'
import { containment, type Group, isWhole, type KeyPair, namesAgree, probeKeys, sampleGroups } from './probe.ts'
import { isCounter, isRunning } from './running.ts'

type Sides = Readonly<Record<SideName, Side>>

/** A key, the rows that share it, and how well their amounts agree: what proves that it is one. */
type Trial = {
  readonly pair: KeyPair
  readonly groups: readonly Group[]
  readonly amounts: AmountFit | undefined
  readonly currencies: CurrencyFit
}

/**
 * Finds out how two files are compared. A key is believed when both sides have its values, when they are unique, and when
 * the amounts of rows that share one are equal: any two columns of row numbers overlap, but their amounts do not agree.
 */
export async function inferMapping(duckdb: DuckDb, read: Sides, given: Overrides): Promise<Mapping> {
  const sides = await withAllCodes(duckdb, read, given)
  const { mapping, isClear } = await inferBy(duckdb, sides, given, 'value')
  return isClear ? mapping : (await inferBy(duckdb, sides, given, 'end')).mapping
}

/** `isClear`: no form of a key in which it may be written otherwise could be a better one. */
async function inferBy(
  duckdb: DuckDb,
  sides: Sides,
  given: Overrides,
  by: SampledBy,
): Promise<{ readonly mapping: Mapping; readonly isClear: boolean }> {
  const pairs = await probeKeys(duckdb, sides.ours, sides.theirs, by)
  const trial = await bestTrial(duckdb, sides, { pairs: pairs.filter(isGiven(given)), by }, given)
  const groups = trial?.groups ?? []
  const pair = trial?.pair ?? (await byName(sides, given))
  const currencies = trial?.currencies ?? fitCurrencies(sides, groups, given.currency ?? {})
  const amounts = trial?.amounts ?? fitAmounts(sides, groups, given.amount ?? {}, { key: pair, currencies })
  const dates = fitDates(sides, groups, given.date ?? {})
  const fields = {
    key: said(keyField(pair, trial, sides, pairs), given.key),
    amount: amountField(amounts, given),
    currency: said(currencies.field, given.currency),
    date: dates.field.confidence === 'guess' ? dates.field : said(dates.field, given.date),
  }
  const isClear =
    isWhole(everyOf(Math.max(sides.ours.rows, sides.theirs.rows)), by) ||
    (trial !== undefined && fields.key.confidence === 'sure' && containment(trial.pair) >= MOST)
  const second = isClear
    ? await secondOf(duckdb, sides, pair, { pairs, by, currencies, given: given.amount ?? {} })
    : undefined
  const specs = specsOf(sides, { pair, amounts, currencies, dates, second })
  const beside = specs && believed(sides, specs, groups)
  return { mapping: { fields, specs: beside?.specs, notes: beside?.notes ?? [] }, isClear }
}

/** Of what a looser form of a key finds, a stricter one has to find so much to be preferred. */
const MOST = 0.8

type AmountsGiven = NonNullable<Overrides['amount']>
type Sampled = { readonly pairs: readonly KeyPair[]; readonly by: SampledBy }

const isGiven =
  ({ key }: Overrides) =>
  (pair: KeyPair): boolean =>
    (key?.ours === undefined || pair.ours === key.ours) && (key?.theirs === undefined || pair.theirs === key.theirs)

/** What somebody said is sure when both sides were said. */
function said(field: Field, given: Readonly<Partial<Record<SideName, string>>> | undefined): Field {
  if (given?.ours === undefined || given.theirs === undefined) return field
  return { ...field, ours: given.ours, theirs: given.theirs, confidence: 'sure', reason: 'as given' }
}

const MAX_TRIALS = 8

async function bestTrial(
  duckdb: DuckDb,
  sides: Sides,
  { pairs, by }: Sampled,
  given: Overrides,
): Promise<Trial | undefined> {
  const promising = simplest(pairs).toSorted((a, b) => promise(sides, b) - promise(sides, a))
  let best: { readonly trial: Trial; readonly score: number } | undefined
  for (const pair of promising.slice(0, MAX_TRIALS)) {
    const groups = await sampleGroups(duckdb, sides, pair, by)
    const currencies = fitCurrencies(sides, groups, given.currency ?? {})
    const amounts = fitAmounts(sides, groups, given.amount ?? {}, { key: pair, currencies })
    // A key that leaves out the rows that differ agrees in all others, and is no better for that.
    const score = agreement(sides, pair, amounts) * containment(pair) * 2 + promise(sides, pair)
    if (best === undefined || score > best.score) best = { trial: { pair, groups, amounts, currencies }, score }
  }
  return best?.trial
}

/** How far the amounts prove a key. Of numbers that run in both systems, only what could not be chance counts. */
function agreement(sides: Sides, pair: KeyPair, amounts: AmountFit | undefined): number {
  if (amounts === undefined || amounts.groups === 0) return 0
  return isRunning(sides, pair) ? beyondChance(share(amounts), amounts.chance) : share(amounts)
}

/** Of the forms of one pair of columns the strictest that finds most of what the loosest does: a later pass finds the others. */
function simplest(pairs: readonly KeyPair[]): readonly KeyPair[] {
  const byColumns = Map.groupBy(pairs, ({ ours, theirs }) => JSON.stringify([ours, theirs]))
  return [...byColumns.values()].flatMap((forms) => {
    const usable = forms.filter(({ form, collides }) => form !== 'loose' || !collides)
    const most = Math.max(...usable.map(({ common }) => common))
    const found = usable.find(({ common }) => common >= most * MOST)
    return found === undefined ? [] : [found]
  })
}

const promise = (sides: Sides, pair: KeyPair): number =>
  containment(pair) +
  Math.min(pair.uniqueness.ours, pair.uniqueness.theirs) / 2 +
  pair.name / 400 -
  (isNoReference(sides, pair) ? 1 : 0) -
  (isCounter(sides, pair) ? 0.5 : 0) -
  (isUnnamedNumber(sides, pair) ? 0.3 : 0)

/** Numbers under a name that says nothing may be anything: taxes, points, seats. A text that both have is a reference sooner. */
const isUnnamedNumber = (sides: Sides, pair: KeyPair): boolean =>
  SIDES.every((side) => {
    const column = sides[side].columns.find(({ name }) => name === pair[side])
    return column !== undefined && column.numbers === column.filled && nameScore(column.name, 'reference') === 0
  })

/** Amounts and instants are in both files and nearly unique, and are no references. */
const isNoReference = (sides: Sides, pair: KeyPair): boolean =>
  SIDES.some((side) => {
    const column = sides[side].columns.find(({ name }) => name === pair[side])
    const isNumber = column !== undefined && column.numbers >= column.filled * 0.7
    return (
      isNumber &&
      nameScore(column.name, 'reference') === 0 &&
      OTHER_ROLES.some((role) => nameScore(column.name, role) > 0)
    )
  })

const OTHER_ROLES = ['amount', 'fee', 'net', 'balance', 'credit', 'debit', 'date', 'valueDate'] as const

function keyField(
  pair: KeyPair | undefined,
  trial: Trial | undefined,
  { ours, theirs }: Sides,
  pairs: readonly KeyPair[],
): Field {
  if (pair === undefined)
    return { ours: undefined, theirs: undefined, confidence: 'none', reason: 'no two columns have values in common' }
  const names = { ours: pair.ours, theirs: pair.theirs }
  if (trial === undefined) {
    const isEmpty = ours.rows === 0 || theirs.rows === 0
    const reason = isEmpty ? 'by name: one file has no rows' : 'by name only: no value is in both files'
    return { ...names, confidence: isEmpty ? 'likely' : 'guess', reason }
  }
  const { amounts } = trial
  const overlap = `${percent(pair.common, Math.min(pair.values.ours, pair.values.theirs))} of values overlap`
  const form = { exact: '', case: ', without case', loose: ', without prefixes and leading zeros' }[pair.form]
  const unique = Math.min(pair.uniqueness.ours, pair.uniqueness.theirs)
  const uniqueness = unique > 0.999 ? 'unique on both sides' : `${percent(unique, 1)} unique`
  const agreed =
    amounts === undefined || amounts.groups === 0 ? '' : `, amounts agree in ${amounts.equal} of ${amounts.groups}`
  const reason = `${overlap}${form}, ${uniqueness}${agreed}`
  if (isTurned(trial, { ours, theirs }, pairs))
    return {
      ...names,
      confidence: 'guess',
      reason: `${reason}; the references could be the amounts and the amounts the references`,
    }
  return { ...names, confidence: keyConfidence(trial, { ours, theirs }), reason }
}

/** Whether two columns of whole numbers under names that say nothing could change places. */
function isTurned({ pair, amounts }: Trial, sides: Sides, pairs: readonly KeyPair[]): boolean {
  if (amounts === undefined || SIDES.some((side) => amounts[side].rule.rule !== 'signed')) return false
  const turned = { ours: columnOf(amounts.ours.rule), theirs: columnOf(amounts.theirs.rule) }
  const saysNothing = SIDES.every(
    (side) => nameScore(turned[side], 'amount') === 0 && nameScore(pair[side], 'reference') === 0,
  )
  const isNumber = SIDES.every((side) => {
    const column = sides[side].columns.find(({ name }) => name === pair[side])
    return column !== undefined && column.numbers === column.filled
  })
  const rival = pairs.find((each) => each.ours === turned.ours && each.theirs === turned.theirs)
  return (
    saysNothing &&
    isNumber &&
    rival !== undefined &&
    containment(rival) >= 0.5 &&
    Math.min(...uniquenessOf(rival)) >= 0.5
  )
}

function keyConfidence({ pair, groups: pairs, amounts }: Trial, sides: Sides): Confidence {
  if (pair.form === 'loose' && !areOneNumber(sides, pair, pairs)) return 'guess'
  const agreed = agreement(sides, pair, amounts)
  const groups = amounts?.groups ?? 0
  const unique = { most: Math.max(...uniquenessOf(pair)), least: Math.min(...uniquenessOf(pair)) }
  const overlap = containment(pair)
  if (overlap >= 0.5 && unique.most >= 0.8 && unique.least >= 0.3 && agreed >= 0.8 && groups >= 3) {
    // Amounts of which nearly all are the same prove little of numbers that run.
    return isRunning(sides, pair) && (amounts?.told ?? 0) < 3 ? 'guess' : 'sure'
  }
  if (overlap >= 0.2 && unique.most >= 0.6 && unique.least >= 0.2 && agreed >= 0.5 && groups >= 2) return 'likely'
  // Few rows prove little; names that both say reference do the rest.
  if (overlap > 0 && pair.name >= 60 && (agreed >= 0.5 || (overlap >= 0.5 && groups <= 3))) return 'likely'
  return 'guess'
}

const uniquenessOf = ({ uniqueness }: KeyPair): readonly number[] => [uniqueness.ours, uniqueness.theirs]

/** Without a value in common: what was given, or the columns whose names agree best. */
function byName({ ours, theirs }: Sides, { key }: Overrides): Promise<KeyPair | undefined> {
  const columns = (side: Side, name: string | undefined) => {
    if (name !== undefined) cellOf(side, name)
    return side.columns.filter((column) =>
      name === undefined ? couldBeKey(column) || column.filled === 0 : column.name === name,
    )
  }
  const pairs = columns(ours, key?.ours).flatMap((a) =>
    columns(theirs, key?.theirs).map((b) => ({ ours: a.name, theirs: b.name, name: namesAgree(a.name, b.name) })),
  )
  const best = pairs.toSorted((a, b) => b.name - a.name)[0]
  const isNamed = best !== undefined && (best.name > 0 || key !== undefined)
  const nothing = { form: 'exact', values: { ours: 0, theirs: 0 }, common: 0, collides: false } as const
  return Promise.resolve(isNamed ? { ...best, ...nothing, uniqueness: { ours: 0, theirs: 0 } } : undefined)
}

function amountField(fit: AmountFit | undefined, given: Overrides): Field {
  if (fit === undefined)
    return { ours: undefined, theirs: undefined, confidence: 'none', reason: 'a file has no column of amounts' }
  const names = { ours: `${columnOf(fit.ours.rule)}`, theirs: `${columnOf(fit.theirs.rule)}` }
  const { groups, equal, opposed, rivals, unread } = fit
  const units =
    fit.ours.unit === fit.theirs.unit
      ? `both in ${fit.ours.unit} units`
      : `ours in ${fit.ours.unit}, theirs in ${fit.theirs.unit} units`
  const scale = fit.isUnitProven ? '' : ' (nothing proves the unit)'
  const sign = fit.sign === 1 ? '' : ', with the sign reversed'
  const isSaid = given.amount?.ours !== undefined && given.amount.theirs !== undefined
  const rival = rivals.length === 0 || isSaid ? '' : `; so do ${rivals.slice(0, 3).join(', ')}`
  const against = isSaid || !isAgainst(fit) ? '' : `; ${opposed} are equal but for their sign, ${unread} have no amount`
  const open = fit.undecided.map((side) => `; nothing says whether ${side} is in major or minor units`).join('')
  const reason =
    groups === 0
      ? `by name; ${units}${scale}`
      : `equal in ${equal} of ${groups} rows that share a key, ${units}${scale}${sign}${rival}${against}${open}`
  return { ...names, confidence: amountConfidence(fit, isSaid), reason: isSaid ? `as given; ${reason}` : reason }
}

function amountConfidence(fit: AmountFit, isSaid: boolean): Confidence {
  if (fit.undecided.length > 0) return 'guess'
  if (isSaid) return fit.isUnitProven || fit.groups > 0 ? 'sure' : 'likely'
  if (isAgainst(fit)) return 'guess'
  const { groups, equal, isUnitProven, rivals } = fit
  if (share(fit) >= 0.8 && groups >= 3) return isUnitProven && rivals.length === 0 ? 'sure' : 'likely'
  if (share(fit) >= 0.5 && equal >= 1) return 'likely'
  return groups <= 1 && isUnitProven && fit.ours.unit === fit.theirs.unit ? 'likely' : 'guess'
}

/** Amounts that have the other sign, or none, in more than a few rows: the column is not the whole of it. */
const isAgainst = ({ groups, opposed, unread }: AmountFit): boolean =>
  (opposed >= 2 && opposed >= groups * 0.05) || (unread >= 3 && unread >= groups * 0.25)

type Found = {
  readonly pair: KeyPair | undefined
  readonly amounts: AmountFit | undefined
  readonly currencies: CurrencyFit
  readonly dates: DateFit
  readonly second: KeyPair | undefined
}

function specsOf(sides: Sides, { pair, amounts, currencies, dates, second }: Found): Mapping['specs'] {
  if (pair === undefined || amounts === undefined) return undefined
  if (currencies.ours === undefined || currencies.theirs === undefined) return undefined
  const hasFees = sides.ours.alone.fee !== undefined && sides.theirs.alone.fee !== undefined
  const specOf = (name: SideName): SideSpec => ({
    key: pair[name],
    keyForm: pair.form,
    amount: amounts[name].rule,
    decimal: amounts[name].mark,
    unit: amounts[name].unit,
    sign: name === 'theirs' ? amounts.sign : 1,
    currency: currencies[name] ?? { code: 'XXX' },
    date: dates[name],
    fee: name === 'theirs' || hasFees ? sides[name].alone.fee : undefined,
    kind: kindOf(sides[name]),
    second: second?.[name],
    status: statusOf(sides[name]),
  })
  return { ours: specOf('ours'), theirs: specOf('theirs') }
}

/**
 * A second reference: two other columns that share unique values, and whose rows have the same first one wherever both have
 * any. Row numbers do not.
 */
async function secondOf(
  duckdb: DuckDb,
  sides: Sides,
  first: KeyPair | undefined,
  { pairs, by, currencies, given }: Sampled & { readonly currencies: CurrencyFit; readonly given: AmountsGiven },
): Promise<KeyPair | undefined> {
  if (first === undefined) return undefined
  const others = pairs.filter(
    (pair) =>
      pair.form !== 'loose' &&
      pair.ours !== first.ours &&
      pair.theirs !== first.theirs &&
      !isNoReference(sides, pair) &&
      Math.min(...uniquenessOf(pair)) >= 0.5 &&
      containment(pair) >= 0.3,
  )
  for (const pair of simplest(others)
    .toSorted((a, b) => promise(sides, b) - promise(sides, a))
    .slice(0, MAX_TRIALS)) {
    const groups = await sampleGroups(duckdb, sides, pair, by)
    const told = groups.map(({ ours, theirs }) => [
      keyIn(ours[0]?.[cellOf(sides.ours, first.ours)]),
      keyIn(theirs[0]?.[cellOf(sides.theirs, first.theirs)]),
    ])
    const both = told.filter(([a, b]) => a !== '' && b !== '')
    if (both.length >= 3 && both.filter(([a, b]) => a === b).length >= both.length * 0.75) return pair
    // Rows that have no first one are proven by their amounts, as a first one is.
    const nameless = groups.filter((_, place) => told[place]?.every((each) => each === ''))
    if (both.length > 0 || nameless.length < 3) continue
    const amounts = fitAmounts(sides, nameless, given, { key: pair, currencies })
    if (amounts !== undefined && amounts.told >= 3 && agreement(sides, pair, amounts) >= 0.8) return pair
  }
  return undefined
}

/** Near enough to see whether two cells name one thing: without marks, case, and the letters and noughts in front. */
const keyIn = (text: string | null | undefined): string =>
  (text ?? '')
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replace(/^\p{L}+(?=\d+$)|^0+/gu, '')

/** The column that says what a row is: of several the one that names payouts, fees and their like. */
function kindOf(side: Side): string | undefined {
  const { alone, columns, isTable } = side
  if (!isTable) return alone.kind
  const status = statusOf(side)
  const isKind = ({ name, values }: Side['columns'][number]): boolean =>
    name !== status && nameScore(name, 'status') > 0 && [...values].some((word) => apartWord(word) !== undefined)
  return columns.find(isKind)?.name ?? (alone.kind === status ? undefined : alone.kind)
}

/** The column whose words say what became of each payment. */
function statusOf({ columns }: Side): string | undefined {
  const candidates = columns.filter(({ filled, values }) => {
    const words = [...values]
    const known = words.filter((word) => stateOf(word) !== undefined)
    return filled > 0 && words.length <= 16 && known.length > 0 && known.length * 2 >= words.length
  })
  return candidates.toSorted((a, b) => nameScore(b.name, 'status') - nameScore(a.name, 'status'))[0]?.name
}
