import { createSums, failure, type Sums } from '../control.ts'
import { currencyIn } from '../currencies.ts'
import { BrokenFile } from '../diagnostics.ts'
import { type Balances, compareBalances, createBalanceBook, type Page } from './balances.ts'
import { type Batch, createBatch } from './batch.ts'
import { type Context, isolated } from './context.ts'
import { at, child, type Element, textAt } from './element.ts'
import { type Entry, readEntry } from './entry.ts'
import type { Line } from './entry-lines.ts'
import { createEntryTotals } from './summary.ts'
import { whenIn } from './when.ts'

/** Far more than any file has: what is known of each is kept until the end. */
export const MAX_STATEMENTS = 10_000

/** One `Stmt`, `Rpt` or `Ntfctn` while it is read, element by element. */
export type Report = {
  readonly element: (element: Element) => void
  readonly btch: (element: Element) => void
  /** A `TxDtls` of the entry that is being read: what was read of it is in `entry`. */
  readonly transaction: (element: Element, entry: Element) => void
  readonly detailsEnd: () => void
  /** Makes its statements: one for each currency. */
  readonly finish: () => void
}

/** Lines of one currency. */
type Part = { readonly index: number; readonly sums: Sums }

export function createReport(context: Context, name: string, line: number): Report {
  const { reading } = context
  const firstIndex = reading.statements.length
  const parts = new Map<string, Part>()
  const balances = createBalanceBook(context)
  const totals = createEntryTotals(context)
  const head = createHead(context, name)
  let summary: Element | undefined
  let batch: Batch = createBatch(context, emit)
  /** The entry that is being read; null when it cannot be. */
  let entry: Entry | null | undefined
  let lastBooked: string | undefined
  /** Of what could not be read, for a report in which nothing else says it. */
  let mentioned: string | undefined

  function partIn(currency: string): Part {
    const known = parts.get(currency)
    if (known !== undefined) return known
    const index = firstIndex + parts.size
    if (index >= MAX_STATEMENTS) {
      const message = `There are more than ${MAX_STATEMENTS} statements in one file`
      throw new BrokenFile('too_many_statements', line, message)
    }
    const part = { index, sums: createSums() }
    parts.set(currency, part)
    return part
  }

  function emit(found: Line): void {
    const { index, sums } = partIn(found.currency)
    sums.add(found)
    reading.push({ ...found, statement: index })
  }

  const entryOf = (element: Element): Entry | undefined => {
    if (entry === undefined) entry = isolated(context, () => readEntry(context, element, head.currency())) ?? null
    return entry ?? undefined
  }

  function finishEntry(element: Element): void {
    const read = entryOf(element)
    batch.finish(read)
    if (read !== undefined) totals.add(read)
    const day = read?.isBooked === true ? read.businessDate : undefined
    if (day !== undefined && day > (lastBooked ?? '')) lastBooked = day
    batch = createBatch(context, emit)
    entry = undefined
  }

  return {
    element(element) {
      mentioned ??= mentionedIn(element)
      if (element.name === 'Ntry') finishEntry(element)
      else if (element.name === 'Bal') balances.add(element, head.currency())
      else if (element.name === 'TxsSummry') summary = element
      else head.element(element)
    },
    btch: (element) => batch.btch(element),
    transaction: (element, owner) => batch.transaction(element, () => entryOf(owner)),
    detailsEnd: () => batch.detailsEnd(),
    finish() {
      const page = head.page()
      const all = new Map(
        [...balances.currencies()].map((currency) => [currency, balances.of(currency, page)] as const),
      )
      const odd = mismatch(all, parts)
      for (const [currency, { opening, closing }] of all)
        if ((opening ?? closing) !== undefined && currency !== odd?.closingIn) partIn(currency)
      if (parts.size === 0) partIn(head.currency() ?? mentioned ?? '')
      const [first = ''] = parts.keys()
      const only = parts.size === 1 && first !== '' ? first : undefined
      const isProvable = warnOfStrangers(context, line, parts, all)
      for (const [currency, { sums }] of parts) {
        const { opening, closing } = all.get(currency) ?? {}
        if (isProvable) compareBalances(sums, { opening, closing }, totals.bookedIn(currency), currency)
        if (odd?.openingIn === currency) failOdd(sums, odd)
        if (summary !== undefined && currency === first) totals.compare(sums, summary, only)
        const statement = sums.finish({
          account: head.account(),
          currency,
          businessDate: closing?.date ?? head.lastDay() ?? lastBooked,
          sequence: head.sequence(),
          opening: opening?.amount,
          closing: isProvable ? closing?.amount : undefined,
        })
        // Counts that are right prove no balance.
        const isPass = statement.control.status === 'pass'
        const control = isPass && !isProvable ? ({ status: 'none' } as const) : statement.control
        reading.statements.push({ ...statement, closing: closing?.amount, control })
      }
    },
  }
}

