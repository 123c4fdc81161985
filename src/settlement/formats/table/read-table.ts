import { BrokenFile, UnreadableRow } from '../diagnostics.ts'
import type { ReadOptions } from '../format.ts'
import type { Reading } from '../reading.ts'
import { detached } from '../text/detached.ts'
import { createZoneReader } from '../zone.ts'
import { createDateReader } from './date-text.ts'
import { HEADER_ROWS, namesOf } from './header.ts'
import { plain } from './month-names.ts'
import type { Profile } from './profile.ts'
import { openTable, type TableRow } from './rows.ts'
import { isHeading, isTotal, noteBalance } from './special-rows.ts'
import { isUnbooked } from './unbooked.ts'
import { cell, hasKeys, moneyIn, placeOf, type Section, sectionOf, sectionOfRow, type Work } from './work.ts'

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
    header: [],
    account: '',
    lastDate: undefined,
    debitsHaveMinus: undefined,
  }
  const take = hasKeys(profile) ? readRow : createHeaderFinder(work)
  for await (const rows of table.rows) {
    for (const row of rows) reading.row(row.line, () => take(work, row))
    await reading.drain()
  }
  finish(work)
}

/**
 * Takes rows until the header was among them: the first that has every column of the mapping, wherever it stands, because
 * what stands before it is not of the same length in every file. Then it reads them.
 */
function createHeaderFinder(work: Work): (work: Work, row: TableRow) => void {
  const { profile, places } = work
  let looked = 0
  return (_work, row) => {
    if (places.size > 0) return readRow(work, row)
    if (row.problem !== undefined) throw unreadable(row.problem)
    const names = profile.header === 0 ? row.fields.map((_field, place) => `column ${place + 1}`) : namesOf(row.fields)
    const missing = missingIn(profile, names)
    if (missing !== undefined) {
      if (profile.header === 0 || ++looked > Math.max(HEADER_ROWS, profile.header)) throw noColumn(missing, row.line)
      return void noteBalance(work, row)
    }
    for (const [place, name] of names.entries()) places.set(name, place)
    if (profile.header === 0) return readRow(work, row)
    work.header = row.fields.map(detached)
  }
}

const unreadable = ({ code, column, message }: NonNullable<TableRow['problem']>): UnreadableRow =>
  new UnreadableRow(code, column, message)

const noColumn = (name: string, line: number): BrokenFile =>
  new BrokenFile('mapping', line, `The mapping needs a column "${name}", and there is none down to line ${line}`)

/** Every column that the mapping names is in the file, or nothing of it can be trusted. */
function missingIn(profile: Profile, names: readonly string[]): string | undefined {
  const there = new Set(names)
  return columnsOf(profile).find((name) => !there.has(name))
}

/** Every column that a mapping names. */
export function columnsOf(profile: Omit<Profile, 'table'>): readonly string[] {
  const { amount, date, currency, fee, net, balance, account, status, references, descriptions } = profile
  return [
    ...(amount.rule === 'split' ? [amount.credit, amount.debit] : [amount.column]),
    ...(amount.rule === 'direction' ? [amount.direction] : []),
    date?.column,
    'column' in currency ? currency.column : undefined,
    ...[fee?.column, net, balance, account, status],
    ...references,
    ...descriptions,
  ].filter((name) => name !== undefined)
}

function readRow(work: Work, row: TableRow): void {
  const { profile, reading } = work
  if (row.problem !== undefined) throw unreadable(row.problem)
  checkWidth(work, row)
  if (isHeading(work, row)) return
  const amounts = amountCells(work, row)
  const isEmpty = amounts.every((text) => text === '')
  const dateText = cell(work, row, profile.date?.column)
  const hasNoDate = !/\d/.test(dateText)
  if ((isEmpty || hasNoDate) && (profile.date !== undefined || isEmpty || isLabel(row)) && noteBalance(work, row))
    return
  if (hasNoDate && isTotal(work, row)) return
  if (isEmpty) return leaveOut(work, row)
  if (profile.date !== undefined && dateText === '') {
    const message = 'The row has an amount and no date: it may be a sum'
    throw new UnreadableRow('date', placeOf(work, profile.date.column) + 1, message)
  }
  const section = sectionOfRow(work, row)
  const amount = signedAmount(work, row, section)
  const fee = feeOf(work, row, section)
  const net = amount - fee
  const stated = statedIn(work, row, section)
  const when = dateOf(work, row, dateText)
  const references = profile.references.flatMap((name) => referenceIn(work, row, name))
  const description = profile.descriptions.map((name) => cell(work, row, name)).filter((text) => text !== '')
  const status = cell(work, row, profile.status)
  if (work.account === '') work.account = detached(cell(work, row, profile.account))
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
    description: description.length === 0 ? undefined : description.join(' / ').slice(0, 1_024).toWellFormed(),
    ...when,
    ...(isUnbooked(status) ? { booked: false as const } : {}),
  }
  if (stated.net !== undefined)
    section.sums.compare(stated.net === net ? '' : `the net of line ${row.line}`, stated.net, net)
  section.sums.add(line)
  if (line.booked === false) return reading.push(line)
  if (stated.balance === undefined) section.balances.skip(net)
  else section.balances.add({ line: row.line, net, balance: stated.balance, date: when.businessDate })
  reading.push(line)
}

