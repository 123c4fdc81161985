import { currencyIn } from '../currencies.ts'
import { dateOfSix } from '../dates.ts'
import { UnreadableRow } from '../diagnostics.ts'
import type { Field } from './fields.ts'
import { type Balance, type EntrySum, negated, readAmount, readBalance, readEntrySum } from './money.ts'
import { type Page, statedTotals, tally } from './page.ts'
import { flushEntry, openPage, type Pages, type Pending } from './pages.ts'
import { AMOUNT, readStatementLine } from './statement-line.ts'

/** Reads one field into the page that is open. Throws `UnreadableRow`, which leaves the page as it was. */
export function readField(pages: Pages, field: Field): void {
  const { tag } = field
  const text = (field.lines[0] ?? '').trim()
  if (tag === '86') return readDetailsField(pages, field)
  if (tag === 'NS') return readNonSwift(pages, field)
  if (tag === '25' && pages.pending !== undefined) return readMistaken(pages, field)
  flushEntry(pages)
  if (tag === '61') return readEntry(pages, field)
  if (tag === '20') {
    openPage(pages, field.line).own = text
    return
  }
  const page = pages.page ?? openPage(pages, field.line)
  if (tag === '60F' || tag === '60M' || tag === '60') return readOpening(pages, page, field, text)
  if (tag === '62F' || tag === '62M' || tag === '62') return readClosing(pages, page, field, text)
  readOther(pages, page, field, text)
}

function readOther(pages: Pages, page: Page, { tag, line }: Field, text: string): void {
  switch (tag) {
    case '21':
      page.related = text
      return
    case '25':
    case '25P':
      page.account = text
      return
    case '28':
    case '28C':
      page.sequence = text === '' ? undefined : text
      return
    case '34F':
      page.isInterim = true
      page.currency ??= currencyIn(text.slice(0, 3))
      return
    case '13':
    case '13D':
      page.isReport = true
      page.reportDate = dateOfSix(text.slice(0, 6))
      if (page.reportDate === undefined) warn(pages, 'date', line, `There is no day "${text.slice(0, 6)}"`)
      return
    case '90D':
    case '90C':
      return readSum(page, tag, text)
    default: // 64 and 65: balances that are available, which prove nothing
  }
}

const warn = ({ reading }: Pages, code: string, line: number, message: string, column?: number): void =>
  reading.diagnostics.add({ severity: 'warning', code, line, ...(column === undefined ? {} : { column }), message })

/** Some banks write the currency behind the account: `4005287001EUR`. */
const currencyOfAccount = (account: string): string | undefined =>
  /[\d\s/][A-Z]{3}$/.test(account) ? currencyIn(account.slice(-3)) : undefined

function readOpening(pages: Pages, before: Page, { line, tag }: Field, text: string): void {
  const { account, own, related, sequence } = before
  const isNext = before.opening !== undefined || before.closing !== undefined
  // Pages that follow each other without a field 20.
  const page = isNext ? Object.assign(openPage(pages, line), { account, own, related, sequence }) : before
  const balance = readBalance(text, currencyOfAccount(account))
  tellBalance(pages, balance, line, tag)
  page.opening = balance
  page.currency = balance.currency
}

function readClosing(pages: Pages, page: Page, { line, tag }: Field, text: string): void {
  if (page.closing !== undefined)
    throw new UnreadableRow('second_closing', 0, 'The statement has a second closing balance')
  const balance = readBalance(text, page.currency ?? currencyOfAccount(page.account))
  if (page.currency !== undefined && page.currency !== balance.currency)
    throw new UnreadableRow('currency', 3, `The closing balance is in ${balance.currency}, not in ${page.currency}`)
  tellBalance(pages, balance, line, tag)
  page.closing = balance
  page.currency = balance.currency
}

