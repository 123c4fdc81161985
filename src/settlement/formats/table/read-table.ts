import { decimalsOf, isCurrency } from '../../../money/index.ts'
import { createSums, type Sums } from '../control.ts'
import { roundedUnits, toUnits } from '../decimal.ts'
import { BrokenFile, UnreadableRow } from '../diagnostics.ts'
import type { ReadOptions } from '../format.ts'
import type { Reading } from '../reading.ts'
import { createZoneReader, type ZoneReader } from '../zone.ts'
import { readAmount } from './amount-text.ts'
import { type Balances, createBalances } from './balances.ts'
import { createDateReader, type DateReader } from './date-text.ts'
import { namesOf } from './header.ts'
import { NO_CURRENCY, type Profile } from './profile.ts'
import { openTable, type Table, type TableRow } from './rows.ts'

/** What is read of one currency of a table: its statement. */
type Section = { readonly index: number; readonly currency: string; readonly sums: Sums; readonly balances: Balances }

type Work = {
  readonly reading: Reading
  readonly profile: Profile
  readonly table: Table
  readonly dates: DateReader
  readonly zone: ZoneReader | undefined
  readonly sections: Map<string, Section>
  /** Place of each column by its name; found when the header was read. */
  readonly places: Map<string, number>
  account: string
  lastDate: string | undefined
}

/** Reads a table as its mapping says. */
export async function readTable(
  reading: Reading,
  profile: Profile,
  bytes: AsyncIterable<Uint8Array>,
  options: ReadOptions,
): Promise<void> {
  const table = openTable(bytes, profile.table, reading.diagnostics)
  const work: Work = {
    reading,
    profile,
    table,
    dates: createDateReader(),
    zone: options.zone === undefined ? undefined : createZoneReader(options.zone),
    sections: new Map(),
    places: new Map(),
    account: '',
    lastDate: undefined,
  }
  for await (const rows of table.rows) {
    for (const row of rows) reading.row(row.line, () => takeRow(work, row))
    await reading.drain()
  }
  finish(work)
}

function takeRow(work: Work, row: TableRow): void {
  const { profile, places } = work
  const hasKeys = profile.table.kind === 'json' || profile.table.kind === 'jsonl'
  if (row.problem !== undefined) throw new UnreadableRow(row.problem.code, row.problem.column, row.problem.message)
  if (!hasKeys && places.size === 0) {
    if (row.line < profile.header) return void noteBalance(work, row)
    const names = profile.header === 0 ? row.fields.map((_field, place) => `column ${place + 1}`) : namesOf(row.fields)
    for (const [place, name] of names.entries()) places.set(name, place)
    requireColumns(work, row.line)
    if (profile.header !== 0) return
  }
  readRow(work, row)
}

/** Every column that the mapping names is in the file, or nothing of it can be trusted. */
function requireColumns({ profile, places }: Work, line: number): void {
  const { amount, date, currency, fee, net, balance } = profile
  const named = [
    ...(amount.rule === 'split' ? [amount.credit, amount.debit] : [amount.column]),
    ...(amount.rule === 'direction' ? [amount.direction] : []),
    date?.column,
    'column' in currency ? currency.column : undefined,
    fee?.column,
    net,
    balance,
  ]
  const missing = named.find((name) => name !== undefined && !places.has(name))
  if (missing === undefined) return
  const there = [...places.keys()].slice(0, 30).join(', ')
  throw new BrokenFile('mapping', line, `The mapping needs a column "${missing}", and line ${line} names ${there}`)
}

function placeOf({ places, table }: Work, name: string): number {
  const known = places.get(name)
  if (known !== undefined) return known
  const place = table.columns.indexOf(name)
  if (place !== -1) places.set(name, place)
  return place
}

const cell = (work: Work, row: TableRow, name: string | undefined): string =>
  name === undefined ? '' : (row.fields[placeOf(work, name)] ?? '').trim()

