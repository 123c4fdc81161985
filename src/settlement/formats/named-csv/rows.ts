import { csvRows } from '../csv-records.ts'
import { BrokenFile, UnreadableRow } from '../diagnostics.ts'
import type { Reading } from '../reading.ts'
import { decoded } from '../text/decode.ts'
import { type Columns, columnsOf, type Fields, separatorIn } from './columns.ts'

/** Reads one row. What it throws as `UnreadableRow` is told, and the other rows are read. */
export type TakeRow = (fields: Fields, line: number) => void

/**
 * Reads a CSV file whose first row names its columns: `open` finds them, and gives what reads each row under them. A row
 * with fewer or more fields than the header is told and left out, for its fields are not what they seem; an empty one, and
 * a header that comes again, are left out silently.
 */
export async function readRows(
  reading: Reading,
  bytes: AsyncIterable<Uint8Array>,
  open: (columns: Columns, line: number) => TakeRow,
): Promise<void> {
  const texts = decoded(bytes, reading.diagnostics)
  const beginning = await textBefore(texts)
  let header: Fields | undefined
  let take: TakeRow = () => {}
  for await (const records of csvRows(joined(beginning, texts), { separator: separatorIn(firstLine(beginning)) })) {
    for (const { line, fields, problem } of records) {
      if (header === undefined) {
        if (problem !== undefined) throw new BrokenFile(problem.code, line, `The header: ${problem.message}`)
        header = fields
        take = open(columnsOf(fields, line), line)
        continue
      }
      const names = header
      reading.row(line, () => {
        if (problem !== undefined) throw new UnreadableRow(problem.code, problem.column, problem.message)
        if (isEmpty(fields) || isHeader(fields, names)) return
        requireAll(fields, names.length)
        take(fields, line)
      })
    }
    await reading.drain()
  }
  if (header === undefined) throw new BrokenFile('header', 1, 'There is no header that names the columns')
}

const isEmpty = (fields: Fields): boolean => fields.every((field) => field.trim() === '')

const isHeader = (fields: Fields, header: Fields): boolean =>
  fields[0] === header[0] && fields.length === header.length && fields.every((field, place) => field === header[place])

function requireAll(fields: Fields, count: number): void {
  if (fields.length === count) return
  // A spreadsheet leaves separators behind the last column.
  if (fields.length > count && isEmpty(fields.slice(count))) return
  throw new UnreadableRow('columns', 0, `There are ${fields.length} fields instead of ${count}`)
}

/** Far above a header. */
const MAX_BEGINNING = 65_536

async function textBefore(texts: AsyncGenerator<string>): Promise<string> {
  let text = ''
  while (!hasLine(text) && text.length < MAX_BEGINNING) {
    const next = await texts.next()
    if (next.done === true) break
    text += next.value
  }
  return text
}

/** Whether a line that is not blank ends in it. In two steps: one pattern would look for the end again from each character. */
function hasLine(text: string): boolean {
  const start = text.search(/\S/)
  return start !== -1 && /[\r\n]/.test(text.slice(start))
}

async function* joined(beginning: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield beginning
  yield* rest
}

const firstLine = (text: string): string => text.trimStart().split(/[\r\n]/, 1)[0] ?? ''
