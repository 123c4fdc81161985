import { AmountError, isCurrency, parseSignedMajor } from '../../money/index.ts'
import { failure } from './control.ts'
import { isDate } from './dates.ts'
import { UnreadableRow } from './diagnostics.ts'
import {
  type Control,
  type KindTotal,
  LINE_KINDS,
  type LineKind,
  type SettlementLine,
  type Statement,
} from './format.ts'

/** The rows of one section, from its `opening` to its `closing`, and the sums that prove it. See simulator-csv.ts. */

export const COLUMNS = [
  'record',
  'business_date',
  'currency',
  'kind',
  'psp_reference',
  'reference',
  'status',
  'gross',
  'fee',
  'net',
  'occurred_at',
  'lines',
] as const

export type Fields = readonly string[]

/** Places of the fields in a row. */
export const BUSINESS_DATE = 1
const CURRENCY = 2
const KIND = 3
export const PSP_REFERENCE = 4
const REFERENCE = 5
const STATUS = 6
const GROSS = 7
const FEE = 8
const NET = 9
export const OCCURRED_AT = 10
const LINES = 11

type Sum = { lines: number; amount: bigint; fee: bigint; isStated: boolean }

export type Section = {
  readonly index: number
  readonly currency: string
  readonly opening: bigint
  readonly sums: Map<LineKind, Sum>
  lines: number
  credits: bigint
  debits: bigint
  /** True from the first `total` on, after which no line may come. */
  inTotals: boolean
  failure: Control | undefined
}

export function openSection(fields: Fields, index: number): Section {
  const currency = fields[CURRENCY] ?? ''
  if (!isCurrency(currency))
    throw new UnreadableRow('currency', CURRENCY + 1, `"${currency.slice(0, 16)}" is not a currency`)
  const opening = moneyIn(fields, NET, currency)
  return {
    index,
    currency,
    opening,
    sums: new Map(),
    lines: 0,
    credits: 0n,
    debits: 0n,
    inTotals: false,
    failure: undefined,
  }
}

/** Reads a `line` row and adds it to the section. */
export function readLine(section: Section, fields: Fields, line: number, days: InstantReader): SettlementLine {
  if (section.inTotals) throw new UnreadableRow('out_of_place', 1, 'A line comes after the totals of its section')
  const { currency } = section
  requireCurrency(section, fields)
  const kind = kindIn(fields)
  const amount = moneyIn(fields, GROSS, currency)
  const fee = moneyIn(fields, FEE, currency)
  const stated = moneyIn(fields, NET, currency)
  const occurredAt = days(fields[OCCURRED_AT] ?? '')
  const pspReference = textIn(fields, PSP_REFERENCE)
  const reference = textIn(fields, REFERENCE)
  const status = textIn(fields, STATUS)
  const net = amount - fee
  if (net !== stated) fail(section, `the net of line ${line}`, stated, net)
  if (net > 0n) section.credits += net
  else section.debits += net
  section.lines++
  const sum = sumOf(section, kind)
  sum.lines++
  sum.amount += amount
  sum.fee += fee
  return { line, statement: section.index, kind, status, pspReference, reference, amount, fee, currency, occurredAt }
}

/** Compares a `total` row with the lines. */
export function readTotal(section: Section, fields: Fields): void {
  section.inTotals = true
  requireCurrency(section, fields)
  const kind = kindIn(fields)
  const gross = moneyIn(fields, GROSS, section.currency)
  const fee = moneyIn(fields, FEE, section.currency)
  const net = moneyIn(fields, NET, section.currency)
  const lines = countIn(fields)
  const sum = sumOf(section, kind)
  sum.isStated = true
  const what = `the total of ${kind} in ${section.currency}`
  compare(section, `${what}: gross`, gross, sum.amount)
  compare(section, `${what}: fee`, fee, sum.fee)
  compare(section, `${what}: net`, net, sum.amount - sum.fee)
  compare(section, `${what}: lines`, lines, BigInt(sum.lines))
}