/** A cell too many is mostly a separator in a text without quotes, and then every cell behind it is in the wrong column. */
function checkWidth({ profile, header }: Work, { fields }: TableRow): void {
  if (profile.table.kind !== 'csv' || header.length === 0 || fields.length <= header.length) return
  const extra = fields.findIndex((field, place) => place >= header.length && field.trim() !== '')
  if (extra !== -1)
    throw new UnreadableRow(
      'fields',
      extra + 1,
      `The row has more cells than the ${header.length} columns of the header`,
    )
}

/** In a table without dates, a row that has a label and one number is no movement. */
const isLabel = ({ fields }: TableRow): boolean => fields.filter((field) => field.trim() !== '').length <= 2

function leaveOut({ reading }: Work, row: TableRow): void {
  if (row.fields.every((field) => field.trim() === '')) return
  const message = 'A row without an amount is left out'
  reading.diagnostics.add({ severity: 'warning', code: 'row_without_amount', line: row.line, message })
}

const amountCells = (work: Work, row: TableRow): readonly string[] => {
  const { amount } = work.profile
  return amount.rule === 'split'
    ? [cell(work, row, amount.credit), cell(work, row, amount.debit)]
    : [cell(work, row, amount.column)]
}

function signedAmount(work: Work, row: TableRow, section: Section): bigint {
  const { amount } = work.profile
  if (amount.rule === 'signed') return moneyIn(work, row, amount.column, section)
  if (amount.rule === 'direction') return directedAmount(work, row, section, amount)
  const [credit, debit] = [moneyIn(work, row, amount.credit, section), moneyIn(work, row, amount.debit, section)]
  if (amount.debitSign === 'positive') return credit - debit
  if (debit <= 0n) return credit + debit
  throw new UnreadableRow('amount', placeOf(work, amount.debit) + 1, 'The debit has no minus, and the others have one')
}

type Directed = Extract<Profile['amount'], { readonly rule: 'direction' }>

/** The word says the sign: some write a minus beside it, always on debits or never. */
function directedAmount(work: Work, row: TableRow, section: Section, amount: Directed): bigint {
  const value = moneyIn(work, row, amount.column, section)
  const word = cell(work, row, amount.direction)
  const says = (words: readonly string[]): boolean => words.some((each) => each === word || plain(each) === plain(word))
  const isDebit = says(amount.debit)
  if (isDebit === says(amount.credit)) {
    const message = `"${word.slice(0, 40)}" is none of the words for debit and credit`
    throw new UnreadableRow('direction', placeOf(work, amount.direction) + 1, message)
  }
  const size = value < 0n ? -value : value
  if (amount.minus === 'ignored') return isDebit ? -size : size
  const column = placeOf(work, amount.column) + 1
  if (!isDebit) {
    if (value >= 0n) return value
    throw new UnreadableRow('amount', column, 'The amount is a credit with a minus, which can be either')
  }
  if (value === 0n) return 0n
  work.debitsHaveMinus ??= value < 0n
  if (work.debitsHaveMinus === value < 0n) return -size
  throw new UnreadableRow('amount', column, 'Some debits have a minus and others have none, which can be either')
}

function feeOf(work: Work, row: TableRow, section: Section): bigint {
  const { fee } = work.profile
  if (fee === undefined) return 0n
  const value = moneyIn(work, row, fee.column, section)
  // A fee says its own sign.
  return (fee.sign === 'cost') === (work.profile.sign !== -1) ? value : -value
}

