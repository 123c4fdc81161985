import { formatStated } from '../money/index.ts'
import { isCount } from '../platform/control-words.ts'
import { statement, type Tx } from '../platform/db.ts'
import { closedThrough } from './closed-days.ts'
import type { Failure } from './formats/control.ts'
import type { FileSummary, Statement } from './formats/format.ts'
import { fileOfDay, IS_CURRENT, lastVersionOfDay } from './read.ts'

/** What a delivery is judged by besides the file itself. Days are ISO dates. */
export type Expected = {
  readonly source: string
  /** The business day that was asked for, where one was. */
  readonly day?: string | undefined
  /** The newest business day that is over. */
  readonly lastDay?: string | undefined
}

/** Why nothing of a file may be used, as a sentence; undefined when it is accepted. In the transaction that stores it. */
export async function whyRejected(
  tx: Tx,
  expected: Expected,
  summary: FileSummary | undefined,
): Promise<string | undefined> {
  if (summary === undefined) return 'Its beginning is in none of the formats that this source sends.'
  const { businessDate } = summary
  const closed = await closedThrough(tx, expected.source)
  if (businessDate !== undefined && closed !== undefined && businessDate <= closed)
    return `It is of ${businessDate}, and the days of ${expected.source} are closed through ${closed}.`
  if (summary.readable && businessDate === undefined) return 'It does not say for which business day it is.'
  return notSound(summary) ?? (await outOfTurn(tx, expected, businessDate ?? '', summary.statements))
}

/** What is wrong with the file by itself. */
function notSound({ readable, format, statements, diagnostics }: FileSummary): string | undefined {
  const error = diagnostics.find(({ severity }) => severity === 'error')
  const place = error === undefined ? '' : ` Line ${error.line}: ${error.message}`
  if (!readable) return `It is not a whole file of the format ${format}.${place}`
  const failed = statements.find(({ control }) => control.status === 'fail')
  if (failed?.control.status === 'fail') {
    return `${doesNotAddUp(failed.currency, failed.control)}${place}`
  }
  // A line that cannot be read is a break of its own, once the file proves that it moved nothing.
  const isProven = statements.length > 0 && statements.every(({ control }) => control.status === 'pass')
  return error === undefined || isProven ? undefined : `It has lines that cannot be read.${place}`
}

/** What a file says of itself beside what its lines make: amounts as money, and counts as they are. */
export function doesNotAddUp(currency: string, { what, stated, computed, difference }: Failure): string {
  const written = (value: bigint): string => (isCount(what) ? value.toString() : formatStated(value, currency))
  return `It does not add up in ${currency}: ${what} is stated as ${written(stated)} and computed as ${written(computed)}, a difference of ${written(difference)}.`
}

const TURN = statement(
  'settlement.turn',
  `select (select max(f.business_date) from settlement_file f where f.source = $1 and ${IS_CURRENT}) as last,
          (select first_business_date from settlement_source where name = $1) as first`,
)

const BALANCES = statement(
  'settlement.balances_of_day',
  `select s.account, s.currency, s.opening, s.closing
     from settlement_file f join settlement_statement s on s.file_id = f.id
    where f.source = $1 and f.business_date = $2 and ${IS_CURRENT}`,
)

/**
 * Files are taken day by day, the first day first: a file that comes too early would stand in the way of the right one, and
 * its opening balance could be compared with nothing. Another file for a day that has one takes its place, where it fits
 * between the day before and the day after.
 */
async function outOfTurn(
  tx: Tx,
  { source, day, lastDay }: Expected,
  businessDate: string,
  statements: readonly Statement[],
): Promise<string | undefined> {
  if (day !== undefined && day !== businessDate)
    return `It is the file of ${businessDate}, and the file of ${day} was asked for.`
  if (lastDay !== undefined && businessDate > lastDay) return `The business day ${businessDate} is not over.`
  const [turn] = await tx.run<{ last: string | null; first: string | null }>(TURN, [source])
  const last = turn?.last ?? undefined
  const isVersion = (await lastVersionOfDay(tx, source, businessDate)) !== undefined
  if (!isVersion && last === undefined) {
    const first = turn?.first ?? businessDate
    return businessDate === first ? undefined : `The files of this source begin on ${first}, which is not there yet.`
  }
  const next = last === undefined ? businessDate : dayAfter(last)
  if (!isVersion && businessDate !== next) return `The file of ${next} comes first, and it is not there yet.`
  return (
    (await doesNotFollow(tx, source, businessDate, statements)) ??
    (await doesNotLead(tx, source, businessDate, statements))
  )
}

const dayBefore = (day: string): string => Temporal.PlainDate.from(day).subtract({ days: 1 }).toString()
const dayAfter = (day: string): string => Temporal.PlainDate.from(day).add({ days: 1 }).toString()

const keyOf = ({ account, currency }: Pick<Balances, 'account' | 'currency'>): string => `${account} ${currency}`

/** Each file opens where the file of the day before closed, in every currency that either of them has. */
async function doesNotFollow(
  tx: Tx,
  source: string,
  day: string,
  statements: readonly Statement[],
): Promise<string | undefined> {
  const before = dayBefore(day)
  if ((await fileOfDay(tx, source, before)) === undefined) return undefined
  const rows = await tx.run<Balances>(BALANCES, [source, before])
  const gap = gapBetween(rows, statements)
  if (gap !== undefined)
    return `It opens with ${gap.opening} in ${gap.key}, and the file of ${before} closed with ${gap.closing}.`
  const accounts = new Set(rows.map(({ account }) => account))
  const other = accounts.size === 0 ? undefined : statements.find(({ account }) => !accounts.has(account))
  return other && `It is about the account ${other.account}, and the file of ${before} is about another.`
}

/** And closes where the day after opened, when that one is there already. */
async function doesNotLead(
  tx: Tx,
  source: string,
  day: string,
  statements: readonly Statement[],
): Promise<string | undefined> {
  const after = dayAfter(day)
  if ((await fileOfDay(tx, source, after)) === undefined) return undefined
  const gap = gapBetween(statements, await tx.run<Balances>(BALANCES, [source, after]))
  return gap && `It closes with ${gap.closing} in ${gap.key}, and the file of ${after} opens with ${gap.opening}.`
}

type Balances = {
  readonly account: string
  readonly currency: string
  readonly opening?: bigint | null | undefined
  readonly closing?: bigint | null | undefined
}
/** Amounts as money. */
type Gap = { readonly key: string; readonly closing: string; readonly opening: string }

/** The first account and currency in which the later one does not open where the earlier one closed. */
function gapBetween(earlier: readonly Balances[], later: readonly Balances[]): Gap | undefined {
  const closed = new Map(earlier.map((each) => [keyOf(each), each.closing ?? 0n]))
  const opened = new Map(later.map((each) => [keyOf(each), each.opening ?? 0n]))
  for (const key of new Set([...closed.keys(), ...opened.keys()])) {
    const [closing, opening] = [closed.get(key) ?? 0n, opened.get(key) ?? 0n]
    if (opening === closing) continue
    const currency = key.slice(key.lastIndexOf(' ') + 1)
    return { key, closing: formatStated(closing, currency), opening: formatStated(opening, currency) }
  }
  return undefined
}