/** Reads the `closing` row: the section is complete. */
export function closeSection(section: Section, fields: Fields, account: string): Statement {
  requireCurrency(section, fields)
  const { currency, opening, lines, credits, debits } = section
  const closing = moneyIn(fields, NET, currency)
  const stated = countIn(fields)
  for (const [kind, sum] of section.sums)
    if (!sum.isStated) fail(section, `the total of ${kind} in ${currency}: there is none`, 0n, BigInt(sum.lines))
  compare(section, `the closing balance in ${currency}`, closing, opening + credits + debits)
  compare(section, `the lines of the section in ${currency}`, stated, BigInt(lines))
  const totals: KindTotal[] = [...section.sums]
    .filter(([, sum]) => sum.lines > 0)
    .map(([kind, { lines: count, amount, fee }]) => ({ kind, lines: count, amount, fee }))
  const control = section.failure ?? { status: 'pass' }
  return { account, currency, opening, closing, lines, credits, debits, totals, control }
}

function compare(section: Section, what: string, stated: bigint, computed: bigint): void {
  if (stated !== computed) fail(section, what, stated, computed)
}

/** Only the first thing that is wrong is told: what follows from it is wrong as well. */
function fail(section: Section, what: string, stated: bigint, computed: bigint): void {
  section.failure ??= failure(what, stated, computed)
}

function sumOf(section: Section, kind: LineKind): Sum {
  const known = section.sums.get(kind)
  if (known !== undefined) return known
  const sum = { lines: 0, amount: 0n, fee: 0n, isStated: false }
  section.sums.set(kind, sum)
  return sum
}

function requireCurrency(section: Section, fields: Fields): void {
  const currency = fields[CURRENCY] ?? ''
  if (currency === section.currency) return
  const message = `"${currency.slice(0, 16)}" stands in the section of ${section.currency}`
  throw new UnreadableRow('currency', CURRENCY + 1, message)
}

const KINDS: ReadonlyMap<string, LineKind> = new Map(LINE_KINDS.map((kind) => [kind, kind]))

function kindIn(fields: Fields): LineKind {
  const word = fields[KIND] ?? ''
  const kind = KINDS.get(word)
  if (kind !== undefined) return kind
  throw new UnreadableRow('kind', KIND + 1, `"${word.slice(0, 64)}" is no kind of line`)
}

function moneyIn(fields: Fields, place: number, currency: string): bigint {
  try {
    return parseSignedMajor(fields[place] ?? '', currency)
  } catch (error) {
    if (!(error instanceof AmountError)) throw error
    throw new UnreadableRow('amount', place + 1, `${COLUMNS[place]}: ${error.message}`)
  }
}

export function countIn(fields: Fields): bigint {
  const text = fields[LINES] ?? ''
  if (/^\d{1,15}$/.test(text)) return BigInt(text)
  throw new UnreadableRow('count', LINES + 1, `"${text.slice(0, 32)}" is no number of lines`)
}

const MAX_TEXT_LENGTH = 1_024 // a reference has 255 characters at most; one that is longer would not fit an index

function textIn(fields: Fields, place: number): string | undefined {
  const text = fields[place] ?? ''
  if (text.length <= MAX_TEXT_LENGTH) return text === '' ? undefined : text
  const message = `${COLUMNS[place]} is longer than ${MAX_TEXT_LENGTH} characters`
  throw new UnreadableRow('text_too_long', place + 1, message)
}

/** Reads an instant in UTC with milliseconds, e.g. `2026-03-03T23:59:59.999Z`, and nothing else. */
export type InstantReader = (text: string) => Date

const INSTANT = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/

export function createInstantReader(): InstantReader {
  let knownDay = '' // nearly all lines of a file are of one day, so its date is proven once
  return (text) => {
    if (!INSTANT.test(text)) throw notAnInstant(text)
    if (!text.startsWith(knownDay) || knownDay === '') {
      const day = text.slice(0, 10)
      if (!isDate(day)) throw notAnInstant(text)
      knownDay = day
    }
    return new Date(text)
  }
}

const notAnInstant = (text: string): UnreadableRow =>
  new UnreadableRow('instant', OCCURRED_AT + 1, `"${text.slice(0, 32)}" is no instant such as 2026-03-03T12:00:00.000Z`)