/** What the row says of itself besides its amount. A balance or a net that cannot be read makes the row unreadable. */
function statedIn(
  work: Work,
  row: TableRow,
  section: Section,
): { readonly net: bigint | undefined; readonly balance: bigint | undefined } {
  const { net, balance } = work.profile
  const read = (name: string | undefined): bigint | undefined =>
    name === undefined || cell(work, row, name) === '' ? undefined : moneyIn(work, row, name, section)
  return { net: read(net), balance: read(balance) }
}

/** Digits that a spreadsheet lost are no reference: `1.23457E+15` is many. */
const LOST_DIGITS = /^\d(?:[.,]\d+)?E\+\d+$/i

function referenceIn(work: Work, row: TableRow, name: string): readonly string[] {
  const text = cell(work, row, name)
  if (text === '') return []
  if (!LOST_DIGITS.test(text)) return [text]
  const message = `"${text.slice(0, 40)}" is a number that a spreadsheet cut, and no reference any more`
  const column = placeOf(work, name) + 1
  work.reading.diagnostics.add({ severity: 'warning', code: 'reference_cut', line: row.line, column, message })
  return []
}

type When = { readonly businessDate?: string; readonly occurredAt: Date | undefined }

function dateOf(work: Work, row: TableRow, text: string): When {
  const { profile, dates } = work
  if (profile.date === undefined || profile.date.order === 'ambiguous') return NO_DATE
  const read = dates.read(text, profile.date.order)
  if (read === undefined) return tellDate(work, row, text, profile.date)
  const { date, timeMs, offsetMinutes } = read
  if (work.lastDate === undefined || date > work.lastDate) work.lastDate = date
  if (timeMs === undefined) return { businessDate: date, occurredAt: undefined }
  if (offsetMinutes !== undefined)
    return { businessDate: date, occurredAt: new Date(midnightOf(date) + timeMs - offsetMinutes * 60_000) }
  const zoned = work.zone?.(date, timeMs)
  if (zoned?.doubt !== undefined) {
    const what =
      zoned.doubt === 'gap' ? 'did not exist: the clock was set forward' : 'came twice: the clock was set back'
    const message = `"${text.slice(0, 40)}" ${what}`
    const column = placeOf(work, profile.date.column) + 1
    work.reading.diagnostics.add({ severity: 'warning', code: `dst_${zoned.doubt}`, line: row.line, column, message })
  }
  return { businessDate: date, occurredAt: zoned?.at }
}

const NO_DATE: When = { occurredAt: undefined }

/** A day that there is not is a warning, and any other text an error: the money is right, and the line has no date. */
function tellDate(
  work: Work,
  row: TableRow,
  text: string,
  { column: name, order }: NonNullable<Profile['date']>,
): When {
  const isDay = work.dates.ordersOf(text).size > 0 || /^\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}/.test(text)
  work.reading.diagnostics.add({
    severity: isDay ? 'warning' : 'error',
    code: isDay ? 'date_impossible' : 'date',
    line: row.line,
    column: placeOf(work, name) + 1,
    message: `"${text.slice(0, 40)}" is no date in the order ${order}`,
  })
  return NO_DATE
}

const midnightOf = (date: string): number =>
  Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)) - 1, Number(date.slice(8)))

function finish(work: Work): void {
  const { reading, profile, sections, account, lastDate } = work
  const { amount, currency } = profile
  const needed = amount.rule === 'split' ? [amount.credit, amount.debit] : [amount.column]
  if (hasKeys(profile)) {
    // Any other key may be missing where it has nothing to say; an amount in no row is another file.
    if (work.table.columns.length > 0 && needed.every((name) => placeOf(work, name) === -1))
      throw noColumn(needed[0] ?? '', 1)
  } else if (work.places.size === 0 && profile.header !== 0)
    throw new BrokenFile('mapping', 1, `No row has the columns of the mapping, such as "${needed[0] ?? ''}"`)
  if (sections.size === 0 && 'code' in currency) sectionOf(work, currency.code)
  for (const section of sections.values()) {
    const { opening, closing } = section.balances.finish(section.sums)
    reading.statements.push(
      section.sums.finish({ account, currency: section.currency, businessDate: lastDate, opening, closing }),
    )
  }
  reading.businessDate = lastDate
}
