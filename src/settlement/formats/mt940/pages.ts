import { BrokenFile } from '../diagnostics.ts'
import type { Reading } from '../reading.ts'
import { readDetails } from './details.ts'
import type { Balance } from './money.ts'
import { compareClosing, compareEntrySums, newPage, type Page, tellGaps } from './page.ts'
import { referencesOf } from './references.ts'
import type { StatementLine } from './statement-line.ts'

/** Where the reader is: the page that is open, and what the pages before it left behind. */
export type Pages = {
  readonly reading: Reading
  /** How the pages before this one closed, by account and currency. */
  readonly closed: Map<string, Balance>
  page: Page | undefined
  pending: Pending | undefined
  /** The message's header says that it is an MT942, or the file is read as one. */
  isInterim: boolean
  messages: number
}

/** An entry whose texts are still to come. */
export type Pending = {
  readonly line: number
  readonly entry: StatementLine
  readonly amount: bigint
  readonly currency: string
  readonly details: (readonly string[])[]
  readonly nonSwift: string[]
}

export const startPages = (reading: Reading, isInterim: boolean): Pages => ({
  reading,
  closed: new Map(),
  page: undefined,
  pending: undefined,
  isInterim,
  messages: 0,
})

const MAX_STATEMENTS = 10_000

/** Ends the page before, and begins one. */
export function openPage(pages: Pages, line: number): Page {
  closePage(pages)
  if (++pages.messages > MAX_STATEMENTS)
    throw new BrokenFile('too_many_statements', line, `There are more than ${MAX_STATEMENTS} statements`)
  const page = newPage(line, pages.reading.statements.length)
  page.isInterim = pages.isInterim
  pages.page = page
  return page
}

/** Ends the page that is open, if there is one: its sums are compared, and it becomes a statement. */
export function closePage(pages: Pages): void {
  flushEntry(pages)
  const { page, reading, closed } = pages
  pages.page = undefined
  if (page === undefined) return
  const { account, currency, opening, closing, sequence } = page
  if (currency === undefined) {
    const message = 'The message that begins here has no balance, and nothing says its currency'
    return reading.diagnostics.add({ severity: 'error', code: 'no_balance', line: page.line, message })
  }
  tellGaps(reading, page)
  compareClosing(page)
  compareEntrySums(page)
  if (opening !== undefined) checkChain(pages, page, opening)
  if (closing !== undefined) closed.set(`${account} ${currency}`, closing)
  const businessDate = closing?.date ?? page.reportDate ?? opening?.date
  const balances = { opening: opening?.money.amount, closing: closing?.money.amount }
  reading.statements.push(page.sums.finish({ account, currency, businessDate, sequence, ...balances }))
  if (page.own !== '') reading.fileReference ??= page.own
  if (businessDate !== undefined && businessDate > (reading.businessDate ?? '')) reading.businessDate = businessDate
}

/** A page opens where the page before it closed; so does a statement, unless they stand in another order. */
function checkChain({ reading, closed }: Pages, { account, currency, line }: Page, opening: Balance): void {
  const before = closed.get(`${account} ${currency}`)
  if (before === undefined || before.money.amount === opening.money.amount) return
  if ((before.date ?? '') > (opening.date ?? '9999')) return
  const [is, was] = [opening.money.amount, before.money.amount]
  const message = `The statement opens with ${is} minor units, and the one before it in the file closed with ${was}`
  reading.diagnostics.add({ severity: 'warning', code: 'chain', line, message })
}

/** Hands the last entry on: all of its texts were read. */
export function flushEntry(pages: Pages): void {
  const { pending, page, reading } = pages
  pages.pending = undefined
  if (pending === undefined || page === undefined) return
  const { entry, line, amount, currency } = pending
  const details = readDetails(pending.details, pending.nonSwift)
  reading.push({
    line,
    statement: page.index,
    kind: 'entry',
    status: entry.type,
    ...referencesOf(entry, details, page),
    amount,
    fee: 0n,
    currency,
    occurredAt: undefined,
    businessDate: entry.businessDate,
    description: withSupplementary(details.description, entry.supplementary),
    ...(entry.isExpected ? { booked: false } : {}),
  })
}

function withSupplementary(description: string | undefined, supplementary: string): string | undefined {
  if (supplementary === '' || description?.includes(supplementary)) return description
  return description === undefined ? supplementary : `${description} | ${supplementary}`
}
