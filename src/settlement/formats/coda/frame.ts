import { createSums, type Failure, failLater, failure, missing, type Sums } from '../control.ts'
import { decimalsIn } from '../currencies.ts'
import { type Minor, rounded, toUnitsOfAny } from '../decimal.ts'
import { BrokenFile, UnreadableRow } from '../diagnostics.ts'
import type { Reading } from '../reading.ts'
import { createGlobalisation, type Globalisation } from './globalisation.ts'
import { continueMovement, informMovement, lineOf, type Movement, readMovement } from './movement.ts'
import {
  at,
  createDayReader,
  type DayReader,
  decimalOf,
  kindOf,
  RECORD_LENGTH,
  rawAt,
  readAccount,
  readMoney,
  readThousandths,
} from './records.ts'

/** A file as the bank made it: from a record 0 to a record 9. Sums are thousandths of a major unit, and positive. */
type Block = {
  readonly line: number
  readonly firstStatement: number
  records: number
  debits: bigint
  credits: bigint
  currency: string
}

/** From a record 1 to a record 8. Thousandths of a major unit. */
type Open = {
  readonly line: number
  readonly structure: string
  readonly account: string
  readonly currency: string
  readonly sequence: string
  readonly opening: bigint
  readonly sums: Sums
  moved: bigint
}

/** Where the reader is: this is the frame of the file. */
type State = {
  readonly reading: Reading
  readonly globalisation: Globalisation
  readonly readDay: DayReader
  block: Block | undefined
  open: Open | undefined
  movement: Movement | undefined
  /** What goes on with a movement that cannot be read is passed over with it. */
  isPassingOver: boolean
}

const MAX_STATEMENTS = 10_000

export function createFrame(reading: Reading): {
  readonly take: (record: string, line: number) => void
  readonly end: () => void
} {
  const state: State = {
    reading,
    globalisation: createGlobalisation(reading.diagnostics),
    readDay: createDayReader(reading),
    block: undefined,
    open: undefined,
    movement: undefined,
    isPassingOver: false,
  }
  let isBegun = false
  return {
    take(text, line) {
      const record = text.includes('\0') ? text.replaceAll('\0', ' ') : text
      // The end-of-file character of CP/M and its heirs closes some files.
      if (record.trim() === '' || record.trim() === '\u001a') return
      if (!isBegun && !record.startsWith('0'))
        throw new BrokenFile('header', line, 'The first record is not a record 0')
      isBegun = true
      reading.row(line, () => takeRecord(state, record, line))
    },
    end() {
      if (!isBegun) throw new BrokenFile('header', 1, 'There is no record in the file')
      if (state.block !== undefined) closeBlock(state, undefined)
    },
  }
}

/** Records 0, 4 and 9 are not in the count of the trailer. */
const COUNTED: ReadonlySet<string> = new Set(['1', '2', '3', '8'])

function takeRecord(state: State, record: string, line: number): void {
  const kind = kindOf(record)
  const { block } = state
  if (block !== undefined && COUNTED.has(kind.charAt(0))) block.records++
  if (kind === '22' || kind === '23' || kind === '31' || kind === '32' || kind === '33')
    return addToMovement(state, record, kind)
  finishMovement(state)
  switch (kind) {
    case '0':
      return takeHeader(state, record, line)
    case '1':
      return takeOpening(state, record, line)
    case '21':
      return takeMovement(state, record, line)
    case '4':
      return
    case '8':
      return takeClosing(state, record, line)
    case '9':
      if (block === undefined) throw new UnreadableRow('out_of_place', 1, 'A record 9 closes no file')
      return closeBlock(state, { record, line })
    default:
      throw new UnreadableRow('record', 1, `"${kind.slice(0, 2)}" is no kind of record`)
  }
}