/**
 * Entries of an account are in its currency. When booked ones are in another, for which there is no balance, nobody can
 * say by how much they moved the balance that there is: a warning says so, and nothing is compared.
 */
function warnOfStrangers(
  context: Context,
  line: number,
  parts: ReadonlyMap<string, Part>,
  all: ReadonlyMap<string, Balances>,
): boolean {
  const isBalanced = [...all.values()].some(({ opening, closing }) => opening !== undefined && closing !== undefined)
  const strangers = [...parts].filter(([currency, { sums }]) => !all.has(currency) && hasMoved(sums))
  if (!isBalanced || strangers.length === 0) return true
  const message = `Entries are in ${strangers.map(([currency]) => currency).join(' ')}, and no balance is: nothing proves them`
  context.reading.diagnostics.add({ severity: 'warning', code: 'currency', line, message })
  return false
}

const hasMoved = (sums: Sums): boolean => sums.credits() !== 0n || sums.debits() !== 0n

const mentionedIn = (element: Element): string | undefined => currencyIn(child(element, 'Amt')?.currency ?? '')

/** A report that opens in one currency and closes in another. */
type Odd = {
  readonly openingIn: string
  readonly closingIn: string
  readonly opening: bigint
  readonly closing: bigint
}

function mismatch(all: ReadonlyMap<string, Balances>, parts: ReadonlyMap<string, Part>): Odd | undefined {
  const open = [...all].filter(([, { opening, closing }]) => opening !== undefined && closing === undefined)
  const shut = [...all].filter(
    ([currency, { opening, closing }]) => opening === undefined && closing !== undefined && !parts.has(currency),
  )
  const [[openingIn, begin] = [], [closingIn, end] = []] = [open[0], shut[0]]
  if (open.length !== 1 || shut.length !== 1 || openingIn === undefined || closingIn === undefined) return undefined
  return { openingIn, closingIn, opening: begin?.opening?.amount ?? 0n, closing: end?.closing?.amount ?? 0n }
}

function failOdd(sums: Sums, { openingIn, closingIn, opening, closing }: Odd): void {
  const what = `the closing balance is in ${closingIn}, and the opening balance in ${openingIn}`
  const computed = opening + sums.credits() + sums.debits()
  sums.fail(failure(what, closing, computed))
}

/** What stands before the balances and the entries of a report. */
type Head = {
  readonly element: (element: Element) => void
  readonly account: () => string
  readonly currency: () => string | undefined
  readonly sequence: () => string | undefined
  readonly page: () => Page
  readonly lastDay: () => string | undefined
}

const MAX_ACCOUNT = 255

function createHead(context: Context, report: string): Head {
  let account = ''
  let currency: string | undefined
  let electronic: string | undefined
  let legal: string | undefined
  let pageNumber: string | undefined
  let isLast = true
  let lastDay: string | undefined

  return {
    element(element) {
      const { name, text } = element
      if (name === 'Acct') {
        account = accountOf(element).slice(0, MAX_ACCOUNT)
        currency = currencyIn(textAt(element, 'Ccy') ?? '')
      } else if (name === 'ElctrncSeqNb') electronic = text
      else if (name === 'LglSeqNb') legal = text
      else if (name.endsWith('Pgntn')) {
        pageNumber = textAt(element, 'PgNb')
        isLast = textAt(element, 'LastPgInd') !== 'false'
      } else if (name === 'FrToDt') {
        const to = child(element, 'ToDtTm') ?? child(element, 'ToDt')
        if (to !== undefined) lastDay = whenIn(context, to).date
      }
    },
    account: () => account,
    currency: () => currency,
    sequence() {
      const number = (electronic || legal)?.slice(0, 35)
      if (isOnly(pageNumber, isLast)) return number
      return `${number ?? ''}/${pageNumber ?? 1}`
    },
    page: () => ({ isFirst: report !== 'Stmt' || isOnly(pageNumber, true), isLast: report !== 'Stmt' || isLast }),
    lastDay: () => lastDay,
  }
}

const isOnly = (pageNumber: string | undefined, isLast: boolean): boolean =>
  isLast && (pageNumber === undefined || /^0*[01]$/.test(pageNumber))

/** The IBAN, or what else the bank calls the account by. */
function accountOf(account: Element): string {
  const id = child(account, 'Id')
  let found = child(id, 'IBAN') ?? at(id, 'Othr', 'Id') ?? id?.children?.[0]
  while (found?.children?.[0] !== undefined) found = found.children[0]
  return found?.text ?? ''
}