function tellBalance(pages: Pages, balance: Balance, line: number, tag: string): void {
  const { date, statedDate, lacksCurrency, currency, behind, money } = balance
  if (date === undefined) warn(pages, 'date', line, `There is no day "${statedDate}"`, 2)
  if (lacksCurrency) warn(pages, 'currency', line, `The field ${tag} has no currency: it is read in ${currency}`, 3)
  if (behind !== '') warn(pages, 'balance', line, `"${behind.slice(0, 64)}" stands behind the balance, and is not read`)
  if (money.over !== 0n) warn(pages, 'rounding', line, `The balance is finer than ${currency}, and was rounded`, 4)
}

function readEntry(pages: Pages, { line, lines }: Field): void {
  const page = pages.page ?? openPage(pages, line)
  if (page.closing !== undefined)
    throw new UnreadableRow('out_of_place', 0, 'The entry stands behind the closing balance')
  page.currency ??= currencyOfAccount(page.account)
  const { currency } = page
  if (currency === undefined) throw new UnreadableRow('currency', 0, 'Nothing before this entry says its currency')
  const entry = readStatementLine(lines)
  const size = readAmount(entry.digits, currency, AMOUNT)
  const effect = entry.isDebit ? negated(size) : size
  const { dateProblem, isDebit, isExpected } = entry
  if (dateProblem !== undefined) warn(pages, 'date', line, dateProblem.message, dateProblem.column)
  if (size.over !== 0n) warn(pages, 'rounding', line, `The amount is finer than ${currency}, and was rounded`, AMOUNT)
  tally(page, effect, isDebit, !isExpected)
  page.sums.add({ kind: 'entry', amount: effect.amount, fee: 0n, booked: isExpected ? false : undefined })
  pages.pending = { line, entry, amount: effect.amount, currency, details: [], nonSwift: [] }
}

/** Far above what any bank writes to one entry. */
const MAX_DETAILS = 100

/** Field 86 is about the entry before it, or behind the closing balance about the statement. */
function readDetailsField({ pending, page }: Pages, { lines }: Field): void {
  if (pending === undefined) {
    if (page?.closing !== undefined && page.currency !== undefined) readTotals(page, lines[0] ?? '', page.currency)
  } else addDetails(pending, lines)
}

function addDetails({ details }: Pending, lines: readonly string[]): void {
  if (details.length === MAX_DETAILS)
    throw new UnreadableRow('too_many_details', 0, `The entry has more than ${MAX_DETAILS} fields 86`)
  details.push(lines)
}

function readNonSwift({ pending }: Pages, { lines }: Field): void {
  if (pending === undefined) return
  if (pending.nonSwift.length > MAX_DETAILS)
    throw new UnreadableRow('too_many_details', 0, `The entry has more than ${MAX_DETAILS} lines in its fields NS`)
  pending.nonSwift.push(...lines)
}

function readTotals(page: Page, text: string, currency: string): void {
  const totals = statedTotals(text)
  if (totals === undefined) return
  const [debits, credits, debitSum, creditSum] = totals
  page.debits.stated ??= { count: BigInt(debits), currency, sum: readAmount(debitSum, currency, 0) }
  page.credits.stated ??= { count: BigInt(credits), currency, sum: readAmount(creditSum, currency, 0) }
}

function readSum(page: Page, tag: '90D' | '90C', text: string): void {
  page.isReport = true
  const stated: EntrySum = readEntrySum(text)
  if (page.currency !== undefined && page.currency !== stated.currency)
    throw new UnreadableRow('currency', 2, `The sum is in ${stated.currency}, not in ${page.currency}`)
  page.currency ??= stated.currency
  if (tag === '90D') page.debits.stated = stated
  else page.credits.stated = stated
}

/** Behind an entry there is no account: some banks write 25 where 86 belongs. */
function readMistaken(pages: Pages, { line, lines }: Field): void {
  warn(pages, 'out_of_place', line, 'The field 25 stands behind an entry: it is read as the field 86')
  if (pages.pending !== undefined) addDetails(pages.pending, lines)
}
