import { BrokenFile } from '../diagnostics.ts'
import { plainNumber } from './plain-number.ts'
import type { TableRow } from './rows.ts'
import { openWorkbook, type Workbook } from './workbook.ts'
import { builtInFormat, customFormat, type NumberFormat } from './workbook-styles.ts'

/**
 * The rows of the first sheet of a workbook that is not hidden (ECMA-376, SpreadsheetML): values as they are stored, which
 * for numbers is their shortest exact text, with the decimals that the cell shows; a number that its cell shows as a date
 * is an ISO date. Formulas give their last result. The sheet is read as a stream; shared texts are held in memory, within
 * a limit.
 */
export async function* workbookRows(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<readonly TableRow[]> {
  const workbook = await openWorkbook(bytes)
  try {
    const { sheet, from1904 } = await contentsOf(workbook)
    const context = { shared: await sharedStrings(workbook), formats: await numberFormats(workbook), from1904 }
    yield* sheetRows(workbook, sheet, context)
  } finally {
    workbook.close()
  }
}

async function parseAll(...[workbook, name, handlers]: [Workbook, ...Parameters<Workbook['parse']>]): Promise<void> {
  if (workbook.has(name)) for await (const _piece of workbook.parse(name, handlers));
}

/** The part of the first worksheet that is shown, and whether days are counted from 1904, as old Macintoshes did. */
async function contentsOf(workbook: Workbook): Promise<{ readonly sheet: string; readonly from1904: boolean }> {
  const sheets: { readonly id: string; readonly isHidden: boolean }[] = []
  const targets = new Map<string, string>()
  let from1904 = false
  await parseAll(workbook, 'xl/workbook.xml', {
    open: (name, attributes) => {
      if (name === 'workbookPr') from1904 = /^(1|true|on)$/.test(attributes['date1904'] ?? '')
      if (name !== 'sheet' || sheets.length >= MAX_SHEETS) return
      const id = attributes['r:id'] ?? Object.entries(attributes).find(([key]) => key.endsWith(':id'))?.[1]
      if (id !== undefined) sheets.push({ id, isHidden: /hidden/i.test(attributes['state'] ?? '') })
    },
  })
  await parseAll(workbook, 'xl/_rels/workbook.xml.rels', {
    open: (_name, attributes) => {
      const { Id: id, Target: target, Type: type = '' } = attributes
      if (
        id !== undefined &&
        target !== undefined &&
        type.split('/').at(-1) === 'worksheet' &&
        targets.size < MAX_SHEETS
      )
        targets.set(id, target)
    },
  })
  const worksheets = sheets.filter(({ id }) => targets.has(id))
  const first = worksheets.find(({ isHidden }) => !isHidden) ?? worksheets[0]
  const target = targets.get(first?.id ?? '') ?? 'worksheets/sheet1.xml'
  const sheet = target.startsWith('/') ? target.slice(1) : `xl/${target}`
  if (!workbook.has(sheet)) throw new BrokenFile('damaged', 1, 'The workbook has no sheet')
  return { sheet, from1904 }
}

const MAX_SHEETS = 1_000

/** In UTF-16 units, with what a text takes besides them. */
const MAX_SHARED_LENGTH = 64 * 1024 ** 2
const TEXT_OVERHEAD = 16

async function sharedStrings(workbook: Workbook): Promise<readonly string[]> {
  const strings: string[] = []
  let text = ''
  let inText = false
  let inPhonetic = false
  let length = 0
  await parseAll(workbook, 'xl/sharedStrings.xml', {
    open: (name) => {
      if (name === 'si') text = ''
      else if (name === 't') inText = !inPhonetic
      else if (name === 'rPh') inPhonetic = true
    },
    text: (piece) => {
      if (!inText) return
      text += piece
      length += piece.length
      if (length > MAX_SHARED_LENGTH) throw new BrokenFile('too_large', 1, 'The texts of the workbook are too large')
    },
    close: (name) => {
      if (name === 't') inText = false
      else if (name === 'rPh') inPhonetic = false
      else if (name === 'si') {
        length += TEXT_OVERHEAD
        strings.push(text)
      }
    },
  })
  return strings
}

const MAX_FORMATS = 65_536

async function numberFormats(workbook: Workbook): Promise<readonly NumberFormat[]> {
  const custom = new Map<number, NumberFormat>()
  const formats: NumberFormat[] = []
  let inCells = false
  await parseAll(workbook, 'xl/styles.xml', {
    open: (name, attributes) => {
      if (name === 'numFmt' && custom.size < MAX_FORMATS)
        custom.set(Number(attributes['numFmtId']), customFormat(attributes['formatCode'] ?? ''))
      else if (name === 'cellXfs') inCells = true
      else if (name === 'xf' && inCells && formats.length < MAX_FORMATS) {
        const id = Number(attributes['numFmtId'] ?? 0)
        formats.push(custom.get(id) ?? builtInFormat(id))
      }
    },
    close: (name) => {
      if (name === 'cellXfs') inCells = false
    },
  })
  return formats
}

type Context = {
  readonly shared: readonly string[]
  readonly formats: readonly NumberFormat[]
  readonly from1904: boolean
}

type Cell = { readonly place: number; readonly type: string; readonly style: number; text: string }

/** Cells behind are left out: no table is as wide. */
const MAX_CELLS = 1_000
const MAX_CELL_LENGTH = 65_536
const PIECE_ROWS = 500
/** What a line is counted up to in every place where it is kept. */
const MAX_LINE = 2 ** 31 - 1

async function* sheetRows(workbook: Workbook, sheet: string, context: Context): AsyncGenerator<readonly TableRow[]> {
  let rows: TableRow[] = []
  let cells: string[] = []
  let numbers: boolean[] = []
  let line = 0
  let cell: Cell = { place: 0, type: '', style: 0, text: '' }
  let problem: TableRow['problem']
  let inValue = false
  let inPhonetic = false
  const endCell = (): void => {
    if (cell.place >= MAX_CELLS) return
    while (cells.length < cell.place) cells.push('')
    const text = cell.text.length > MAX_CELL_LENGTH ? undefined : cellText(cell, context)
    cells[cell.place] = text ?? ''
    if (cell.type === 'n') numbers[cell.place] = true
    if (text === undefined)
      problem ??= { code: 'cell', column: cell.place + 1, message: 'A cell has a text that the workbook does not have' }
  }
  const handlers = {
    open: (name: string, attributes: Readonly<Record<string, string>>) => {
      if (name === 'row') {
        line = lineOf(attributes['r'], line)
        cells = []
        numbers = []
        problem = undefined
      } else if (name === 'c') {
        const place = attributes['r'] === undefined ? cells.length : placeOf(attributes['r'])
        cell = { place, type: attributes['t'] ?? 'n', style: Number(attributes['s'] ?? 0), text: '' }
      } else if (name === 'rPh') inPhonetic = true
      else if (name === 'v' || name === 't') inValue = !inPhonetic
    },
    text: (text: string) => {
      if (inValue && cell.text.length <= MAX_CELL_LENGTH) cell.text += text
    },
    close: (name: string) => {
      if (name === 'v' || name === 't') inValue = false
      else if (name === 'rPh') inPhonetic = false
      else if (name === 'c') endCell()
      else if (name === 'row' && (problem !== undefined || cells.some((each) => each !== '')))
        rows.push({ line, fields: cells, numbers, problem })
    },
  }
  for await (const _piece of workbook.parse(sheet, handlers)) {
    if (rows.length < PIECE_ROWS) continue
    yield rows
    rows = []
  }
  if (rows.length > 0) yield rows
}

function lineOf(text: string | undefined, before: number): number {
  const line = Number(text ?? Number.NaN)
  return Number.isSafeInteger(line) && line > before && line <= MAX_LINE ? line : Math.min(before + 1, MAX_LINE)
}

/** `C12` is the third column: place 2. */
function placeOf(reference: string): number {
  const letters = /^[A-Z]{1,3}(?=\d|$)/.exec(reference)?.[0]
  if (letters === undefined) return MAX_CELLS
  let place = 0
  for (const char of letters) place = place * 26 + char.charCodeAt(0) - 64
  return place - 1
}

/** Undefined for a text that is not in the workbook's list of texts. */
function cellText({ type, style, text }: Cell, { shared, formats, from1904 }: Context): string | undefined {
  if (type === 's') return /^\d{1,9}$/.test(text.trim()) ? shared[Number(text)] : undefined
  if (type === 'b') return text === '1' ? 'true' : 'false'
  if (type !== 'n' || text === '') return text
  const format = formats[style]
  if (format?.isDate === true) return dateOf(Number(text), from1904) ?? text
  return withDecimals(numberText(text), format?.decimals ?? 0)
}

const DAY_MS = 86_400_000
const DAYS_TO_1904 = 1_462
/** 1 March 1900, before which day numbers are one too high, and the end of the year 9999. */
const [FIRST_DAY, LAST_DAY] = [61, 2_958_466]

function dateOf(number: number, from1904: boolean): string | undefined {
  const days = from1904 ? number + DAYS_TO_1904 : number
  if (!(days >= FIRST_DAY && days < LAST_DAY)) return undefined
  const ms = Date.UTC(1899, 11, 30) + Math.round(days * DAY_MS)
  const text = new Date(ms).toISOString()
  if (ms % DAY_MS === 0) return text.slice(0, 10)
  return ms % 1_000 === 0 ? text.slice(0, 19) : text.slice(0, 23)
}

/** A workbook stores binary numbers: 33.5 as `33.5`, 0.1 + 0.2 as `0.30000000000000004`. What it shows has 15 digits. */
function numberText(text: string): string {
  if (/^-?\d+(\.\d{1,6})?$/.test(text)) return text
  const number = Number(text)
  if (!Number.isFinite(number)) return text
  // What is left of a sum that should be zero has no digits that fit anywhere.
  if (Math.abs(number) < 1e-9) return number.toFixed(MAX_DECIMALS).replace(/\.?0+$/, '')
  return plainNumber(String(Number(number.toPrecision(15))))
}

const MAX_DECIMALS = 20

function withDecimals(text: string, decimals: number): string {
  if (decimals === 0 || decimals > MAX_DECIMALS || !/^-?\d+(\.\d+)?$/.test(text)) return text
  const [whole = '', fraction = ''] = text.split('.')
  return `${whole}.${fraction.padEnd(decimals, '0')}`
}
