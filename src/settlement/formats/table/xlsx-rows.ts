import { SaxesParser } from 'saxes'
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl'
import { BrokenFile } from '../diagnostics.ts'
import type { TableRow } from './rows.ts'

/**
 * The rows of the first sheet of a workbook (ECMA-376, SpreadsheetML): values as they are stored, which for numbers is
 * their shortest exact text; a number that its cell shows as a date is an ISO date. Formulas give their last result.
 * A workbook is a zip with its directory at the end, so its packed bytes are held in memory, within a limit; the sheet is
 * read as a stream.
 */
const MAX_PACKED_BYTES = 128 * 1024 ** 2
const MAX_SHARED_LENGTH = 256 * 1024 ** 2
const MAX_SHEET_BYTES = 4 * 1024 ** 3
const MAX_CELLS = 1_000
const PIECE_ROWS = 500

export async function* workbookRows(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<readonly TableRow[]> {
  const zip = await openWorkbook(bytes)
  try {
    const parts = await partsOf(zip)
    const sheet = await firstSheet(zip, parts)
    const shared = await sharedStrings(zip, parts)
    const isDate = await dateStyles(zip, parts)
    yield* sheetRows(zip, sheet, { shared, isDate })
  } finally {
    zip.close()
  }
}

async function openWorkbook(bytes: AsyncIterable<Uint8Array>): Promise<ZipFile> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of bytes) {
    length += piece.length
    if (length > MAX_PACKED_BYTES)
      throw new BrokenFile('too_large', 1, `The workbook has more than ${MAX_PACKED_BYTES} bytes`)
    pieces.push(piece)
  }
  return guarded(() => fromBufferPromise(Buffer.concat(pieces), { lazyEntries: true, strictFileNames: true }))
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof BrokenFile) throw error
    throw new BrokenFile(
      'damaged',
      1,
      `The workbook is damaged: ${error instanceof Error ? error.message : String(error)}`.slice(0, 300),
    )
  }
}

type Parts = ReadonlyMap<string, Entry>

const MAX_PARTS = 2_000

const partsOf = (zip: ZipFile): Promise<Parts> =>
  guarded(async () => {
    const parts = new Map<string, Entry>()
    for await (const entry of zip.eachEntry()) {
      parts.set(entry.fileName, entry)
      if (parts.size > MAX_PARTS) throw new BrokenFile('damaged', 1, `The workbook has more than ${MAX_PARTS} parts`)
      if (entry.isEncrypted()) throw new BrokenFile('encrypted', 1, 'The workbook is encrypted')
    }
    return parts
  })

type Handlers = {
  readonly open?: (name: string, attributes: Readonly<Record<string, string>>) => void
  readonly text?: (text: string) => void
  readonly close?: (name: string) => void
}

/** Feeds a part to an XML parser; `between` is called after each piece. */
async function* parsed(zip: ZipFile, part: Entry, handlers: Handlers): AsyncGenerator<void> {
  const parser = new SaxesParser()
  const local = (name: string): string => name.slice(name.indexOf(':') + 1)
  parser.on('doctype', () => {
    throw new BrokenFile('doctype', 1, 'The workbook has a document type declaration, which none needs')
  })
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => handlers.open?.(local(name), attributes))
  parser.on('text', (text) => handlers.text?.(text))
  parser.on('closetag', ({ name }) => handlers.close?.(local(name)))
  const decoder = new TextDecoder()
  let length = 0
  const stream = await guarded(() => zip.openReadStreamPromise(part))
  try {
    for await (const piece of stream) {
      length += piece.length
      if (length > MAX_SHEET_BYTES)
        throw new BrokenFile('too_large', 1, `A part of the workbook has more than ${MAX_SHEET_BYTES} bytes`)
      parser.write(decoder.decode(piece, { stream: true }))
      yield
    }
    parser.close()
    yield
  } catch (error) {
    await guarded(() => Promise.reject(error))
  } finally {
    stream.destroy()
  }
}

async function parseAll(zip: ZipFile, part: Entry, handlers: Handlers): Promise<void> {
  for await (const _piece of parsed(zip, part, handlers));
}

/** The part of the sheet that stands first in the workbook. */
async function firstSheet(zip: ZipFile, parts: Parts): Promise<Entry> {
  const workbook = parts.get('xl/workbook.xml')
  const relations = parts.get('xl/_rels/workbook.xml.rels')
  let id: string | undefined
  const targets = new Map<string, string>()
  if (workbook !== undefined && relations !== undefined) {
    await parseAll(zip, workbook, {
      open: (name, attributes) => {
        if (name === 'sheet')
          id ??= attributes['r:id'] ?? Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1]
      },
    })
    await parseAll(zip, relations, {
      open: (_name, attributes) => targets.set(attributes['Id'] ?? '', attributes['Target'] ?? ''),
    })
  }
  const target = targets.get(id ?? '') ?? 'worksheets/sheet1.xml'
  const sheet = parts.get(target.startsWith('/') ? target.slice(1) : `xl/${target}`)
  if (sheet === undefined) throw new BrokenFile('damaged', 1, 'The workbook has no sheet')
  return sheet
}

