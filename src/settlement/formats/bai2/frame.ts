import { decimalsOfAny } from '../../../money/index.ts'
import { type Failure, failLater, failure, missing } from '../control.ts'
import { dateOfEight, dateOfSix } from '../dates.ts'
import { BrokenFile, UnreadableRow } from '../diagnostics.ts'
import type { Reading } from '../reading.ts'
import {
  type Account,
  addDetail,
  beforeSlash,
  closeAccount,
  openAccount,
  readSummaries,
  readTrailer,
  type SummaryUse,
  totalOf,
} from './account.ts'
import { createDetailReader, type DetailReader } from './detail.ts'
import { cursorOf, nextField, readAmount, readCount } from './fields.ts'
import type { LogicalRecord } from './records.ts'

type Part = {
  readonly line: number
  /** How many records came before it. */
  readonly recordsBefore: number
  /** Index of its first statement. */
  readonly firstStatement: number
  /** Sum of the totals of what is in it, as they are stated. */
  total: bigint
  /** How many groups, or accounts, are in it. */
  count: number
}

type Group = Part & {
  readonly currency: string | undefined
  readonly businessDate: string | undefined
  readonly isBooked: boolean
}

/** Where the reader is: this is the frame of the file. */
type State = {
  readonly reading: Reading
  readonly readDetail: DetailReader
  readonly use: SummaryUse
  file: Part | undefined
  group: Group | undefined
  account: Account | undefined
  /** Records so far, that of now included. */
  records: number
  isBegun: boolean
  isUseTold: boolean
}

/** What the records of a file mean: takes one after the other. */
export function createFrame(reading: Reading): {
  readonly take: (record: LogicalRecord) => void
  readonly end: () => void
} {
  const state: State = {
    reading,
    readDetail: createDetailReader(reading),
    use: { value: 'unknown' },
    file: undefined,
    group: undefined,
    account: undefined,
    records: 0,
    isBegun: false,
    isUseTold: false,
  }
  return {
    take(record) {
      if (!state.isBegun && record.code !== '01')
        throw new BrokenFile('header', record.line, `The first record is ${record.code}, not 01`)
      state.isBegun = true
      state.records += record.records
      reading.row(record.line, () => takeRecord(state, record))
    },
    end() {
      if (!state.isBegun) throw new BrokenFile('header', 1, 'There is no record in the file')
      if (state.file !== undefined) closeFile(state, undefined)
    },
  }
}

function takeRecord(state: State, record: LogicalRecord): void {
  switch (record.code) {
    case '01':
      return takeFile(state, record)
    case '02':
      return takeGroup(state, record)
    case '03':
      return takeAccount(state, record)
    case '16':
      return takeDetail(state, record)
    case '49':
      if (state.account === undefined) throw new UnreadableRow('out_of_place', 0, 'A record 49 closes no account')
      return finishAccount(state, record)
    case '98':
      if (state.group === undefined) throw new UnreadableRow('out_of_place', 0, 'A record 98 closes no group')
      return closeGroup(state, record)
    default:
      if (state.file === undefined) throw new UnreadableRow('out_of_place', 0, 'A record 99 closes no file')
      return closeFile(state, record)
  }
}

const partOf = ({ reading, records }: State, record: LogicalRecord): Part => ({
  line: record.line,
  recordsBefore: records - record.records,
  firstStatement: reading.statements.length,
  total: 0n,
  count: 0,
})

/** Several files may follow one another in one: some banks send them so. */
function takeFile(state: State, record: LogicalRecord): void {
  if (state.file !== undefined) closeFile(state, undefined)
  state.file = partOf(state, record)
  const cursor = cursorOf(record.parts)
  const [, , , , fileId, , , version = ''] = Array.from({ length: 8 }, () => nextField(cursor))
  const { reading } = state
  reading.fileReference ??= fileId === '' ? undefined : fileId?.slice(0, MAX_NAME_LENGTH)
  reading.version ??= version === '' ? undefined : version.slice(0, MAX_NAME_LENGTH)
  if (version !== '' && version !== '2')
    warn(state, 'version', record.line, cursor.column, `It says that it is of version ${version.slice(0, 8)}, not 2`)
}

