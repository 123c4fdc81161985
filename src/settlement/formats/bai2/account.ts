import { createSums, type Sums } from '../control.ts'
import type { Statement } from '../format.ts'
import type { Reading } from '../reading.ts'
import type { Detail } from './detail.ts'
import { cursorOf, nextField, readAmount, readCount, readFunds } from './fields.ts'
import type { LogicalRecord } from './records.ts'

/** What record 03 says of one side of an account (type code 100 or 400), and what its details come to. */
type Side = { total: bigint | undefined; items: number | undefined; lines: number; sum: bigint }

/** An account, from its record 03 to its record 49, and the sums that prove it. */
export type Account = {
  readonly line: number
  readonly number: string
  /** Undefined when it is none: the details cannot be read, but the totals still can. */
  readonly currency: string | undefined
  /** How many records of the file came before its 03. */
  readonly recordsBefore: number
  readonly sums: Sums
  readonly credits: Side
  readonly debits: Side
  /** Sum of all amounts of its 03, and of its 16s as they are written. */
  summaries: bigint
  details: bigint
  /** Type codes 010 and 015. */
  opening: bigint | undefined
  closing: bigint | undefined
}

/**
 * Whether the banks' total of an account has the amounts of its record 03 in it, as the specification says, or only those
 * of its details, as some banks count. The first account in which this makes a difference tells it for the file.
 */
export type SummaryUse = { value: 'unknown' | 'included' | 'excluded' }

export function openAccount(about: Pick<Account, 'line' | 'number' | 'currency' | 'recordsBefore'>): Account {
  const side = (): Side => ({ total: undefined, items: undefined, lines: 0, sum: 0n })
  return {
    ...about,
    sums: createSums(),
    credits: side(),
    debits: side(),
    summaries: 0n,
    details: 0n,
    opening: undefined,
    closing: undefined,
  }
}

/**
 * Reads the amounts of record 03: groups of `type code, amount, item count, funds type[, its fields]`. A type code that is
 * empty is no group: it is what is left over where an 88 goes on. A type code in the place of the funds type begins the
 * next group, because banks leave out what is empty at the end of a line. Throws `UnreadableRow`.
 */
export function readSummaries(account: Account, parts: readonly string[]): void {
  const cursor = cursorOf(parts)
  nextField(cursor)
  nextField(cursor)
  let code = nextField(cursor)
  while (code !== undefined) {
    if (code === '') {
      code = nextField(cursor)
      continue
    }
    const text = nextField(cursor) ?? ''
    const amount = text === '' ? undefined : readAmount(text, cursor.column)
    const items = readCount(nextField(cursor), cursor.column)
    if (amount !== undefined) {
      account.summaries += amount
      keepSummary(account, code, amount, items)
    }
    const funds = nextField(cursor) ?? ''
    code = readFunds(cursor, funds) === false ? funds : nextField(cursor)
  }
}

function keepSummary(account: Account, code: string, amount: bigint, items: number | undefined): void {
  if (code === '010') account.opening ??= amount
  else if (code === '015') account.closing ??= amount
  else if (code === '100' || code === '400') {
    const side = code === '100' ? account.credits : account.debits
    side.total ??= amount
    side.items ??= items
  }
}

export function addDetail(account: Account, { line, direction, written }: Detail): void {
  account.sums.add(line)
  account.details += written
  const side = direction === 'credit' ? account.credits : direction === 'debit' ? account.debits : undefined
  if (side === undefined) return
  side.lines++
  side.sum += written
}

/** The total of record 49 as computed, in the way in which this file's bank counts. */
export function totalOf(account: Account, use: SummaryUse, stated: bigint | undefined): bigint {
  const all = account.summaries + account.details
  if (use.value === 'unknown' && all !== account.details) {
    if (stated === all) use.value = 'included'
    else if (stated === account.details) use.value = 'excluded'
  }
  return use.value === 'excluded' ? account.details : all
}

/** Reads record 49, `total, number of records`, and compares both. Answers what it adds to the total of the group. */
export function readTrailer(
  account: Account,
  record: LogicalRecord,
  { use, records }: { readonly use: SummaryUse; readonly records: number },
): bigint {
  const { sums, number } = account
  const cursor = cursorOf(beforeSlash(record.parts))
  const text = nextField(cursor) ?? ''
  const stated = text === '' ? undefined : readAmount(text, cursor.column)
  const total = totalOf(account, use, stated)
  sums.compare(`the total of the account ${number}`, stated, total)
  const count = readCount(nextField(cursor), cursor.column)
  if (count !== undefined)
    sums.compare(`the records of the account ${number}`, BigInt(count), BigInt(records - account.recordsBefore))
  return stated ?? total
}

/** Without what stands after a `/`: a trailer has no text in which there could be one. */
export const beforeSlash = (parts: readonly string[]): string[] => parts.map((part) => part.split('/', 1)[0] ?? '')

/**
 * The statement of an account that is complete. A bank may leave details out and give their sums alone. Then nothing can be
 * proven from the details, a warning says so, and the statement is without its opening balance.
 */
export function closeAccount(
  account: Account,
  { diagnostics }: Pick<Reading, 'diagnostics'>,
  { currency, businessDate, isBooked }: { currency: string; businessDate: string | undefined; isBooked: boolean },
): Statement {
  const { sums, number, line, opening, closing, credits, debits } = account
  const about = { account: number, currency, businessDate }
  if (!isBooked) return sums.finish({ ...about, opening: undefined, closing: undefined })
  const finish = (provenOpening: bigint | undefined): Statement => {
    if (provenOpening !== undefined)
      sums.compare(`the closing balance in ${currency}`, closing, provenOpening + sums.credits() + sums.debits())
    compareSide(sums, `credits of the account ${number}`, credits)
    compareSide(sums, `debits of the account ${number}`, debits)
    return sums.finish({ ...about, opening: provenOpening, closing })
  }
  const isProven =
    opening === undefined || closing === undefined || opening + sums.credits() + sums.debits() === closing
  if (isProven || !lacksDetails(account)) return finish(opening)
  const warn = (code: string, message: string): void => diagnostics.add({ severity: 'warning', code, line, message })
  warn('details_left_out', `The account ${number} has fewer details than it counts: its balances prove nothing`)
  if (credits.total !== undefined && debits.total !== undefined && opening + credits.total - debits.total !== closing)
    warn('balances', `The balances of the account ${number} differ by other than its total credits and debits`)
  return finish(undefined)
}

/** What one side says of itself can be compared unless there are fewer details than it counts. */
function compareSide(sums: Sums, name: string, side: Side): void {
  const { total, items, lines, sum } = side
  if (total === undefined || items === undefined || countsNothing(side) || lines < items) return
  sums.compare(`the total of the ${name}`, total, sum)
  sums.compare(`the number of the ${name}`, BigInt(items), BigInt(lines))
}

/** Some banks write 0 for a count that they do not have. */
const countsNothing = ({ total, items }: Side): boolean => items === 0 && total !== 0n

/** No details at all, or fewer on one side; more of them than are counted on the other side is no such account. */
function lacksDetails({ sums, credits, debits }: Account): boolean {
  if (sums.lines() === 0) return true
  return (isPartial(credits) || isPartial(debits)) && !isExceeded(credits) && !isExceeded(debits)
}

function isPartial(side: Side): boolean {
  const { total, items, lines, sum } = side
  if (total === undefined) return false
  return items === undefined || countsNothing(side) ? total > sum : items > lines
}

function isExceeded(side: Side): boolean {
  const { total, items, lines, sum } = side
  if (total === undefined) return false
  return items === undefined || countsNothing(side) ? total < sum : items < lines
}