async function sharedStrings(zip: ZipFile, parts: Parts): Promise<readonly string[]> {
  const part = parts.get('xl/sharedStrings.xml')
  const strings: string[] = []
  if (part === undefined) return strings
  let text = ''
  let inText = false
  let inPhonetic = false
  let length = 0
  await parseAll(zip, part, {
    open: (name) => {
      if (name === 'si') text = ''
      else if (name === 't') inText = !inPhonetic
      else if (name === 'rPh') inPhonetic = true
    },
    text: (piece) => {
      if (inText) text += piece
    },
    close: (name) => {
      if (name === 't') inText = false
      else if (name === 'rPh') inPhonetic = false
      else if (name === 'si') {
        length += text.length
        if (length > MAX_SHARED_LENGTH) throw new BrokenFile('too_large', 1, 'The texts of the workbook are too large')
        strings.push(text)
      }
    },
  })
  return strings
}

/** Numbers of built-in formats that are dates (ECMA-376 part 1, 18.8.30). */
const DATE_FORMATS = new Set([14, 15, 16, 17, 18, 19, 20, 21, 22, 27, 30, 36, 45, 46, 47, 50, 57])

async function dateStyles(zip: ZipFile, parts: Parts): Promise<(style: number) => boolean> {
  const part = parts.get('xl/styles.xml')
  const custom = new Set<number>()
  const styles: boolean[] = []
  let inCells = false
  if (part !== undefined)
    await parseAll(zip, part, {
      open: (name, attributes) => {
        if (name === 'numFmt' && isDateFormat(attributes['formatCode'] ?? ''))
          custom.add(Number(attributes['numFmtId']))
        else if (name === 'cellXfs') inCells = true
        else if (name === 'xf' && inCells) {
          const format = Number(attributes['numFmtId'] ?? 0)
          styles.push(DATE_FORMATS.has(format) || custom.has(format))
        }
      },
      close: (name) => {
        if (name === 'cellXfs') inCells = false
      },
    })
  return (style) => styles[style] === true
}

/** Years, months or days outside of quotes, colours and conditions. */
const isDateFormat = (code: string): boolean =>
  code.length < 256 && /[ymd]/i.test(code.replace(/"[^"]*"|\[[^\]]*\]|\\./g, '')) && !/^general$/i.test(code)

type Context = { readonly shared: readonly string[]; readonly isDate: (style: number) => boolean }

async function* sheetRows(zip: ZipFile, sheet: Entry, context: Context): AsyncGenerator<readonly TableRow[]> {
  let rows: TableRow[] = []
  let cells: string[] = []
  let line = 0
  let cell = { place: 0, type: '', style: 0, text: '' }
  let inValue = false
  const handlers: Handlers = {
    open: (name, attributes) => {
      if (name === 'row') {
        line = Number(attributes['r'] ?? line + 1)
        cells = []
      } else if (name === 'c') {
        const place = attributes['r'] === undefined ? cells.length : placeOf(attributes['r'])
        cell = { place, type: attributes['t'] ?? 'n', style: Number(attributes['s'] ?? 0), text: '' }
      } else if (name === 'v' || name === 't') inValue = true
    },
    text: (text) => {
      if (inValue) cell.text += text
    },
    close: (name) => {
      if (name === 'v' || name === 't') inValue = false
      else if (name === 'c' && cell.place < MAX_CELLS) {
        while (cells.length < cell.place) cells.push('')
        cells[cell.place] = cellText(cell, context)
      } else if (name === 'row' && cells.some((each) => each !== ''))
        rows.push({ line, fields: cells, problem: undefined })
    },
  }
  for await (const _piece of parsed(zip, sheet, handlers)) {
    if (rows.length < PIECE_ROWS) continue
    yield rows
    rows = []
  }
  if (rows.length > 0) yield rows
}

/** `C12` is the third column: place 2. */
function placeOf(reference: string): number {
  let place = 0
  for (const char of reference.slice(0, 3)) {
    if (char < 'A' || char > 'Z') break
    place = place * 26 + char.charCodeAt(0) - 64
  }
  return Math.max(place - 1, 0)
}

function cellText(
  cell: { readonly type: string; readonly style: number; readonly text: string },
  context: Context,
): string {
  const { type, text } = cell
  if (type === 's') return context.shared[Number(text)] ?? ''
  if (type === 'b') return text === '1' ? 'true' : 'false'
  if (type !== 'n' || text === '') return text
  if (context.isDate(cell.style)) return dateOf(Number(text)) ?? text
  return plainNumber(text)
}

const DAY_MS = 86_400_000

function dateOf(days: number): string | undefined {
  const ms = Date.UTC(1899, 11, 30) + Math.round(days * DAY_MS)
  if (!(days >= 61 && days < 2_958_466)) return undefined
  const text = new Date(ms).toISOString()
  return ms % DAY_MS === 0 ? text.slice(0, 10) : text.slice(0, 19)
}

/** A workbook stores binary numbers: 33.5 as `33.5`, 0.1 + 0.2 as `0.30000000000000004`. What Excel shows has 15 digits. */
function plainNumber(text: string): string {
  const number = Number(text)
  if (!Number.isFinite(number) || /^-?\d{1,15}(\.\d{1,6})?$/.test(text)) return text
  const shown = String(Number(number.toPrecision(15)))
  return shown.includes('e') ? text : shown
}
