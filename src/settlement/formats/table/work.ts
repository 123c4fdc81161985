import { decimalsOf, isCurrency, NO_CURRENCY } from '../../../money/index.ts'
import { createSums, type Sums } from '../control.ts'
import { type Decimal, type DecimalMark, roundedUnits, toUnits } from '../decimal.ts'
import { UnreadableRow } from '../diagnostics.ts'
import type { Reading } from '../reading.ts'
import type { ZoneReader } from '../zone.ts'
import { type ReadAmount, readAmount } from './amount-text.ts'
import { type Balances, createBalances } from './balances.ts'
import { currencyNamed } from './currency-sign.ts'
import type { DateReader } from './date-text.ts'
import type { Profile } from './profile.ts'
import type { Table, TableRow } from './rows.ts'

/** What is read of one currency of a table: its statement. */
export type Section = {
  readonly index: number
  readonly currency: string
  readonly decimals: number
  readonly sums: Sums
  readonly balances: Balances
}

/** What reading a table by its mapping works on. */
export type Work = {
  readonly reading: Reading
  readonly profile: Profile
  readonly table: Table
  readonly dates: DateReader
  readonly zone: ZoneReader | undefined
  readonly sections: Map<string, Section>
  /** Place of each column by its name; found when the header was read. */
  readonly places: Map<string, number>
  /** The header as it stands there, when there is one. */
  header: readonly string[]
  account: string
  lastDate: string | undefined
  /** Whether debits beside a column that says so were written with a minus so far. */
  debitsHaveMinus: boolean | undefined
}

export const hasKeys = ({ table }: Profile): boolean => table.kind === 'json' || table.kind === 'jsonl'

export function placeOf({ places, table }: Work, name: string): number {
  const known = places.get(name)
  if (known !== undefined) return known
  const place = table.columns.indexOf(name)
  if (place !== -1) places.set(name, place)
  return place
}

export const cell = (work: Work, row: TableRow, name: string | undefined): string =>
  name === undefined ? '' : (row.fields[placeOf(work, name)] ?? '').trim()

/** The statement of a currency: made when it comes for the first time. */
export function sectionOf({ sections }: Work, code: string): Section {
  let section = sections.get(code)
  if (section === undefined) {
    const decimals = decimalsOf(code) ?? 2
    section = { index: sections.size, currency: code, decimals, sums: createSums(), balances: createBalances() }
    sections.set(code, section)
  }
  return section
}

/** The code in a text, or beside an amount in it. Undefined for anything else. */
export function currencyIn(text: string, { decimal, currency }: Profile): string | undefined {
  const alias = 'column' in currency ? aliasOf(currency.aliases, text) : undefined
  if (alias !== undefined) return alias
  const code = currencyNamed(text) ?? text.toUpperCase()
  if (isCurrency(code) || code === NO_CURRENCY) return code
  return readAmount(text, decimal)?.currency
}

function aliasOf(aliases: Readonly<Record<string, string>> | undefined, text: string): string | undefined {
  if (aliases === undefined) return undefined
  const upper = text.toUpperCase()
  return Object.entries(aliases).find(([name]) => name.toUpperCase() === upper)?.[1]
}

/** The section of a row. Throws `UnreadableRow` for what is no currency. */
export function sectionOfRow(work: Work, row: TableRow): Section {
  const { currency } = work.profile
  if ('code' in currency) return sectionOf(work, currency.code)
  const text = cell(work, row, currency.column)
  const code = currencyIn(text, work.profile)
  if (code !== undefined) return sectionOf(work, code)
  throw new UnreadableRow('currency', placeOf(work, currency.column) + 1, `"${text.slice(0, 16)}" is not a currency`)
}

/** The decimal mark of a cell: a number by its type has a point in every file. */
export const markOf = ({ profile }: Work, { numbers }: TableRow, place: number): DecimalMark =>
  numbers?.[place] === true ? '.' : profile.decimal

/** The amount of a cell in minor units, zero for an empty one. Throws `UnreadableRow` for what is no amount of this currency. */
export function moneyIn(work: Work, row: TableRow, name: string, section: Section): bigint {
  const text = cell(work, row, name)
  if (text === '') return 0n
  const place = placeOf(work, name)
  const column = place + 1
  const decimal = markOf(work, row, place)
  const read = readAmount(text, decimal)
  if (read === undefined)
    throw new UnreadableRow('amount', column, `"${text.slice(0, 40)}" is no amount such as 1234${decimal}50`)
  return minorOf(work, read, section, { line: row.line, column, text })
}

export function minorOf(
  { profile, reading }: Work,
  { decimal, currency }: ReadAmount,
  section: Section,
  at: { readonly line: number; readonly column: number; readonly text: string },
): bigint {
  if (currency !== undefined && currency !== section.currency && section.currency !== NO_CURRENCY)
    throw new UnreadableRow('currency', at.column, `"${at.text.slice(0, 40)}" is not in ${section.currency}`)
  const exact = toUnits(profile.minor ? inMajor(decimal, section.decimals) : decimal, section.decimals, at.column)
  if (exact.rest !== 0n) {
    const message = `"${at.text.slice(0, 40)}" is finer than the currency: it is rounded`
    reading.diagnostics.add({ severity: 'warning', code: 'rounding', line: at.line, column: at.column, message })
  }
  const units = roundedUnits(exact, section.decimals)
  return profile.sign === -1 ? -units : units
}

/** As much as the scale of a decimal can be (decimal.ts): what is finer is cut, and tells itself by its rest. */
const MAX_SCALE = 24

function inMajor({ digits, scale }: Decimal, decimals: number): Decimal {
  const excess = Math.max(0, scale + decimals - MAX_SCALE)
  const kept = digits / 10n ** BigInt(excess)
  // A last digit keeps what was cut from being exact.
  const isCut = kept * 10n ** BigInt(excess) !== digits && kept % 10n === 0n
  return { digits: isCut ? kept + (digits < 0n ? -1n : 1n) : kept, scale: scale + decimals - excess }
}
