import { createSums, type Sums } from '../control.ts'
import { currencyIn } from '../currencies.ts'
import { rounded } from '../decimal.ts'
import { BrokenFile } from '../diagnostics.ts'
import { detached } from '../text/detached.ts'
import { readAmount } from './amount.ts'
import { attempt, type Context, type Frame, type Text, textIn, valueIn } from './frame.ts'
import { movesCash, nameOfText, TEXT } from './tags.ts'

/** A statement while it is read. One in several currencies gives one of ours for each. */
export type OpenStatement = {
  readonly frame: Frame
  /** As the sender writes it. */
  account: string
  /** Tells accounts apart that differ by bank or type alone. */
  scope: string
  readonly sections: Section[]
  /** Its own currency, where it has one. */
  currency: string | undefined
  balance: Frame | undefined
  /** DTEND of its transactions. */
  end: Text | undefined
  readonly signs: {
    isAnyNegative: boolean
    /** The first of each. */
    positiveDebit: Text | undefined
    negativeCredit: Text | undefined
  }
  /** What stands in it and is not read, by its name. */
  readonly unread: Map<string, { count: number; readonly first: Frame }>
}

export type Section = { readonly index: number; readonly currency: string; readonly sums: Sums }

/** A file that holds more of them was made to fill memory. */
const MAX_STATEMENTS = 10_000

export const openStatement = (frame: Frame): OpenStatement => ({
  frame,
  account: '',
  scope: '',
  sections: [],
  currency: undefined,
  balance: undefined,
  end: undefined,
  signs: { isAnyNegative: false, positiveDebit: undefined, negativeCredit: undefined },
  unread: new Map(),
})

export function nameAccount(statement: OpenStatement, frame: Frame): void {
  if (statement.scope !== '') return
  statement.account = detached((valueIn(frame, TEXT.ACCTID) ?? '').slice(0, MAX_ACCOUNT_LENGTH))
  const parts = [TEXT.BROKERID, TEXT.BANKID, TEXT.BRANCHID, TEXT.ACCTID, TEXT.ACCTTYPE].map(
    (text) => valueIn(frame, text) ?? '',
  )
  statement.scope = parts.join('\n').slice(0, MAX_ACCOUNT_LENGTH)
}

const MAX_ACCOUNT_LENGTH = 1_024

/**
 * The currency of the statement; where it states none, that of a transaction that does. Undefined when there is none, which
 * is told where it is wanted.
 */
export function currencyOf(context: Context, statement: OpenStatement, stated?: Text): string | undefined {
  if (statement.currency !== undefined) return statement.currency
  const own = textIn(statement.frame, TEXT.CURDEF)
  if (own !== undefined && own.value !== '') statement.currency = currencyIn(own.value)
  else if (stated !== undefined && stated.value !== '') {
    statement.currency = currencyIn(stated.value)
    if (statement.currency !== undefined)
      context.warn(
        'currency',
        stated,
        `The statement states no currency: ${statement.currency} is that of a transaction`,
      )
  }
  return statement.currency
}

export function sectionOf(context: Context, statement: OpenStatement, currency: string): Section {
  const known = statement.sections.find((section) => section.currency === currency)
  if (known !== undefined) return known
  const index = context.reading.statements.length + statement.sections.length
  if (index >= MAX_STATEMENTS) {
    const { line } = statement.frame
    throw new BrokenFile('too_many_statements', line, `There are more than ${MAX_STATEMENTS} statements`)
  }
  const section = { index, currency: detached(currency), sums: createSums() }
  statement.sections.push(section)
  return section
}

export function countUnread(statement: OpenStatement, frame: Frame): void {
  const known = statement.unread.get(frame.name)
  if (known !== undefined) known.count++
  else if (statement.unread.size < MAX_UNREAD_NAMES) statement.unread.set(frame.name, { count: 1, first: frame })
}

const MAX_UNREAD_NAMES = 100

export function finishStatement(context: Context, statement: OpenStatement): void {
  tellUnread(context, statement)
  tellSigns(context, statement)
  const currency = currencyOf(context, statement)
  if (currency === undefined) {
    const place = textIn(statement.frame, TEXT.CURDEF) ?? statement.frame
    const stated = (valueIn(statement.frame, TEXT.CURDEF) ?? '').slice(0, 16)
    context.error('currency', place, `The statement of the account "${statement.account}" has no currency: "${stated}"`)
  } else sectionOf(context, statement, currency)
  const closing = currency === undefined ? undefined : closingOf(context, statement, currency)
  const businessDate = businessDateOf(context, statement)
  for (const section of statement.sections) {
    context.reading.statements.push(
      section.sums.finish({
        account: statement.account,
        currency: section.currency,
        businessDate,
        opening: undefined,
        closing: section.currency === currency ? closing : undefined,
      }),
    )
  }
}

function closingOf(context: Context, { balance }: OpenStatement, currency: string): bigint | undefined {
  if (balance === undefined) return undefined
  const text = textIn(balance, TEXT.BALAMT)
  if (balance.conflict !== undefined) {
    context.error('twice', balance.conflict, `The balance has ${nameOfText(balance.conflict.number)} twice`)
    return undefined
  }
  if (text === undefined || text.value === '') {
    context.warn('balance', text ?? balance, 'The balance has no amount: there is no closing balance')
    return undefined
  }
  const minor = attempt(context.reading, text.line, () => readAmount(text.value, currency, text.column))
  if (minor === undefined) return undefined
  if (minor.rest !== 0n) context.warn('rounding', text, `${text.value} is finer than ${currency}: it is rounded`)
  return rounded(minor, currency)
}

/** The day of the closing balance, else the day of an investment statement, else the last one of its transactions. */
function businessDateOf(context: Context, { balance, frame, end }: OpenStatement): string | undefined {
  for (const text of [balance && textIn(balance, TEXT.DTASOF), textIn(frame, TEXT.DTASOF), end]) {
    const date = text === undefined || text.value === '' ? undefined : context.when(text).date
    if (date !== undefined) return date
  }
  return undefined
}

function tellUnread({ error, warn }: Context, { unread, account }: OpenStatement): void {
  for (const [name, { count, first }] of unread) {
    const what = `${count} ${name} of the account "${account}" ${count === 1 ? 'is' : 'are'} not read`
    const isMovement = first.aggregate.role === 'record' && movesCash(name)
    if (isMovement) error('not_supported', first, `${what}: only the banking transactions of an investment account are`)
    else warn('not_supported', first, `${what}: it is no movement of cash`)
  }
}

/** A sender that writes no signs at all leaves open what its other types are: that is an error, and no guess is made. */
function tellSigns({ error, warn }: Context, { signs, account }: OpenStatement): void {
  const { isAnyNegative, positiveDebit, negativeCredit } = signs
  const place = positiveDebit ?? negativeCredit
  if (place === undefined) return
  if (isAnyNegative)
    return warn('sign', place, `${place.value} has not the sign of its type: its own sign is what counts`)
  const what = `No amount of the account "${account}" is negative, though there are debits such as ${place.value}`
  error('sign', place, `${what}: its amounts have no signs`)
}
