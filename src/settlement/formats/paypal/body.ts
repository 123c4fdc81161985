import { type Diagnostics, UnreadableRow } from '../diagnostics.ts'
import type { SettlementLine } from '../format.ts'
import { detached } from '../text/detached.ts'
import type { Column, Columns } from './columns.ts'
import type { Draft, Section } from './drafts.ts'
import { type Kinds, kindsOf, movesBalance } from './event-codes.ts'
import { type Fields, hundredthsIn, inMinorUnits, isCreditIn, isWhole } from './hundredths.ts'
import type { StampReader } from './stamps.ts'
import { currencyIn, type Flows } from './totals.ts'

export type BodyReader = (fields: Fields, columns: Columns, section: Section, line: number) => SettlementLine

type Context = {
  readonly report: 'stl' | 'trr'
  readonly diagnostics: Diagnostics
  readonly stamps: StampReader
  /** The statement of the section in this currency, a new one if there is none. */
  readonly draftOf: (section: Section, currency: string) => Draft
}

/** Reads `SB` rows, one transaction each, and adds them to their statements. Throws `UnreadableRow`. */
export function createBodyReader({ report, diagnostics, stamps, draftOf }: Context): BodyReader {
  const warned = createOnce(diagnostics)

  // A file has few codes, so each is looked up once.
  const codes = new Map<string, Code>()

  function codeOf(code: string, line: number): Code {
    const seen = codes.get(code)
    if (seen !== undefined) return seen
    const kinds = kindsOf(code)
    if (kinds === undefined) {
      const message = `The event code "${code.slice(0, 32)}" does not say what the row is: each of its rows is an adjustment`
      warned({ code: 'event_code', line, message })
    }
    const known = { kinds: kinds ?? ADJUSTMENTS, movesBalance: movesBalance(code), isOther: code.startsWith('T99') }
    if (codes.size < MAX_TOLD && code.length <= CODE_LENGTH) codes.set(code, known)
    return known
  }

  /**
   * A settlement report has only what moved the balance, unless the row says that it did not. A transaction detail report
   * has everything, so there a row must say that it did: `S`, and not P (pending), D (denied) or V (voided).
   */
  function isBooked(code: Code, status: string, line: number): boolean {
    if (!code.movesBalance) return false
    if (status === 'S') return report === 'stl' || !code.isOther
    if (status === 'P' || status === 'D' || status === 'V') return false
    if (report === 'stl' && status === '') return true
    const effect = report === 'stl' ? 'moved' : 'did not move'
    const message = `The status "${status.slice(0, 32)}" is not S, P, D or V: rows with it ${effect} the balance`
    warned({ code: 'status', line, message })
    return report === 'stl'
  }

  function warnOfRounding(place: number, hundredths: bigint, currency: string, line: number): void {
    if (isWhole(hundredths, currency)) return
    const message = `${hundredths} hundredths is no whole amount in ${currency}: it is rounded`
    diagnostics.add({ severity: 'warning', code: 'rounding', line, column: place + 1, message })
  }

  function whenOf(fields: Fields, { at }: Columns, line: number): { at?: Date | undefined; date?: string } | undefined {
    const place = textOf(fields, at.completed) === '' ? at.initiated : at.completed
    const text = textOf(fields, place)
    if (text === '') return undefined
    const stamp = stamps(text)
    if (stamp === undefined) {
      const message = `"${text.slice(0, 32)}" is no date and time such as 2026/01/06 00:00:30 -0800`
      diagnostics.add({ severity: 'warning', code: 'date', line, column: place + 1, message })
    }
    return stamp
  }

  return (fields, columns, section, line) => {
    const { at } = columns
    requireCount(fields, columns)
    const currency = currencyIn(fields, at.currency)
    const money = readMoney(fields, columns, currency)
    warnOfRounding(at.gross, money.gross, currency, line)
    warnOfRounding(at.fee, money.fee, currency, line)
    const eventCode = textOf(fields, at.eventCode)
    const code = codeOf(eventCode, line)
    const booked = isBooked(code, textOf(fields, at.status).toUpperCase(), line)
    const ids = idsOf(fields, columns)
    const when = whenOf(fields, columns, line)
    const draft = draftOf(section, currency)
    const read: SettlementLine = {
      line,
      statement: draft.index,
      kind: code.kinds[money.isCredit ? 0 : 1],
      status: eventCode === '' ? undefined : eventCode.slice(0, MAX_ID_LENGTH),
      ...ids,
      amount: money.isCredit ? money.amount : -money.amount,
      fee: money.isFeeCredit ? -money.feeAmount : money.feeAmount,
      currency,
      occurredAt: when?.at,
      businessDate: section.businessDate ?? when?.date,
      description: descriptionOf(fields, columns),
      booked: booked ? undefined : false,
    }
    draft.sums.add(read)
    addTo(draft.all, money)
    if (booked) addTo(draft.booked, money)
    section.rows++
    return read
  }
}

