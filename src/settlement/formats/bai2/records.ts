import { BrokenFile } from '../diagnostics.ts'
import type { Reading } from '../reading.ts'

/**
 * From the lines of a BAI2 file to its logical records.
 *
 * - A record begins with its code and a comma, and ends with `/` or with its line: a text field may have no `/` and may
 *   have several, so only one at the very end of the line is taken off.
 * - Several records may stand in one line, each after the `/` of the one before (banks that write blocks of fixed length).
 *   After a text this needs a blank and what looks like the beginning of a record, because a text may say `12/16,500`.
 * - A line that begins with no code goes on with the one before it when that has no `/` (texts that were wrapped).
 * - Record 88 goes on with the record before it.
 */
export type LogicalRecord = {
  readonly code: string
  /** Where it begins. */
  readonly line: number
  /** What follows the code: of the record itself, then of each 88. Without the `/` at the end. */
  readonly parts: string[]
  /** How many records it is for the counts of the trailers: itself and its 88s. */
  records: number
  /** In UTF-16 units. */
  length: number
  /** Whether its last line ended with `/`. */
  isEnded: boolean
}

/** Far above any record, in UTF-16 units. A record that is continued without end must not fill memory. */
const MAX_RECORD_LENGTH = 262_144

export type RecordSplitter = {
  /** Takes one line. Records that are complete by now go to `process`. */
  readonly take: (text: string, line: number) => void
  /** The file is over. */
  readonly end: () => void
}

export function createRecordSplitter(
  { diagnostics }: Pick<Reading, 'diagnostics'>,
  process: (record: LogicalRecord) => void,
): RecordSplitter {
  let open: LogicalRecord | undefined
  let isWrapTold = false

  function end(): void {
    const record = open
    open = undefined
    if (record !== undefined) process(record)
  }

  function takeRecord(text: string, line: number): void {
    const code = codeOf(text)
    if (code === undefined) return goOn(text, line)
    const isEnded = text.endsWith('/')
    const part = text.slice(3, isEnded ? -1 : undefined)
    if (code === '88') {
      if (open === undefined) return strange(line, 'A record 88 goes on with no record')
      open.records++
      return append(open, part, isEnded)
    }
    end()
    open = { code, line, parts: [part], records: 1, length: part.length, isEnded }
  }

  function goOn(text: string, line: number): void {
    if (open === undefined || open.isEnded) return strange(line, 'The line begins with no record code')
    if (!isWrapTold) {
      isWrapTold = true
      const message = 'The line begins with no record code: it is read as the rest of the one before it, as are others'
      diagnostics.add({ severity: 'warning', code: 'wrapped', line, message })
    }
    const isEnded = text.endsWith('/')
    append(open, isEnded ? text.slice(0, -1) : text, isEnded)
  }

  function strange(line: number, message: string): void {
    diagnostics.add({ severity: 'error', code: 'record', line, message })
  }

  return {
    take(text, line) {
      let rest = text.trim()
      // The end-of-file character of CP/M and its heirs closes some files.
      if (rest === '' || rest === '\u001a') return
      if (rest.includes('\0')) rest = rest.replaceAll('\0', ' ')
      for (let end = endOfFirst(rest); end !== -1; end = endOfFirst(rest)) {
        takeRecord(rest.slice(0, end), line)
        rest = rest.slice(end).trimStart()
      }
      takeRecord(rest, line)
    },
    end,
  }
}

function append(record: LogicalRecord, part: string, isEnded: boolean): void {
  record.parts.push(part)
  record.isEnded = isEnded
  // The 1 is for parts that are empty.
  record.length += part.length + 1
  if (record.length > MAX_RECORD_LENGTH) {
    const message = `The record ${record.code} is longer than ${MAX_RECORD_LENGTH} characters`
    throw new BrokenFile('record_too_long', record.line, message)
  }
}

const CODES: ReadonlySet<string> = new Set(['01', '02', '03', '16', '49', '88', '98', '99'])

function codeOf(text: string): string | undefined {
  const code = text.slice(0, 2)
  return text.charCodeAt(2) === COMMA && CODES.has(code) ? code : undefined
}

const COMMA = 44

/** The end of the first record of several in one line, or −1 when there is one. */
function endOfFirst(text: string): number {
  const last = text.length - 1
  const hasText = !WITHOUT_TEXT.test(text)
  for (let at = text.indexOf('/'); at !== -1 && at < last; at = text.indexOf('/', at + 1)) {
    const next = !hasText ? NEXT_RECORD : text.charCodeAt(at - 1) === COMMA ? LIKE_NEXT_RECORD : NEXT_RECORD_AFTER_TEXT
    next.lastIndex = at
    if (next.test(text)) return at + 1
  }
  return -1
}

const WITHOUT_TEXT = /^(?:01|02|03|49|98|99),/
/** Records that have the fields that they must have at their beginning. */
const LIKE_A_RECORD = String.raw`(?:01,[^,/]*,[^,/]*,\d{6}(?:\d\d)?,|02,[^,/]*,[^,/]*,\d?,\d{6}(?:\d\d)?,|03,[^,/]*,(?:[A-Za-z]{3})?,|16,\d{3},[+-]?\d*,|49,[+-]?\d*,\d*\s*(?:\/|$)|88,|9[89],[+-]?\d*,\d*,\d*\s*(?:\/|$))`
const LIKE_NEXT_RECORD = new RegExp(String.raw`\/\s*${LIKE_A_RECORD}`, 'y')
const NEXT_RECORD_AFTER_TEXT = new RegExp(String.raw`\/\s+${LIKE_A_RECORD}`, 'y')
const NEXT_RECORD = new RegExp(String.raw`\/(?:\s+(?:01|02|03|16|49|88|98|99),|${LIKE_A_RECORD})`, 'y')
