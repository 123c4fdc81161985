import { csvRows } from '../csv-records.ts'
import { createDiagnostics } from '../diagnostics.ts'
import { decoded, utf16Of } from '../text/decode.ts'
import { createDateReader } from './date-text.ts'
import { findHeader, HEADER_ROWS, namesOf } from './header.ts'
import type { TableRow } from './rows.ts'

/** What kind of table a file is, by its beginning. */
export type Kind = 'csv' | 'tsv' | 'json' | 'jsonl' | 'xlsx'

const SEPARATORS = [',', ';', '\t', '|'] as const

/** Undefined for what is no table: a text in which no row names an amount. */
export function kindOf(beginning: Uint8Array): Kind | undefined {
  const text = textOf(beginning)
  if (text.startsWith('PK\u0003\u0004')) return 'xlsx'
  const start = text.trimStart()
  if (start.startsWith('[')) return /^\[\s*(\{|\]|$)/.test(start) ? 'json' : undefined
  if (/^\{\s*(["}]|$)/.test(start)) return isLine(start.split('\n', 1)[0] ?? '') ? 'jsonl' : 'json'
  if (/^([{<]|%PDF-)/.test(start)) return undefined
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what is no text has them.
  if (/[\u0000-\u0008\u000e-\u001f]/.test(text)) return undefined
  const separator = bestSeparator(text)
  if (separator === undefined) return undefined
  return separator === '\t' ? 'tsv' : 'csv'
}

/** Whether a row of a text names all of these columns, in whatever language: a mapping knows them where no header is known. */
export function namesColumns(beginning: Uint8Array, names: readonly string[], kind: Kind): boolean {
  if (kind !== 'csv' && kind !== 'tsv') return false
  const lines = textOf(beginning)
    .split(/\r\n|\n|\r/)
    .slice(0, HEADER_ROWS)
  return SEPARATORS.filter((separator) => (separator === '\t') === (kind === 'tsv')).some((separator) =>
    lines.some((line) => {
      const there = new Set(namesOf(split(line, separator)))
      return names.every((name) => there.has(name))
    }),
  )
}

/** A whole object in one line that has no list of records in it. */
function isLine(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line)
    return (
      typeof value === 'object' &&
      value !== null &&
      !Object.values(value).some((each) => Array.isArray(each) && typeof each[0] === 'object')
    )
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

function textOf(bytes: Uint8Array): string {
  const wide = utf16Of(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  if (wide !== undefined) return new TextDecoder(wide).decode(bytes)
  try {
    // The last character may be cut.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

/** The separator with which a row among the first names the most columns. */
function bestSeparator(text: string): string | undefined {
  const dates = createDateReader()
  const lines = text.split(/\r\n|\n|\r/).slice(0, HEADER_ROWS)
  let best: { readonly separator: string; readonly names: number } | undefined
  for (const separator of SEPARATORS) {
    const rows = lines.map(
      (line, index): TableRow => ({ line: index + 1, fields: split(line, separator), problem: undefined }),
    )
    const names = findHeader(rows, dates)?.names.length ?? 0
    if (names > (best?.names ?? 1)) best = { separator, names }
  }
  return best?.separator
}

/** Near enough for a header; rows are read properly later. */
const split = (line: string, separator: string): string[] =>
  line.split(separator).map((cell) => cell.replace(/^"|"$/g, ''))

/** The separator of a text that somebody says is a table: the best by its header, else the one that splits most evenly. */
export async function separatorOf(kind: 'csv' | 'tsv', bytes: AsyncIterable<Uint8Array>): Promise<string> {
  if (kind === 'tsv') return '\t'
  let text = ''
  for await (const piece of decoded(bytes, createDiagnostics())) {
    text += piece
    if (text.length > 65_536) break
  }
  const known = bestSeparator(text)
  if (known !== undefined) return known
  let best = { separator: ',', score: 0 }
  for (const separator of SEPARATORS) {
    const counts: number[] = []
    for await (const rows of csvRows(only(text), { separator })) counts.push(...rows.map(({ fields }) => fields.length))
    const usual = counts.toSorted((a, b) => a - b)[counts.length >> 1] ?? 1
    const score = usual > 1 ? counts.filter((count) => count === usual).length * usual : 0
    if (score > best.score) best = { separator, score }
  }
  return best.separator
}

async function* only(text: string): AsyncGenerator<string> {
  yield text
}
