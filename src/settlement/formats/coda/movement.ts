import { rounded, toMinor } from '../decimal.ts'
import { UnreadableRow } from '../diagnostics.ts'
import type { SettlementLine } from '../format.ts'
import type { Reading } from '../reading.ts'
import { readCommunication, squeezed } from './communication.ts'
import { at, type DayReader, decimalOf, rawAt, readMoney } from './records.ts'

/** A movement that is not complete yet: its record 2.1, and what 2.2, 2.3 and 3.x add to it. */
export type Movement = {
  readonly line: number
  /** The running number of the movement in the statement; its details have the same. */
  readonly sequence: string
  /** `0000` for a movement of the balance, else a part of one that is a sum. */
  readonly detail: string
  /** Thousandths of a major unit, credit positive. */
  readonly thousandths: bigint
  readonly businessDate: string | undefined
  /** 0 is none; 1 to 9 begins or ends a movement that is a sum, at that depth. */
  readonly depth: number
  readonly pspReference: string
  readonly transactionCode: string
  readonly isStructured: boolean
  communication: string
  customerReference: string
  /** Of the other side. */
  name: string
  account: string
  /** Reason of a returned payment, purpose. */
  codes: string
  /** Texts of records 3.x. */
  readonly information: string[]
}

/** Reads a record 2.1. Throws `UnreadableRow`. */
export function readMovement(record: string, line: number, readDay: DayReader): Movement {
  const thousandths = readMoney(record, 32)
  const detail = rawAt(record, 7, 10)
  if (!/^\d{4}$/.test(detail)) throw new UnreadableRow('detail', 7, `"${detail}" is no number of a detail`)
  const depth = rawAt(record, 125, 125)
  readDay(record, { from: 48, what: 'value', line })
  return {
    line,
    sequence: rawAt(record, 3, 6),
    detail,
    thousandths,
    businessDate: readDay(record, { from: 116, what: 'entry', line }),
    depth: /^[1-9]$/.test(depth) ? Number(depth) : 0,
    pspReference: at(record, 11, 31),
    transactionCode: at(record, 54, 61),
    isStructured: rawAt(record, 62, 62) === '1',
    communication: rawAt(record, 63, 115),
    customerReference: '',
    name: '',
    account: '',
    codes: '',
    information: [],
  }
}

/** Adds a record 2.2 or 2.3 to the movement that it goes on with. */
export function continueMovement(movement: Movement, record: string, kind: string): void {
  if (rawAt(record, 3, 10) !== movement.sequence + movement.detail)
    throw new UnreadableRow(
      'out_of_place',
      3,
      `The record ${kind} goes on with another movement than the one before it`,
    )
  if (kind === '22') {
    movement.communication += rawAt(record, 11, 63)
    movement.customerReference = at(record, 64, 98)
    movement.codes = squeezed(rawAt(record, 113, 125))
  } else {
    movement.communication += rawAt(record, 83, 125)
    movement.name = at(record, 48, 82)
    // A number of 34 places and a currency. Some banks write the currency right behind the number.
    movement.account = at(record, 11, 44).split(' ', 1)[0] ?? ''
  }
}

const MAX_INFORMATION = 64 // records 3.x of one movement that are kept: more text than anybody reads

/** Adds the text of a record 3.1, 3.2 or 3.3. */
export function informMovement(movement: Movement, record: string, kind: string): void {
  if (movement.information.length >= MAX_INFORMATION) return
  const [from, to] = kind === '31' ? [41, 113] : kind === '32' ? [11, 115] : [11, 100]
  // A structured information begins with its type.
  const isStructured = kind === '31' && rawAt(record, 40, 40) === '1'
  const text = rawAt(record, isStructured ? from + 3 : from, to)
  if (text.trim() !== '') movement.information.push(text)
}

/** The line of a movement that is complete. A detail is told and not booked: the sum that it is a part of is. */
export function lineOf(
  movement: Movement,
  { statement, currency }: { readonly statement: number; readonly currency: string },
  { diagnostics }: Pick<Reading, 'diagnostics'>,
): SettlementLine {
  const { line, detail, thousandths, businessDate, pspReference, transactionCode, customerReference } = movement
  const minor = toMinor(decimalOf(thousandths), currency, 33)
  const amount = rounded(minor, currency)
  if (minor.rest !== 0n) {
    const message = `The amount has more decimals than ${currency}: it is rounded`
    diagnostics.add({ severity: 'warning', code: 'rounding', line, column: 33, message })
  }
  const said = readCommunication(movement.isStructured, movement.communication)
  const reference = said.reference ?? customerReference
  const others = new Set([customerReference, ...said.otherReferences])
  for (const each of ['', reference, pspReference]) others.delete(each)
  const text = [said.text, movement.name, movement.account, movement.codes, informationOf(movement)]
  const description = text.filter((each) => each !== '').join(' ')
  return {
    line,
    statement,
    kind: 'entry',
    status: transactionCode || undefined,
    pspReference: pspReference || undefined,
    reference: reference || undefined,
    ...(others.size > 0 && { otherReferences: [...others] }),
    amount,
    fee: 0n,
    currency,
    occurredAt: undefined,
    businessDate,
    ...(description !== '' && { description: description.slice(0, MAX_TEXT_LENGTH).toWellFormed() }),
    ...(detail !== '0000' && { booked: false }),
  }
}

const MAX_TEXT_LENGTH = 4_096

/** Free texts go on from record to record wherever they were cut. */
const informationOf = ({ information }: Movement): string => squeezed(information.join(''))