function readRow(work: Work, row: TableRow): void {
  const { profile, reading } = work
  const amounts = amountCells(work, row)
  const isEmpty = amounts.every((text) => text === '')
  const dateText = cell(work, row, profile.date?.column)
  if (!/\d/.test(dateText) && (noteBalance(work, row) || isTotal(work, row))) return
  if (isEmpty || (dateText !== '' && isEmptyOrWords(work, dateText, amounts))) {
    if (row.fields.every((field) => field.trim() === '')) return
    const names = row.fields.map((field) => field.trim())
    if (names.every((name) => name === '' || work.places.has(name))) return
    if (!isEmpty)
      throw new UnreadableRow(
        'amount',
        placeOf(work, amountColumn(profile)) + 1,
        'The row has no amount that can be read',
      )
    const message = 'A row without an amount is left out'
    reading.diagnostics.add({ severity: 'warning', code: 'row_without_amount', line: row.line, message })
    return
  }
  const section = sectionOf(work, row)
  const decimals = decimalsOf(section.currency) ?? 2
  const amount = signedAmount(work, row, decimals)
  const fee = feeOf(work, row, decimals)
  const when = dateOf(work, row, dateText)
  const references = profile.references.map((name) => cell(work, row, name)).filter((text) => text !== '')
  const description = profile.descriptions.map((name) => cell(work, row, name)).filter((text) => text !== '')
  const status = cell(work, row, profile.status)
  if (work.account === '') work.account = cell(work, row, profile.account)
  const line = {
    line: row.line,
    statement: section.index,
    kind: 'entry' as const,
    status: status === '' ? undefined : status,
    pspReference: undefined,
    reference: references[0],
    otherReferences: references.slice(1),
    amount,
    fee,
    currency: section.currency,
    description: description.length === 0 ? undefined : description.join(' / ').slice(0, 1_024),
    ...when,
  }
  checkNet(work, row, section, decimals, amount - fee)
  section.sums.add(line)
  noteRunning(work, row, section, decimals, amount - fee)
  reading.push(line)
}

const amountColumn = ({ amount }: Profile): string => (amount.rule === 'split' ? amount.credit : amount.column)

const amountCells = (work: Work, row: TableRow): readonly string[] => {
  const { amount } = work.profile
  return amount.rule === 'split'
    ? [cell(work, row, amount.credit), cell(work, row, amount.debit)]
    : [cell(work, row, amount.column)]
}

/** A heading that comes again, or a total under the rows: no amount can be read, and no date. */
const isEmptyOrWords = ({ profile, dates }: Work, dateText: string, amounts: readonly string[]): boolean =>
  amounts.every((text) => readAmount(text, profile.decimal) === undefined) && dates.ordersOf(dateText).size === 0

function sectionOf(work: Work, row: TableRow): Section {
  const { currency } = work.profile
  let code = 'code' in currency ? currency.code : cell(work, row, currency.column).toUpperCase()
  if (code === 'RMB') code = 'CNY' // what the renminbi is called in everyday use
  if (!isCurrency(code) && code !== NO_CURRENCY)
    throw new UnreadableRow(
      'currency',
      'column' in currency ? placeOf(work, currency.column) + 1 : 0,
      `"${code.slice(0, 16)}" is not a currency`,
    )
  let section = work.sections.get(code)
  if (section === undefined) {
    section = { index: work.sections.size, currency: code, sums: createSums(), balances: createBalances() }
    work.sections.set(code, section)
  }
  return section
}

function moneyIn(work: Work, row: TableRow, name: string, decimals: number): bigint {
  const { profile, reading } = work
  const text = cell(work, row, name)
  if (text === '') return 0n
  const column = placeOf(work, name) + 1
  const read = readAmount(text, profile.decimal)
  if (read === undefined)
    throw new UnreadableRow('amount', column, `"${text.slice(0, 40)}" is no amount such as 1234${profile.decimal}50`)
  const { digits, scale } = read.decimal
  const exact = toUnits(profile.minor ? { digits, scale: scale + decimals } : read.decimal, decimals, column)
  if (exact.rest !== 0n) {
    const message = `"${text.slice(0, 40)}" is finer than the currency: it is rounded`
    reading.diagnostics.add({ severity: 'warning', code: 'rounding', line: row.line, column, message })
  }
  return roundedUnits(exact, decimals)
}

function signedAmount(work: Work, row: TableRow, decimals: number): bigint {
  const { amount } = work.profile
  if (amount.rule === 'split') {
    const [credit, debit] = [moneyIn(work, row, amount.credit, decimals), moneyIn(work, row, amount.debit, decimals)]
    return amount.debitSign === 'negative' ? credit + debit : credit - debit
  }
  const value = moneyIn(work, row, amount.column, decimals)
  if (amount.rule === 'signed') return value
  // The word alone says the sign: some write a minus as well, and some do not.
  const size = value < 0n ? -value : value
  return amount.debit.includes(cell(work, row, amount.direction)) ? -size : size
}

function feeOf(work: Work, row: TableRow, decimals: number): bigint {
  const { fee } = work.profile
  if (fee === undefined) return 0n
  const value = moneyIn(work, row, fee.column, decimals)
  return fee.sign === 'cost' ? value : -value
}

function checkNet(work: Work, row: TableRow, section: Section, decimals: number, net: bigint): void {
  const { profile } = work
  if (profile.net === undefined || cell(work, row, profile.net) === '') return
  section.sums.compare(`the net of line ${row.line}`, moneyIn(work, row, profile.net, decimals), net)
}

