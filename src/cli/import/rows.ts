import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'

/** A header line longer than this is no header. */
const PEEK_BYTES = 64 * 1024
/** A longer record means a quote that never closes; without the limit it would swallow the rest of the file. */
const MAX_RECORD_BYTES = 1024 * 1024
const DELIMITERS = [',', ';', '\t', '|'] as const

/** The file cannot be read as CSV. `message` names the line where that can be said. */
export class CsvProblem extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'CsvProblem'
  }
}

export type RowReader = {
  /** Called once, with the trimmed names of the first line. */
  readonly onHeader: (names: readonly string[]) => void
  /** Called for every further row. `lineNumber` is the line on which the row ends. What it throws ends the reading. */
  readonly onRow: (row: readonly string[], lineNumber: number) => void
  readonly onBytes?: (bytes: number) => void
}

/** Streams a CSV file (UTF-8, any usual delimiter and line ending). Throws `CsvProblem`, or what the reader threw. */
export async function readRows(path: string, reader: RowReader): Promise<void> {
  const delimiter = await peek(path)
  const source = createReadStream(path)
  const parser = parse({
    bom: true,
    delimiter,
    record_delimiter: ['\r\n', '\n', '\r'],
    skip_empty_lines: true,
    info: true,
    max_record_size: MAX_RECORD_BYTES,
  })
  let seenHeader = false
  const sink = new Writable({
    objectMode: true,
    write: ({ record, info }: { record: string[]; info: { lines: number } }, _encoding, done) => {
      try {
        if (seenHeader) reader.onRow(record, info.lines)
        else reader.onHeader(record.map((name) => name.trim()))
        seenHeader = true
        reader.onBytes?.(source.bytesRead)
        done()
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)))
      }
    },
  })
  try {
    await pipeline(source, parser, sink)
  } catch (error) {
    throw error instanceof CsvError ? new CsvProblem(sentenceOf(error), error) : error
  }
  if (!seenHeader) throw new CsvProblem('it is empty; the first line holds the column names')
}

/** Looks at the first bytes: is it text that we can read, and what parts its columns? */
async function peek(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(PEEK_BYTES), 0, PEEK_BYTES, 0)
    const head = buffer.subarray(0, bytesRead)
    if (head.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004'))) {
      throw new CsvProblem('it is a spreadsheet or an archive; save it as CSV')
    }
    if (head.includes(0)) throw new CsvProblem('it is not UTF-8 text; save it as CSV in UTF-8')
    return delimiterOf(head.toString('utf8'))
  } finally {
    await file.close()
  }
}

/** The delimiter that the header line holds most often outside quotes. */
function delimiterOf(text: string): string {
  const header = /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text)?.[0].replace(/"(?:[^"]|"")*"/g, '') ?? ''
  const counts = DELIMITERS.map((delimiter) => ({ delimiter, count: header.split(delimiter).length - 1 }))
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).delimiter
}

function sentenceOf(error: CsvError): string {
  const line = typeof error['lines'] === 'number' ? `line ${error['lines']}` : 'a line'
  switch (error.code) {
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH': {
      const fields = Array.isArray(error['record']) ? error['record'].length : 'another number of'
      return `${line} has ${fields} fields where the first line has another number; each line needs every column`
    }
    case 'CSV_QUOTE_NOT_CLOSED':
    case 'CSV_MAX_RECORD_SIZE':
      return `a quote that is open at ${line} is never closed`
    default:
      return `${line} is not CSV: a quote stands where none may be; write "" for a quote inside a quoted field`
  }
}