const MAX_NAME_LENGTH = 64

function takeGroup(state: State, record: LogicalRecord): void {
  if (state.file === undefined) throw noFrame(record, '01')
  if (state.group !== undefined) closeGroup(state, undefined)
  const cursor = cursorOf(record.parts)
  const [, , status = '', date = '', time = '', code = ''] = Array.from({ length: 6 }, () => nextField(cursor))
  const businessDate = dateOfSix(date) ?? dateOfEight(date)
  if (businessDate === undefined)
    warn(state, 'date', record.line, 5, `The as-of date "${date.slice(0, 16)}" is no day: its lines have none`)
  if (!TIME.test(time)) warn(state, 'time', record.line, 6, `The as-of time "${time.slice(0, 16)}" is none`)
  const message = GROUP_STATUS.get(status)
  if (message !== undefined) warn(state, 'group_status', record.line, 4, message)
  const isBooked = status !== '2' && status !== '4'
  state.group = {
    ...partOf(state, record),
    currency: currencyIn(state, record, code || 'USD', 7),
    businessDate,
    isBooked,
  }
  const { reading } = state
  if (businessDate !== undefined && businessDate > (reading.businessDate ?? '')) reading.businessDate = businessDate
}

/** 2400 and 9999 are the end of the day. */
const TIME = /^(?:(?:[01]\d|2[0-3]):?[0-5]\d(?::?[0-5]\d)?|24:?00(?::?00)?|9999)?$/

const GROUP_STATUS: ReadonlyMap<string, string> = new Map([
  ['2', 'The group takes back one that was sent before: its lines are not booked'],
  ['3', 'The group corrects one that was sent before'],
  ['4', 'The group is a test: its lines are not booked'],
])

function takeAccount(state: State, record: LogicalRecord): void {
  if (state.group === undefined) throw noFrame(record, '02')
  if (state.account !== undefined) finishAccount(state, undefined)
  const cursor = cursorOf(record.parts)
  const number = (nextField(cursor) ?? '').slice(0, MAX_NAME_LENGTH)
  if (number === '') warn(state, 'account', record.line, 2, 'The account has no number')
  const code = nextField(cursor) ?? ''
  const currency = code === '' ? state.group.currency : currencyIn(state, record, code, 3)
  const recordsBefore = state.records - record.records
  const account = openAccount({ line: record.line, number, currency, recordsBefore })
  state.account = account
  if (state.reading.statements.length >= MAX_STATEMENTS)
    throw new BrokenFile('statements', record.line, `There are more than ${MAX_STATEMENTS} accounts`)
  readSummaries(account, record.parts)
}

const MAX_STATEMENTS = 10_000

function currencyIn({ reading }: State, record: LogicalRecord, text: string, column: number): string | undefined {
  const code = text.toUpperCase()
  if (decimalsOfAny(code) !== undefined) return code
  const message = `"${text.slice(0, 16)}" is not a currency: what is in it cannot be read`
  reading.diagnostics.add({ severity: 'error', code: 'currency', line: record.line, column, message })
  return undefined
}

const noFrame = ({ code, line }: LogicalRecord, other: string): BrokenFile =>
  new BrokenFile('frame', line, `A record ${code} has no record ${other} before it`)

function takeDetail({ reading, readDetail, group, account }: State, record: LogicalRecord): void {
  if (group === undefined || account === undefined)
    throw new UnreadableRow('out_of_place', 0, 'A record 16 stands in no account')
  const { currency } = account
  if (currency === undefined) throw new UnreadableRow('currency', 0, 'The currency of its account is not known')
  const { businessDate, isBooked } = group
  const place = { statement: reading.statements.length, currency, businessDate, isBooked }
  const detail = readDetail(record, place)
  addDetail(account, detail)
  reading.push(detail.line)
}