function noteRunning(work: Work, row: TableRow, section: Section, decimals: number, net: bigint): void {
  const { balance } = work.profile
  if (balance === undefined || cell(work, row, balance) === '') return section.balances.skip(net)
  section.balances.add({ line: row.line, net, balance: moneyIn(work, row, balance, decimals) })
}

const OPENING =
  /\b(opening|start|begin|beginning|initial|previous|brought forward|anfangs\p{L}*|alter|ouverture|inicial|iniziale)\b/iu
const CLOSING = /\b(closing|end|ending|final|finale|new|neuer|end\p{L}*|cloture|carried forward|eind\p{L}*)\b/iu
const BALANCE = /(balance|saldo|solde|kontostand)/i

/** A row that states a balance of the whole: `Balance at end of period … 1,234.50`. */
function noteBalance(work: Work, row: TableRow): boolean {
  const label = row.fields.find((field) => BALANCE.test(field)) ?? ''
  const isOpening = OPENING.test(label)
  if (label === '' || label.length > 64 || isOpening === CLOSING.test(label)) return false
  const { currency, decimal } = work.profile
  if (!('code' in currency)) return false
  const read = row.fields.map((field) => readAmount(field.trim(), decimal)).findLast((each) => each !== undefined)
  if (read === undefined) return false
  const decimals = decimalsOf(currency.code) ?? 2
  const amount = roundedUnits(toUnits(read.decimal, decimals), decimals)
  sectionOf(work, row).balances.state(isOpening ? 'opening' : 'closing', amount)
  return true
}

const TOTAL = /^(sub|grand )?(total|totals|totaal|totale|totaux|summe|gesamt|suma|summa|sum)\b/i

/** A sum under the rows is none of them. */
function isTotal({ reading, profile }: Work, row: TableRow): boolean {
  if (profile.date === undefined || !row.fields.some((field) => TOTAL.test(field.trim()))) return false
  const message = 'A row with a total and no date is left out'
  reading.diagnostics.add({ severity: 'warning', code: 'total_row', line: row.line, message })
  return true
}

function dateOf(
  work: Work,
  row: TableRow,
  text: string,
): { readonly businessDate?: string; readonly occurredAt: Date | undefined } {
  const { profile, dates, reading } = work
  if (profile.date === undefined || profile.date.order === 'ambiguous' || text === '') return { occurredAt: undefined }
  const read = dates.read(text, profile.date.order)
  const column = placeOf(work, profile.date.column) + 1
  const warn = (code: string, message: string): void =>
    reading.diagnostics.add({ severity: 'warning', code, line: row.line, column, message })
  if (read === undefined) {
    const isDate = dates.ordersOf(text).size > 0 || /^\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}/.test(text)
    const message = `"${text.slice(0, 40)}" is no date in the order ${profile.date.order}`
    if (isDate) warn('date_impossible', message)
    else reading.diagnostics.add({ severity: 'error', code: 'date', line: row.line, column, message })
    return { occurredAt: undefined }
  }
  const { date, timeMs, offsetMinutes } = read
  if (work.lastDate === undefined || date > work.lastDate) work.lastDate = date
  if (timeMs === undefined) return { businessDate: date, occurredAt: undefined }
  if (offsetMinutes !== undefined) {
    const at = Date.parse(`${date}T00:00:00.000Z`) + timeMs - offsetMinutes * 60_000
    return { businessDate: date, occurredAt: new Date(at) }
  }
  const zoned = work.zone?.(date, timeMs)
  if (zoned?.doubt === 'gap') warn('dst_gap', `"${text.slice(0, 40)}" did not exist: the clock was set forward`)
  if (zoned?.doubt === 'overlap') warn('dst_overlap', `"${text.slice(0, 40)}" came twice: the clock was set back`)
  return { businessDate: date, occurredAt: zoned?.at }
}

function finish(work: Work): void {
  const { reading, profile, sections, account, lastDate } = work
  const isRead = work.places.size > 0 || profile.table.kind === 'json' || profile.table.kind === 'jsonl'
  if (!isRead)
    throw new BrokenFile('mapping', 1, `The mapping needs the header in line ${profile.header}, and there is none`)
  if (sections.size === 0 && 'code' in profile.currency) {
    const { code } = profile.currency
    sections.set(code, { index: 0, currency: code, sums: createSums(), balances: createBalances() })
  }
  for (const { currency, sums, balances } of sections.values()) {
    const { opening, closing } = balances.finish(sums)
    reading.statements.push(sums.finish({ account, currency, businessDate: lastDate, opening, closing }))
  }
  reading.businessDate = lastDate
}
