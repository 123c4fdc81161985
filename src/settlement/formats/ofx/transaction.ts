import { currencyIn } from '../currencies.ts'
import { rounded } from '../decimal.ts'
import { UnreadableRow } from '../diagnostics.ts'
import type { LineKind, SettlementLine } from '../format.ts'
import { readAmount } from './amount.ts'
import { attempt, type Context, type Frame, type Text, textIn, valueIn } from './frame.ts'
import { currencyOf, type OpenStatement, sectionOf } from './statement.ts'
import { nameOfText, TEXT } from './tags.ts'
import type { When } from './when.ts'

/** Texts that a transaction's own aggregates give it, under numbers that no element has. */
export const PAYEE_NAME = 100
export const AMOUNT_CURRENCY = 101

const FEES: ReadonlySet<string> = new Set(['FEE', 'SRVCHG'])
const MAX_REFERENCE_LENGTH = 1_024 // OFX allows 255; one that is longer than this would not fit an index
const MAX_DESCRIPTION_LENGTH = 4_096

/** Makes a line of a transaction, or says why it is none. */
export function readTransaction(context: Context, frame: Frame, statement: OpenStatement): void {
  const { reading, error } = context
  if (frame.conflict !== undefined) {
    const name = nameOfText(frame.conflict.number)
    return error('twice', frame.conflict, `The transaction of line ${frame.line} has ${name} twice, and they differ`)
  }
  const amountText = textIn(frame, TEXT.TRNAMT)
  if (amountText === undefined) return error('amount', frame, 'The transaction has no amount')
  const currency = amountCurrency(context, frame, statement)
  if (currency === undefined) return error('currency', amountText, 'The currency of the amount is not known')
  const minor = attempt(reading, amountText.line, () => readAmount(amountText.value, currency, amountText.column))
  const references = attempt(reading, frame.line, () => referencesIn(frame))
  if (minor === undefined || references === undefined) return
  const amount = rounded(minor, currency)
  if (minor.rest !== 0n)
    context.warn('rounding', amountText, `${amountText.value} is finer than ${currency}: it is rounded`)
  const status = valueIn(frame, TEXT.TRNTYPE)
  const section = sectionOf(context, statement, currency)
  const description = descriptionIn(context, frame)
  const isBooked = !isBalance(context, amountText, description) && movesBalance(context, frame)
  if (isBooked) {
    checkSign(statement, amountText, status, amount)
    checkFitId(context, frame, statement)
  }
  const { at, date } = dateOf(context, frame)
  const line: SettlementLine = {
    line: frame.line,
    statement: section.index,
    kind: kindOf(status),
    status,
    pspReference: references.pspReference,
    reference: references.reference,
    otherReferences: references.otherReferences,
    amount,
    fee: 0n,
    currency: section.currency,
    occurredAt: at,
    businessDate: date,
    description,
    booked: isBooked ? undefined : false,
  }
  section.sums.add(line)
  reading.push(line)
}

const kindOf = (status: string | undefined): LineKind =>
  status !== undefined && FEES.has(status.toUpperCase()) ? 'fee' : 'entry'

/**
 * With CURRENCY the amount is in that currency and was not converted; with ORIGCURRENCY it was, and is in the statement's
 * (OFX 1.6 §5.2).
 */
function amountCurrency(context: Context, frame: Frame, statement: OpenStatement): string | undefined {
  const stated = textIn(frame, AMOUNT_CURRENCY)
  const own = currencyOf(context, statement, stated)
  if (stated === undefined || stated.value === '') return own
  const currency = currencyIn(stated.value)
  // Its own section comes first.
  if (own !== undefined) sectionOf(context, statement, own)
  if (currency !== undefined && own !== undefined && currency !== own) {
    const message = `The amount is in ${currency} and the statement in ${own}: it is in a statement of its own`
    context.warnOnce('currency_differs', stated, message)
  }
  return currency
}

type References = {
  readonly pspReference: string | undefined
  readonly reference: string | undefined
  readonly otherReferences: readonly string[] | undefined
}

/** FITID is the sender's; a check number or a reference number is what the operation is known by to us. */
function referencesIn(frame: Frame): References {
  const check = referenceIn(frame, TEXT.CHECKNUM)
  const number = referenceIn(frame, TEXT.REFNUM)
  // Zeros are what senders write where there is no check.
  const reference = check === undefined || /^0+$/.test(check) ? number : check
  let others: string[] | undefined
  for (const text of OTHER_REFERENCES) {
    const value = text === TEXT.REFNUM ? number : referenceIn(frame, text)
    if (value === undefined || value === reference || others?.includes(value) === true) continue
    others ??= []
    others.push(value)
  }
  return { pspReference: referenceIn(frame, TEXT.FITID), reference, otherReferences: others }
}