/** `trailer` is undefined when there is none, which is wrong. */
function finishAccount(state: State, trailer: LogicalRecord | undefined): void {
  const { reading, group, account, use } = state
  if (group === undefined || account === undefined) return
  state.account = undefined
  const { number, sums, currency } = account
  group.count++
  if (trailer === undefined) {
    tellMissing(state, account.line, `the account ${number}`, '49')
    sums.fail(missing(`the trailer of the account ${number}`))
    group.total += totalOf(account, use, undefined)
  } else
    readOrTell(state, trailer, sums.fail, () => {
      group.total += readTrailer(account, trailer, { use, records: state.records })
    })
  if (use.value === 'excluded' && !state.isUseTold) {
    state.isUseTold = true
    const message = 'The totals of the accounts are without the amounts of record 03, here and in what follows'
    reading.diagnostics.add({ severity: 'warning', code: 'summaries_left_out', line: account.line, message })
  }
  if (currency !== undefined) reading.statements.push(closeAccount(account, reading, { ...group, currency }))
}

function closeGroup(state: State, trailer: LogicalRecord | undefined): void {
  if (state.account !== undefined) finishAccount(state, undefined)
  const { group, file } = state
  if (group === undefined || file === undefined) return
  state.group = undefined
  file.count++
  file.total += closePart(state, group, { trailer, name: 'group', code: '98', inside: 'accounts' })
}

function closeFile(state: State, trailer: LogicalRecord | undefined): void {
  if (state.group !== undefined) closeGroup(state, undefined)
  const { file } = state
  if (file === undefined) return
  state.file = undefined
  closePart(state, file, { trailer, name: 'file', code: '99', inside: 'groups' })
}

/** Compares a trailer, `total, count of what is inside, number of records`, and answers what it adds to the total above it. */
function closePart(
  state: State,
  part: Part,
  { trailer, name, code, inside }: { trailer: LogicalRecord | undefined; name: string; code: string; inside: string },
): bigint {
  const { statements } = state.reading
  const line = trailer?.line ?? part.line
  const fail = (control: Failure): void => failLater(statements, part.firstStatement, { line, control })
  if (trailer === undefined) {
    tellMissing(state, part.line, `the ${name}`, code)
    fail(missing(`the trailer of the ${name}`))
    return part.total
  }
  const compare = (what: string, stated: bigint, computed: bigint): void => {
    if (stated !== computed) fail(failure(`${what} of the ${name} at line ${part.line}`, stated, computed))
  }
  return (
    readOrTell(state, trailer, fail, () => {
      const cursor = cursorOf(beforeSlash(trailer.parts))
      const text = nextField(cursor) ?? ''
      const total = text === '' ? undefined : readAmount(text, cursor.column)
      if (total !== undefined) compare('the total', total, part.total)
      const count = readCount(nextField(cursor), cursor.column)
      if (count !== undefined) compare(`the number of ${inside}`, BigInt(count), BigInt(part.count))
      const records = readCount(nextField(cursor), cursor.column)
      if (records !== undefined)
        compare('the number of records', BigInt(records), BigInt(state.records - part.recordsBefore))
      return total
    }) ?? part.total
  )
}

/** A trailer that cannot be read is told, and what it closes is not right. */
function readOrTell<T>(
  { reading }: State,
  { line, code }: LogicalRecord,
  fail: (control: Failure) => void,
  work: () => T,
): T | undefined {
  let result: T | undefined
  let isRead = false
  reading.row(line, () => {
    result = work()
    isRead = true
  })
  if (!isRead) fail(missing(`what the record ${code} of line ${line} states`))
  return result
}

function tellMissing({ reading }: State, line: number, what: string, code: string): void {
  const message = `There is no record ${code} for ${what} that begins here`
  reading.diagnostics.add({ severity: 'error', code: 'no_trailer', line, message })
}

function warn({ reading }: State, code: string, line: number, column: number, message: string): void {
  reading.diagnostics.add({ severity: 'warning', code, line, column, message })
}