type Code = { readonly kinds: Kinds; readonly movesBalance: boolean; readonly isOther: boolean }

const ADJUSTMENTS: Kinds = ['adjustment', 'adjustment']

type Money = {
  /** In hundredths of a major unit. */
  readonly gross: bigint
  readonly fee: bigint
  /** In minor units. */
  readonly amount: bigint
  readonly feeAmount: bigint
  readonly isCredit: boolean
  readonly isFeeCredit: boolean
}

function readMoney(fields: Fields, { at }: Columns, currency: string): Money {
  const gross = hundredthsIn(fields, at.gross)
  if (gross === undefined) throw new UnreadableRow('amount', at.gross + 1, 'There is no amount')
  const isCredit = directionOf(fields, at.direction, gross)
  const fee = (at.fee === -1 ? undefined : hundredthsIn(fields, at.fee)) ?? 0n
  const isFeeCredit = directionOf(fields, at.feeDirection, fee)
  const feeCurrency = textOf(fields, at.feeCurrency)
  if (fee !== 0n && feeCurrency !== '' && feeCurrency !== currency && currencyIn(fields, at.feeCurrency) !== currency)
    throw new UnreadableRow(
      'currency',
      at.feeCurrency + 1,
      `The fee is in another currency than the ${currency} amount`,
    )
  const amount = inMinorUnits(gross, currency, at.gross)
  return { gross, fee, amount, feeAmount: inMinorUnits(fee, currency, at.fee), isCredit, isFeeCredit }
}

/** Nothing may be without a direction. */
const directionOf = (fields: Fields, place: number, hundredths: bigint): boolean =>
  hundredths === 0n && textOf(fields, place) === '' ? false : isCreditIn(fields, place)

function addTo(flows: Flows, { gross, fee, isCredit, isFeeCredit }: Money): void {
  if (isCredit) flows.grossCredits += gross
  else flows.grossDebits += gross
  if (fee === 0n) return
  if (isFeeCredit) flows.feeCredits += fee
  else flows.feeDebits += fee
}

/** A row with less is cut off, and one with more has a separator inside of a text: its fields are not what they seem. */
function requireCount(fields: Fields, { count }: Columns): void {
  if (fields.length === count) return
  if (fields.length > count && fields.every((field, place) => place < count || field.trim() === '')) return
  throw new UnreadableRow('columns', 0, `There are ${fields.length} fields under ${count} columns`)
}

/** Other identifiers, strongest first. Those of the payer are none of the payment. */
const OTHERS: readonly Column[] = [
  'referenceId',
  'trackingId',
  'bankReferenceId',
  'storeId',
  'terminalId',
  'customField',
]

function idsOf(
  fields: Fields,
  { at }: Columns,
): Pick<SettlementLine, 'reference' | 'pspReference' | 'otherReferences'> {
  const pspReference = idIn(fields, at.transactionId)
  const reference = idIn(fields, at.invoiceId) ?? idIn(fields, at.customField)
  let otherReferences: string[] | undefined
  for (const column of OTHERS) {
    const id = idIn(fields, at[column])
    if (id === undefined || id === reference || id === pspReference) continue
    if (otherReferences === undefined) otherReferences = [id]
    else if (!otherReferences.includes(id)) otherReferences.push(id)
  }
  return { pspReference, reference, otherReferences }
}

/** A reference has 255 characters at most; one that is longer would not fit an index. */
const MAX_ID_LENGTH = 1_024

function idIn(fields: Fields, place: number): string | undefined {
  const text = textOf(fields, place)
  if (text.length <= MAX_ID_LENGTH) return text === '' ? undefined : text
  throw new UnreadableRow('text_too_long', place + 1, `An identifier is longer than ${MAX_ID_LENGTH} characters`)
}

const MAX_DESCRIPTION_LENGTH = 1_024

/** What was written about the payment. Names and addresses of people are left where they are. */
function descriptionOf(fields: Fields, { at }: Columns): string | undefined {
  const [subject, note] = [textOf(fields, at.subject), textOf(fields, at.note)]
  const both = subject !== '' && note !== '' && subject !== note ? `${subject}: ${note}` : subject || note
  const text = both || textOf(fields, at.itemName)
  return text === '' ? undefined : text.slice(0, MAX_DESCRIPTION_LENGTH).toWellFormed()
}

const textOf = (fields: Fields, place: number): string => (place === -1 ? '' : (fields[place] ?? '').trim())

/** Warns once for each message, of which a hostile file may have many. */
function createOnce(
  diagnostics: Diagnostics,
): (warning: { readonly code: string; readonly line: number; readonly message: string }) => void {
  const told = new Set<string>()
  return (warning) => {
    if (told.has(warning.message)) return
    if (told.size < MAX_TOLD) told.add(detached(warning.message))
    diagnostics.add({ severity: 'warning', ...warning })
  }
}

const MAX_TOLD = 1_000

/** Of every code that there is. */
const CODE_LENGTH = 5
