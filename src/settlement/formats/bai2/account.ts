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
  const { sums, number, line, closing } = account
  let { opening } = account
  if (!isBooked) return sums.finish({ account: number, currency, businessDate, opening: undefined, closing: undefined })
  compareSide(sums, 'credits', account.credits, number)
  compareSide(sums, 'debits', account.debits, number)
  const warn = (code: string, message: string): void => diagnostics.add({ severity: 'warning', code, line, message })
  if (lacksDetails(account)) {
    const computed = (opening ?? 0n) + sums.credits() + sums.debits()
    if (closing !== undefined && opening !== undefined && computed !== closing) {
      warn('details_left_out', `The account ${number} has fewer details than it counts: its balances prove nothing`)
      const summed = opening + (account.credits.total ?? 0n) - (account.debits.total ?? 0n)
      if (account.credits.total !== undefined && account.debits.total !== undefined && summed !== closing)
        warn('balances', `The account ${number} closes with ${closing} and its own totals come to ${summed}`)
      opening = undefined
    }
  }
  return sums.finish({ account: number, currency, businessDate, opening, closing })
}

/** A total of one side can be compared when all of its items are there. */
function compareSide(sums: Sums, name: string, { total, items, lines, sum }: Side, number: string): void {
  if (total === undefined || items !== lines || (lines === 0 && total !== 0n)) return
  sums.compare(`the total of the ${name} of the account ${number}`, total, sum)
}

function lacksDetails({ sums, credits, debits }: Account): boolean {
  return sums.lines() === 0 || isPartial(credits) || isPartial(debits)
}

/** No count, or a count of 0 beside a total that is not, says nothing: then the total itself tells. */
function isPartial({ total, items, lines, sum }: Side): boolean {
  if (items === undefined || (items === 0 && total !== 0n)) return total !== undefined && total > sum
  return items > lines
}

export const missing = (what: string): Extract<Statement['control'], { status: 'fail' }> => ({
  status: 'fail',
  what: `${what} is missing`,
  stated: 0n,
  computed: 0n,
  difference: 0n,
})