const OTHER_REFERENCES = [TEXT.REFNUM, TEXT.SRVRTID, TEXT.CORRECTFITID, TEXT.PAYEEID] as const

function referenceIn(frame: Frame, number: number): string | undefined {
  const value = valueIn(frame, number)
  if (value === undefined || value.length <= MAX_REFERENCE_LENGTH) return value
  const column = textIn(frame, number)?.column ?? 0
  throw new UnreadableRow(
    'text_too_long',
    column,
    `${nameOfText(number)} is longer than ${MAX_REFERENCE_LENGTH} characters`,
  )
}

/** What a type says of the sign is counted: it is told when the statement is whole. */
function checkSign({ signs }: OpenStatement, text: Text, status: string | undefined, amount: bigint): void {
  if (amount < 0n) signs.isAnyNegative = true
  if (status === undefined || amount === 0n) return
  const word = status.toUpperCase()
  if (word === 'DEBIT' && amount > 0n) signs.positiveDebit ??= text
  else if (word === 'CREDIT' && amount < 0n) signs.negativeCredit ??= text
}

/**
 * Banks of Brazil write balances between the transactions, in the same elements: the one before, of each day, and the last.
 * To count one would count all that it is made of again.
 */
function isBalance(context: Context, place: Text, description: string | undefined): boolean {
  if (description === undefined || !BALANCE.test(description)) return false
  context.warn('balance_row', place, `"${description}" is a balance and no transaction: it is in no sum`)
  return true
}

const BALANCE = /^(?:saldo (?:anterior|inicial|final|do dia|total dispon[i\u00ed]vel dia)|s a l d o)$/i

function checkFitId(context: Context, frame: Frame, statement: OpenStatement): void {
  const text = textIn(frame, TEXT.FITID)
  if (text === undefined || text.value === '')
    return context.warnOnce('no_reference', frame, 'A transaction has no FITID, which tells it from others like it')
  if (context.seen.has(statement.scope, text.value))
    context.warn('duplicate', text, `FITID "${text.value.slice(0, 64)}" was in this account before: both are kept`)
}

function dateOf(context: Context, frame: Frame): When {
  const text = textIn(frame, TEXT.DTPOSTED) ?? textIn(frame, TEXT.DTTRAN)
  if (text === undefined || text.value === '') {
    context.warn('date', text ?? frame, 'The transaction has no date')
    return { date: undefined, at: undefined }
  }
  const when = context.when(text)
  if (when.isWithoutZone === true) {
    const message = `"${text.value}" has no offset from UTC: times like it give a date and no instant, unless a zone is given`
    context.warnOnce('zone', text, message)
  }
  return when
}

/** A pending transaction moved no balance yet, and one that takes another back says so by its words alone. */
function movesBalance(context: Context, frame: Frame): boolean {
  if (frame.aggregate.role === 'pending') return false
  const action = valueIn(frame, TEXT.CORRECTACTION)?.toUpperCase()
  const corrected = valueIn(frame, TEXT.CORRECTFITID)
  if (action === undefined && corrected === undefined) return true
  const isDelete = action === 'DELETE'
  const what = isDelete ? 'deletes it, and is in no sum' : 'replaces it, and both are counted where both are there'
  context.warn('correction', frame, `The transaction corrects FITID "${(corrected ?? '').slice(0, 64)}": it ${what}`)
  return !isDelete
}

/** Who and what for. A name that begins the memo, cut to its 32 characters, is not said twice. */
function descriptionIn(context: Context, frame: Frame): string | undefined {
  const memo = valueIn(frame, TEXT.MEMO)
  const extended = valueIn(frame, TEXT.EXTDNAME)
  let text = memo ?? ''
  for (const name of [extended, valueIn(frame, TEXT.NAME) ?? valueIn(frame, PAYEE_NAME)])
    if (name !== undefined && !text.startsWith(name)) text = text === '' ? name : `${name} / ${text}`
  if (text.length <= MAX_DESCRIPTION_LENGTH) return text === '' ? undefined : text
  const message = `The text of the transaction has ${text.length} characters: the first ${MAX_DESCRIPTION_LENGTH} are kept`
  context.warn('text_too_long', frame, message)
  return text.slice(0, MAX_DESCRIPTION_LENGTH).toWellFormed()
}