function takeHeader(state: State, record: string, line: number): void {
  if (state.block !== undefined) closeBlock(state, undefined)
  const version = record.trimEnd().at(-1)
  if (version !== '2') throw new BrokenFile('version', line, `The file is of version ${version} of CODA, not of 2`)
  const { reading } = state
  reading.version ??= version
  reading.fileReference ??= at(record, 25, 34) || undefined
  if (rawAt(record, 17, 17) === 'D')
    reading.diagnostics.add({ severity: 'warning', code: 'duplicate', line, message: 'The bank sends it once more' })
  state.block = {
    line,
    firstStatement: reading.statements.length,
    records: 0,
    debits: 0n,
    credits: 0n,
    currency: 'EUR',
  }
}

/** Without it nothing says whose, and in which currency, the movements are. */
function takeOpening(state: State, record: string, line: number): void {
  const { block, reading } = state
  if (block === undefined) throw new BrokenFile('frame', line, 'A record 1 stands in no file: there is no record 0')
  if (state.open !== undefined) closeWithout(state)
  if (reading.statements.length >= MAX_STATEMENTS)
    throw new BrokenFile('statements', line, `There are more than ${MAX_STATEMENTS} statements`)
  try {
    const whole = wholeRecord(record)
    const structure = rawAt(whole, 2, 2)
    const { account, currency } = readAccount(rawAt(whole, 6, 42), { structure, column: 6 })
    const opening = readMoney(whole, 43)
    const sequence = at(whole, 126, 128) || at(whole, 3, 5)
    state.open = { line, structure, account, currency, sequence, opening, sums: createSums(), moved: 0n }
    block.currency = currency
  } catch (error) {
    if (!(error instanceof UnreadableRow)) throw error
    throw new BrokenFile(error.code, line, `The record 1 cannot be read: ${error.message}`)
  }
}

/** In a record that was cut or shifted, other digits would be taken for the amount. */
function wholeRecord(record: string): string {
  if (record.length === RECORD_LENGTH) return record
  const length = record.trimEnd().length
  if (record.length > RECORD_LENGTH && length <= RECORD_LENGTH) return record.slice(0, RECORD_LENGTH)
  throw new UnreadableRow('length', 0, `The record has ${length} characters instead of ${RECORD_LENGTH}`)
}

function takeMovement(state: State, record: string, line: number): void {
  const { open, block } = state
  if (open === undefined || block === undefined)
    throw new BrokenFile('frame', line, 'A movement stands in no statement: there is no record 1 before it')
  state.isPassingOver = true
  const movement = readMovement(wholeRecord(record), line, state.readDay)
  state.isPassingOver = false
  state.movement = movement
  state.globalisation.take(movement)
  if (movement.detail !== '0000') return
  const { thousandths } = movement
  open.moved += thousandths
  if (thousandths > 0n) block.credits += thousandths
  else block.debits -= thousandths
}

function addToMovement({ movement, isPassingOver }: State, record: string, kind: string): void {
  if (movement === undefined) {
    if (isPassingOver) return
    throw new UnreadableRow('out_of_place', 1, `The record ${kind.split('').join('.')} goes on with no movement`)
  }
  if (kind.startsWith('2')) continueMovement(movement, record, kind)
  else if (rawAt(record, 3, 6) === movement.sequence) informMovement(movement, record, kind)
  else throw new UnreadableRow('out_of_place', 3, 'The information is about another movement than the one before it')
}

function finishMovement(state: State): void {
  const { movement, open, reading } = state
  state.movement = undefined
  state.isPassingOver = false
  if (movement === undefined || open === undefined) return
  const line = lineOf(movement, { statement: reading.statements.length, currency: open.currency }, reading)
  open.sums.add(line)
  reading.push(line)
}

function takeClosing(state: State, record: string, line: number): void {
  const { open, reading } = state
  if (open === undefined) throw new UnreadableRow('out_of_place', 1, 'A record 8 closes no statement')
  let closing: bigint | undefined
  reading.row(line, () => {
    const whole = wholeRecord(record)
    const { account, currency } = readAccount(rawAt(whole, 5, 41), { structure: open.structure, column: 5 })
    if (currency !== open.currency)
      throw new UnreadableRow('currency', 5, `The new balance is in ${currency}, and the old one in ${open.currency}`)
    closing = readMoney(whole, 42)
    if (account === open.account) return
    const message = `The new balance is of the account ${account}, and the old one of ${open.account}`
    reading.diagnostics.add({ severity: 'warning', code: 'account', line, column: 5, message })
  })
  const date = state.readDay(record, { from: 58, what: 'closing', line })
  closeStatement(state, open, { closing, date })
}

