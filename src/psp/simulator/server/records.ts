import { crc32 } from 'node:zlib'
import type { DeclineCode } from '../../declines.ts'
import type { BankFault } from './bank.ts'
import { StartRefusal } from './errors.ts'
import type { Settings } from './settings.ts'

/**
 * The records of the book: one JSON object a line, numbered from 1, each with the CRC-32 of what stands
 * before its checksum. What the simulator knows is these records applied in order, and nothing else.
 * Instants are milliseconds since the epoch, of the business clock unless they say otherwise.
 */
export type BookRecord =
  | { readonly t: 'book'; readonly version: number; readonly id: string; readonly at: number }
  | { readonly t: 'settings'; readonly settings: Settings }
  | { readonly t: 'clock'; readonly offset_ms: number }
  | { readonly t: 'endpoint'; readonly url: string; readonly secret: string }
  | FileRecord
  | ChargeRecord
  | MoveRecord
  | WebhookAttemptRecord

/** A new charge. Amounts in records are JSON integers in minor units, at most 2^53 − 1. */
export type ChargeRecord = {
  readonly t: 'charge'
  readonly at: number
  readonly reference: string
  readonly key: string
  readonly amount: number
  readonly currency: string
  readonly method: string
  /** Left out when the capture is automatic. */
  readonly manual?: true
  readonly status: ChargeStatus
  /** The status in the answer, when it is not `status`. */
  readonly answered?: ChargeStatus
  readonly decline?: DeclineCode
  /** When the charge is captured by itself. */
  readonly due?: number
  readonly events?: readonly EventNote[]
}

/** A charge reached another status. */
export type MoveRecord = {
  readonly t: 'move'
  readonly charge: number
  readonly at: number
  readonly status: ChargeStatus
  /** The idempotency key of the capture or void; left out when nobody asked. */
  readonly key?: string
  /** What was captured, when it is less than the charge. */
  readonly amount?: number
  readonly decline?: DeclineCode
  readonly events?: readonly EventNote[]
}

/** One attempt to deliver a webhook. `at` is the wall clock's. */
export type WebhookAttemptRecord = {
  readonly t: 'attempt'
  readonly webhook: number
  readonly at: number
  readonly error?: string
}

/**
 * The settlement file of a day was produced. Its content follows from the records before this one; what else decides
 * it, or when it can be fetched, stands here, so that a later change of the settings changes no file.
 */
export type FileRecord = {
  readonly t: 'file'
  /** ISO date. */
  readonly day: string
  /** The end of the day. */
  readonly at: number
  /** How long after `at` the file is ready. Left out when it is at once. */
  readonly delay_minutes?: number
  /** The closing balance of the first section is wrong by one minor unit. */
  readonly broken_control?: true
  /** What goes wrong with its payouts on their way to the bank. Left out when nothing does. */
  readonly bank_fault?: BankFault
}

export type ChargeStatus = 'captured' | 'authorised' | 'declined' | 'pending' | 'voided' | 'requires_action'

/** A webhook that a record gives rise to: the status it tells, the instant of the fact, and its fate. */
export type EventNote = readonly [status: ChargeStatus, at: number, fate: EventFate]

/** `held`: sent late, so that later ones overtake it. `lost`, `dropped`: never sent; `dropped` because the queue was full. */
export type EventFate = 'send' | 'twice' | 'held' | 'lost' | 'dropped'

export const BOOK_VERSION = 1

export const MAX_LINE_BYTES = 65_536 // far above the longest record: every string in one is bounded

const CHECKSUM_BYTES = ',"crc":"00000000"}'.length

export function encodeLine(number: number, record: BookRecord): string {
  const text = JSON.stringify(record)
  const body = `{"n":${number},${text.slice(1, -1)}`
  return `${body},"crc":"${hex(crc32(body))}"}\n`
}

/** The record of a line without its line feed. Refuses the start when it is not exactly what was written. */
export function decodeLine(line: Buffer, number: number, file: string): BookRecord {
  const end = line.length - CHECKSUM_BYTES
  const expected = end > 0 ? `,"crc":"${hex(crc32(line.subarray(0, end)))}"}` : ''
  if (end <= 0 || line.toString('latin1', end) !== expected) throw corrupt(file, number, 'its checksum is wrong')
  // A line whose checksum is right was written by encodeLine, so its shape is trusted.
  const record = JSON.parse(line.toString('utf8')) as BookRecord & { readonly n: number }
  if (record.n !== number) throw corrupt(file, number, `it says that it is record ${record.n}`)
  return record
}

export const corrupt = (file: string, number: number, reason: string): StartRefusal =>
  new StartRefusal(
    `The book ${file} is damaged in line ${number}: ${reason}. Restore the file; it is not repaired by guessing.`,
  )

const hex = (checksum: number): string => checksum.toString(16).padStart(8, '0')
