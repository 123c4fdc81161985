import { dateOfSix } from '../dates.ts'
import { UnreadableRow } from '../diagnostics.ts'
import type { SettlementLine } from '../format.ts'
import type { Reading } from '../reading.ts'
import { cursorOf, nextField, readAmount, readFunds, restOf } from './fields.ts'
import type { LogicalRecord } from './records.ts'
import { type Direction, typeCodeOf } from './type-codes.ts'

/** What a record 16 belongs to. */
export type DetailPlace = {
  readonly statement: number
  readonly currency: string
  readonly businessDate: string | undefined
  /** False in a group that is a test or that takes another one back: its details move nothing. */
  readonly isBooked: boolean
}

export type Detail = {
  readonly line: SettlementLine
  readonly direction: Direction
  /** As it was written, without its direction: what the control total of the account has. */
  readonly written: bigint
}

export type DetailReader = (record: LogicalRecord, place: DetailPlace) => Detail

/**
 * Reads records 16: `type code, amount, funds type[, its fields], bank reference, customer reference, text`.
 * Throws `UnreadableRow` when it is not certain what moved the balance, and by how much.
 */
export function createDetailReader({ diagnostics }: Pick<Reading, 'diagnostics'>): DetailReader {
  const told = new Set<string>()
  const dates = new Map<string, boolean>()

  function warn(code: string, record: LogicalRecord, column: number, message: string): void {
    diagnostics.add({ severity: 'warning', code, line: record.line, column, message })
  }

  function isDay(text: string): boolean {
    let known = dates.get(text)
    if (known === undefined) {
      known = dateOfSix(text) !== undefined
      if (dates.size < MAX_DATES_KNOWN) dates.set(text, known)
    }
    return known
  }

  function directionOf(text: string, record: LogicalRecord): Direction {
    const code = typeCodeOf(text)
    if (code === undefined)
      throw new UnreadableRow('type_code', 2, `The type code "${text.slice(0, 16)}" does not say what it does`)
    if (code.doubt !== undefined && !told.has(text)) {
      told.add(text)
      warn('type_code', record, 2, `The type code ${text} ${code.doubt}, here and wherever else it stands`)
    }
    return code.direction
  }

  function readReference(text: string | undefined, record: LogicalRecord, column: number): string | undefined {
    if (text === undefined || text === '') return undefined
    if (text.length <= MAX_REFERENCE_LENGTH) return text
    warn('text_too_long', record, column, `A reference is longer than ${MAX_REFERENCE_LENGTH} characters: left out`)
    return undefined
  }

  return (record, { statement, currency, businessDate, isBooked }) => {
    const cursor = cursorOf(record.parts)
    const status = nextField(cursor) ?? ''
    const direction = directionOf(status, record)
    const amountText = nextField(cursor) ?? ''
    // A detail that is not about money may leave its amount out; any other must have one.
    const written = amountText === '' && direction === 'none' ? 0n : readAmount(amountText, cursor.column)
    const type = nextField(cursor) ?? ''
    const funds = readFunds(cursor, type)
    if (funds === false) warn('funds', record, cursor.column, `"${type.slice(0, 16)}" is no funds type`)
    if (typeof funds === 'string' && funds !== '' && !isDay(funds))
      warn('date', record, cursor.column - 1, `The value date "${funds.slice(0, 16)}" is no day`)
    const pspReference = readReference(nextField(cursor), record, cursor.column)
    const reference = readReference(nextField(cursor), record, cursor.column)
    const texts = restOf(cursor)
    const otherReferences = identifiersIn(texts).filter((each) => each !== reference && each !== pspReference)
    return {
      direction,
      written,
      line: {
        line: record.line,
        statement,
        kind: 'entry',
        status,
        pspReference,
        reference,
        ...(otherReferences.length > 0 && { otherReferences }),
        amount: direction === 'debit' ? -written : written,
        fee: 0n,
        currency,
        occurredAt: undefined,
        businessDate,
        ...(texts.length > 0 && { description: texts.join(' ').slice(0, MAX_TEXT_LENGTH).toWellFormed() }),
        ...((direction === 'none' || !isBooked) && { booked: false }),
      },
    }
  }
}

const MAX_DATES_KNOWN = 1_000
const MAX_REFERENCE_LENGTH = 255
const MAX_TEXT_LENGTH = 4_096

/** End-to-end, clearing and cheque numbers, in the texts of banks that name them by the words of ISO 20022. */
const IDENTIFIER = /^.{4}\s?:\s?(\S{1,255})$/
const IDENTIFIER_WORDS: ReadonlySet<string> = new Set(['EREF', 'CREF', 'CHKN'])
const MAX_IDENTIFIERS = 8

function identifiersIn(texts: readonly string[]): string[] {
  if (texts.length < 2) return [] // they stand in the records 88 of a text
  const found = new Set<string>()
  for (const text of texts) {
    if (found.size >= MAX_IDENTIFIERS || !IDENTIFIER_WORDS.has(text.slice(0, 4))) continue
    const identifier = IDENTIFIER.exec(text)?.[1]
    if (identifier !== undefined) found.add(identifier)
  }
  return [...found]
}