function closeWithout(state: State): void {
  const { open, reading } = state
  if (open === undefined) return
  const message = 'There is no record 8 for the statement that begins here'
  reading.diagnostics.add({ severity: 'error', code: 'no_closing', line: open.line, message })
  closeStatement(state, open, { closing: undefined, date: undefined })
}

function closeStatement(
  state: State,
  { account, currency, sequence, opening, moved, sums }: Open,
  { closing, date }: { closing: bigint | undefined; date: string | undefined },
): void {
  const { reading } = state
  state.open = undefined
  state.globalisation.end()
  const what = `the closing balance in ${currency}`
  if (closing === undefined) sums.fail(missing(what))
  else if (closing !== opening + moved)
    sums.fail(exactFailure(what, { stated: closing, computed: opening + moved }, currency))
  reading.statements.push(
    sums.finish({
      account,
      currency,
      businessDate: date,
      sequence: sequence || undefined,
      opening: minorOf(opening, currency),
      closing: closing === undefined ? undefined : minorOf(closing, currency),
    }),
  )
  if (date !== undefined && date > (reading.businessDate ?? '')) reading.businessDate = date
}

/** A sum may be larger than any amount. */
const sumOf = (thousandths: bigint, currency: string): Minor =>
  toUnitsOfAny(decimalOf(thousandths), decimalsIn(currency))

const minorOf = (thousandths: bigint, currency: string): bigint => rounded(sumOf(thousandths, currency), currency)

/** In minor units, and in words when the difference is finer than one. */
function exactFailure(what: string, sums: { stated: bigint; computed: bigint }, currency: string): Failure {
  const difference = sums.computed - sums.stated
  const isFiner = sumOf(difference, currency).rest !== 0n
  const name = isFiner ? `${what} (by ${difference} thousandths)` : what
  const stated = minorOf(sums.stated, currency)
  return failure(name, stated, isFiner ? minorOf(sums.computed, currency) : stated + minorOf(difference, currency))
}

/** `trailer` is undefined when there is none, which is wrong. */
function closeBlock(state: State, trailer: { record: string; line: number } | undefined): void {
  finishMovement(state)
  if (state.open !== undefined) closeWithout(state)
  const { block, reading } = state
  if (block === undefined) return
  state.block = undefined
  const line = trailer?.line ?? block.line
  const fail = (control: Failure): void => failLater(reading.statements, block.firstStatement, { line, control })
  let isRead = false
  if (trailer === undefined) {
    const message = 'There is no record 9 for the file that begins here'
    reading.diagnostics.add({ severity: 'error', code: 'no_trailer', line, message })
  } else
    reading.row(line, () => {
      readTrailer(wholeRecord(trailer.record), block, fail)
      isRead = true
    })
  if (!isRead) fail(missing('the trailer of the file'))
}

function readTrailer(record: string, block: Block, fail: (control: Failure) => void): void {
  const count = rawAt(record, 17, 22)
  if (!/^\d{6}$/.test(count)) throw new UnreadableRow('count', 17, `"${count}" is no number of records`)
  const { currency } = block
  const compare = (what: string, stated: bigint, computed: bigint): void => {
    if (stated !== computed) fail(exactFailure(what, { stated, computed }, currency))
  }
  compare('the debits of the file', readThousandths(record, 23), block.debits)
  compare('the credits of the file', readThousandths(record, 38), block.credits)
  const records = BigInt(block.records)
  // Six digits: a longer file begins to count again.
  if (BigInt(count) !== records % 1_000_000n) fail(failure('the records of the file', BigInt(count), records))
}
