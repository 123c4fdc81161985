import { statement, type Tx } from '../platform/db.ts'
import type { FileSummary, Statement } from './formats/format.ts'

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
    const { what, stated, computed, difference } = failed.control
    return `It does not add up in ${failed.currency}: ${what} is stated as ${stated} and computed as ${computed}, a difference of ${difference} minor units.${place}`
  }
  // Until breaks can be made of single lines, a line that cannot be read must not be left out in silence.
  return error === undefined ? undefined : `It has lines that cannot be read.${place}`
}

const TURN = statement(
  'settlement.turn',
  `select (select max(business_date) from settlement_file where source = $1 and status = 'accepted') as last,
          (select first_business_date from settlement_source where name = $1) as first`,
)

const CLOSINGS = statement(
  'settlement.closings',
  `select s.account, s.currency, s.closing
     from settlement_file f join settlement_statement s on s.file_id = f.id
    where f.source = $1 and f.status = 'accepted' and f.business_date = $2`,
)

type Closing = { readonly account: string; readonly currency: string; readonly closing: bigint | null }

/**
 * Files are taken day by day, the first day first: a file that comes too early would stand in the way of the right one, and
 * its opening balance could be compared with nothing.
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
  if (turn?.last == null) {
    const first = turn?.first ?? businessDate
    return businessDate === first ? undefined : `The files of this source begin on ${first}, which is not there yet.`
  }
  if (businessDate <= turn.last) return `The file of ${businessDate} was received before, and this one is another.`
  const next = Temporal.PlainDate.from(turn.last).add({ days: 1 }).toString()
  if (businessDate !== next) return `The file of ${next} comes first, and it is not there yet.`
  return brokenChain(turn.last, statements, await tx.run<Closing>(CLOSINGS, [source, turn.last]))
}

/** Each file opens where the file of the day before closed, in every currency that either of them has. */
function brokenChain(
  before: string,
  statements: readonly Statement[],
  closings: readonly Closing[],
): string | undefined {
  const key = ({ account, currency }: Pick<Closing, 'account' | 'currency'>): string => `${account} ${currency}`
  const closed = new Map(closings.map((row) => [key(row), row.closing ?? 0n]))
  const opened = new Map(statements.map((each) => [key(each), each.opening ?? 0n]))
  for (const each of new Set([...closed.keys(), ...opened.keys()])) {
    const [opening, closing] = [opened.get(each) ?? 0n, closed.get(each) ?? 0n]
    if (opening !== closing)
      return `It opens with ${opening} minor units in ${each}, and the file of ${before} closed with ${closing}.`
  }
  const accounts = new Set(closings.map(({ account }) => account))
  const other = accounts.size === 0 ? undefined : statements.find(({ account }) => !accounts.has(account))
  return other && `It is about the account ${other.account}, and the file of ${before} is about another.`
}
