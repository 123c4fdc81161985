import { rounded } from '../decimal.ts'
import { UnreadableRow } from '../diagnostics.ts'
import type { LineKind, SettlementLine } from '../format.ts'
import { readAmount } from './amount.ts'
import { attempt, type Context, type Frame, type Text, textOf } from './frame.ts'
import { currencyIn, currencyOf, type OpenStatement, sectionOf } from './statement.ts'

/** Texts that a transaction's own aggregates give it, under names that no element has. */
export const PAYEE_NAME = 'PAYEE/NAME'
export const AMOUNT_CURRENCY = 'CURRENCY/CURSYM'

const FEES: ReadonlySet<string> = new Set(['FEE', 'SRVCHG'])
const MAX_REFERENCE_LENGTH = 1_024 // OFX allows 255; one that is longer than this would not fit an index
const MAX_DESCRIPTION_LENGTH = 4_096

/** Makes a line of a transaction, or says why it is none. */
export function readTransaction(context: Context, frame: Frame, statement: OpenStatement): void {
  const { reading, error } = context
  if (frame.conflict !== undefined) {
    const { name, text } = frame.conflict
    return error('twice', text, `The transaction of line ${frame.line} has ${name} twice, and they differ`)
  }
  const amountText = frame.texts.get('TRNAMT')
  if (amountText === undefined) return error('amount', frame, 'The transaction has no amount')
  const currency = amountCurrency(context, frame, statement)
  if (currency === undefined) return error('currency', amountText, 'The currency of the amount is not known')
  const minor = attempt(reading, amountText.line, () => readAmount(amountText.value, currency, amountText.column))
  const references = attempt(reading, frame.line, () => referencesIn(frame))
  if (minor === undefined || references === undefined) return
  const amount = rounded(minor, currency)
  if (minor.rest !== 0n)
    context.warn('rounding', amountText, `${amountText.value} is finer than ${currency}: it is rounded`)
  const status = textOf(frame, 'TRNTYPE')
  checkSign(context, amountText, status, amount)
  const section = sectionOf(context, statement, currency)
  const line: SettlementLine = {
    line: frame.line,
    statement: section.index,
    kind: kindOf(status),
    status,
    ...references,
    amount,
    fee: 0n,
    currency: section.currency,
    ...dateOf(context, frame),
    description: descriptionIn(context, frame),
    ...bookingOf(context, frame),
  }
  if (line.booked !== false) checkFitId(context, frame, statement)
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
  const stated = frame.texts.get(AMOUNT_CURRENCY)
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

type References = Pick<SettlementLine, 'pspReference' | 'reference' | 'otherReferences'>

function referencesIn(frame: Frame): References {
  const bounded = (name: string): string | undefined => {
    const value = textOf(frame, name)
    if (value === undefined || value.length <= MAX_REFERENCE_LENGTH) return value
    const column = frame.texts.get(name)?.column ?? 0
    throw new UnreadableRow('text_too_long', column, `${name} is longer than ${MAX_REFERENCE_LENGTH} characters`)
  }
  const check = bounded('CHECKNUM')
  // Zeros are what senders write where there is no check.
  const [reference, ...rest] = unique([
    check !== undefined && /^0+$/.test(check) ? undefined : check,
    bounded('REFNUM'),
    bounded('SRVRTID'),
    bounded('CORRECTFITID'),
    bounded('PAYEEID'),
  ])
  const hasOwn = reference !== undefined && (reference === check || reference === textOf(frame, 'REFNUM'))
  const others = hasOwn || reference === undefined ? rest : [reference, ...rest]
  return {
    pspReference: bounded('FITID'),
    reference: hasOwn ? reference : undefined,
    ...(others.length > 0 && { otherReferences: others }),
  }
}

const unique = (values: readonly (string | undefined)[]): string[] => [
  ...new Set(values.filter((value) => value !== undefined)),
]

function checkSign(context: Context, place: Text, status: string | undefined, amount: bigint): void {
  const word = status?.toUpperCase()
  const differs = (word === 'DEBIT' && amount > 0n) || (word === 'CREDIT' && amount < 0n)
  if (differs) context.warnOnce('sign', place, `The amount of a ${word} is ${place.value}: its own sign is what counts`)
}

function checkFitId(context: Context, frame: Frame, statement: OpenStatement): void {
  const text = frame.texts.get('FITID')
  if (text === undefined || text.value === '')
    return context.warnOnce('no_reference', frame, 'A transaction has no FITID, which tells it from others like it')
  if (context.seen.has(statement.scope, text.value))
    context.warn('duplicate', text, `FITID "${text.value.slice(0, 64)}" was in this account before: both are kept`)
}

function dateOf(context: Context, frame: Frame): Pick<SettlementLine, 'occurredAt' | 'businessDate'> {
  const text = frame.texts.get('DTPOSTED') ?? frame.texts.get('DTTRAN')
  if (text === undefined || text.value === '') {
    context.warn('date', text ?? frame, 'The transaction has no date')
    return { occurredAt: undefined }
  }
  const { at, date, isWithoutZone } = context.when(text)
  if (isWithoutZone === true) {
    const message = `"${text.value}" has no offset from UTC: times like it give a date and no instant, unless a zone is given`
    context.warnOnce('zone', text, message)
  }
  return { occurredAt: at, businessDate: date }
}

/** A pending transaction moved no balance yet, and one that takes another back says so by its words alone. */
function bookingOf(context: Context, frame: Frame): Pick<SettlementLine, 'booked'> {
  if (frame.aggregate.role === 'pending') return { booked: false }
  const action = textOf(frame, 'CORRECTACTION')?.toUpperCase()
  const corrected = textOf(frame, 'CORRECTFITID')
  if (action === undefined && corrected === undefined) return {}
  const isDelete = action === 'DELETE'
  const what = isDelete ? 'deletes it, and is in no sum' : 'replaces it, and both are counted where both are there'
  context.warn('correction', frame, `The transaction corrects FITID "${(corrected ?? '').slice(0, 64)}": it ${what}`)
  return isDelete ? { booked: false } : {}
}

/** Who and what for. A name that begins the memo, cut to its 32 characters, is not said twice. */
function descriptionIn(context: Context, frame: Frame): string | undefined {
  const names = unique([textOf(frame, 'NAME') ?? textOf(frame, PAYEE_NAME), textOf(frame, 'EXTDNAME')])
  const memo = textOf(frame, 'MEMO')
  const parts = unique([...names.filter((name) => memo?.startsWith(name) !== true), memo])
  const text = parts.join(' / ')
  if (text.length <= MAX_DESCRIPTION_LENGTH) return text === '' ? undefined : text
  const message = `The text of the transaction has ${text.length} characters: the first ${MAX_DESCRIPTION_LENGTH} are kept`
  context.warn('text_too_long', frame, message)
  return text.slice(0, MAX_DESCRIPTION_LENGTH).toWellFormed()
}
