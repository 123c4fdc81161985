import { stat } from 'node:fs/promises'
import { NO_CURRENCY } from '../../money/index.ts'
import type { DuckDb } from '../../platform/duckdb.ts'
import {
  type AmountRule,
  BrokenFile,
  beginningOf,
  createDateReader,
  createDiagnostics,
  createSurvey,
  type DateReader,
  type Document,
  findHeader,
  HEADER_ROWS,
  type Header,
  inferProfile,
  kindOf,
  namesOf,
  openTable,
  type Profile,
  readAmount,
  type Survey,
  separatorOf,
  type TableRow,
  type TableShape,
  wordsOf,
} from '../../settlement/index.ts'
import { currencyIn } from '../rows/currency-code.ts'
import type { Alone, Side, SideName } from '../side.ts'
import type { Where } from './inputs.ts'
import { openPlain } from './plain-csv.ts'
import { createRawRows, type RawRows } from './raw-rows.ts'
import { dropRaw } from './raw-table.ts'
import { everyOf, isSampledSql, keyColumns, sampleAgain, sampleTable } from './sample.ts'
import { scanFile } from './scan.ts'
import { couldProveMark, surveyRest } from './survey-rest.ts'

type Loaded = Omit<Side, 'name' | 'path' | 'sha256' | 'parts' | 'notes'> & { readonly sha256?: string | undefined }

/** Reads a table: CSV with any separator, tab-separated text, JSON, JSON Lines, or the first sheet of a workbook. */
export async function loadTable(duckdb: DuckDb, name: SideName, document: Document, where: Where): Promise<Loaded> {
  const { zone } = where
  const kind = kindOf(await beginningOf(document.open())) ?? 'csv'
  const shape: TableShape =
    kind === 'csv' || kind === 'tsv' ? { kind: 'csv', separator: await separatorOf(kind, document.open()) } : { kind }
  const { path } = where
  const { size } = await stat(path)
  const read =
    (shape.kind === 'csv' && size >= where.plainBytes
      ? await readPlain(duckdb, name, document, { path, size, separator: shape.separator })
      : undefined) ?? (await readAll(duckdb, name, document, shape))
  const { columns, currencyBefore, diagnostics, header, plain, rows, sha256 } = read
  if (columns.length < 2) throw new BrokenFile('no_table', 1, 'It is no table: there are no two columns in it')
  return {
    format: kind,
    isTable: true,
    shape: [...describe(shape), ...(zone === undefined ? [] : [zone])].join(' · '),
    rows,
    columns,
    currencyBefore,
    alone: aloneOf(columns, { shape, header, currencyBefore }),
    diagnostics,
    plain,
    sha256,
  }
}

const describe = (shape: TableShape): readonly string[] =>
  shape.kind === 'csv' ? ['csv', SEPARATOR_NAMES[shape.separator] ?? shape.separator] : [shape.kind]

const SEPARATOR_NAMES: Readonly<Record<string, string>> = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar' }

/** Every cell counts: what stands beside the columns is reported as it is. */
const SURVEY = { skipsWide: false } as const

type Read = Pick<Side, 'columns' | 'currencyBefore' | 'diagnostics' | 'plain' | 'rows'> & {
  readonly header: number
  readonly sha256?: string | undefined
}

type Table = ReturnType<typeof openTable>

async function readAll(duckdb: DuckDb, name: SideName, document: Document, shape: TableShape): Promise<Read> {
  const diagnostics = createDiagnostics()
  const raw = createRawRows(duckdb, name)
  const first = await readRows(openTable(document.open(), shape, diagnostics), shape, raw)
  const columns = first.survey?.columns() ?? []
  return { ...first, columns, rows: await raw.finish(columns.length), diagnostics: diagnostics.list() }
}

/** More tell nothing more of most columns. */
const FIRST_ROWS = 4_000

/**
 * A long plain CSV file, read by DuckDB, after its first rows have told what its columns are. Undefined for every other one,
 * and for one that begins with anything but its header.
 */
async function readPlain(
  duckdb: DuckDb,
  name: SideName,
  document: Document,
  { path, size, separator }: { readonly path: string; readonly size: number; readonly separator: string },
): Promise<Read | undefined> {
  let [seen, characters] = [0, 0]
  const add = (_line: number, fields: readonly string[]): void => {
    seen += 1
    for (const field of fields) characters += field.length + 1
  }
  const count = { add, reject: () => undefined, drain: () => Promise.resolve() }
  const shape = { kind: 'csv', separator } as const
  const table = openTable(document.open(), shape, createDiagnostics())
  const first = await readRows(table, shape, count, () => seen >= FIRST_ROWS)
  const { survey, currencyBefore, header } = first
  const columns = survey?.columns().length ?? 0
  if (survey === undefined || header !== 1 || columns < 2 || seen === 0) return undefined
  const plain = { path, separator, columns }
  const places = survey.unsettled().flatMap((each) => (each.missing === 0 && each.mark ? [each.place] : []))
  const proofs = { table: sampleTable(name, 'value'), places }
  const guessed = everyOf((size / characters) * seen)
  const condition = [
    isSampledSql(survey.columns(), guessed, 'value'),
    ...places.map((place) => couldProveMark(`c${place}`)),
  ].join(' or ')
  // DuckDB has threads of its own: it takes the sample while the bytes are looked at.
  const [scan, opened] = await Promise.allSettled([
    scanFile(path, separator),
    openPlain(duckdb, name, plain, { table: proofs.table, condition }),
  ])
  if (scan.status === 'rejected') throw scan.reason
  const { sha256 } = scan.value
  if (scan.value.rows === undefined) {
    if (opened.status === 'fulfilled' && opened.value) await dropRaw(duckdb, name)
    return undefined
  }
  if (opened.status === 'rejected') throw opened.reason
  if (!opened.value) return undefined
  const rows = scan.value.rows - 1
  const sampled = sampledNames(survey, rows)
  await surveyRest(duckdb, name, survey, { rows: seen, proofs })
  const every = everyOf(rows)
  if (guessed > every || guessed * 4 < every || sampledNames(survey, rows) !== sampled)
    await sampleAgain(duckdb, name, plain, { columns: survey.columns(), rows })
  return { columns: survey.columns(), currencyBefore, diagnostics: [], header, rows, sha256, plain }
}

/** The columns by which rows are in the sample. A column that is empty in the first rows may be one of them all the same. */
const sampledNames = (survey: Survey, rows: number): string =>
  keyColumns(survey.columns(), everyOf(rows))
    .map(({ place }) => place)
    .join()

type First = Pick<Read, 'currencyBefore' | 'header'> & { readonly survey: Survey | undefined }

/** Reads rows until there are enough of them, and finds the header among the first. */
async function readRows(
  table: Table,
  shape: TableShape,
  raw: Omit<RawRows, 'finish'>,
  isEnough: () => boolean = () => false,
): Promise<First> {
  const dates = createDateReader()
  const hasKeys = shape.kind === 'json' || shape.kind === 'jsonl'
  let header: Header | undefined = hasKeys ? { line: 0, names: table.columns } : undefined
  let survey = hasKeys ? createSurvey(table.columns, dates, SURVEY) : undefined
  let first: TableRow[] = []
  const before: string[] = []

  const take = (row: TableRow): void => {
    const { line, fields, problem } = row
    if (problem !== undefined) return raw.reject({ line, ...problem })
    if (fields.every((field) => field.trim() === '')) return
    survey?.add(row)
    raw.add(line, fields)
  }
  const begin = (): void => {
    header = headerOf(first, dates)
    const { line, names } = header
    before.push(...first.filter((row) => row.line < line).flatMap(({ fields }) => fields))
    survey = createSurvey(names, dates, SURVEY)
    for (const row of first) if (row.line > line) take(row)
    first = []
  }

  for await (const rows of table.rows) {
    for (const row of rows) {
      if (survey !== undefined) take(row)
      else if (first.push(row) === HEADER_ROWS) begin()
    }
    await raw.drain()
    if (isEnough()) break
  }
  if (survey === undefined) begin()
  return { survey, currencyBefore: currencyIn(before), header: header?.line ?? 0 }
}

/** The row that names the columns; without a name that is known, the first one, when it names and the next ones have values. */
function headerOf(rows: readonly TableRow[], dates: DateReader): Header {
  const known = findHeader(rows, dates)
  if (known !== undefined) return known
  const [first, ...others] = rows.filter(({ problem }) => problem === undefined)
  const cells = first?.fields.map((field) => field.trim()) ?? []
  const names = cells.filter((cell) => cell !== '')
  const isHeader =
    first !== undefined &&
    names.length >= 2 &&
    new Set(names).size === names.length &&
    !names.some((cell) => isValue(cell, dates)) &&
    (others.length === 0 || others.some(({ fields }) => fields.some((field) => isValue(field.trim(), dates))))
  return isHeader ? { line: first.line, names: namesOf(cells) } : { line: 0, names: [] }
}

const isValue = (cell: string, dates: DateReader): boolean =>
  /\d/.test(cell) &&
  (readAmount(cell, '.') !== undefined || readAmount(cell, ',') !== undefined || dates.ordersOf(cell).size > 0)

/** What the columns of a table say of it. */
export function aloneOf(
  columns: Side['columns'],
  around: { readonly shape: TableShape; readonly header: number; readonly currencyBefore: string | undefined },
): Alone {
  const { profile, candidates, doubts } = inferProfile(columns, around)
  if (profile === undefined)
    return {
      amount: undefined,
      otherAmounts: [],
      decimal: undefined,
      currency: undefined,
      fee: feeNamed(columns),
      kind: undefined,
    }
  const isMarkOpen = doubts.some(({ code }) => code === 'decimal_ambiguous' || code === 'decimal_mixed')
  const { amount, decimal, currency, fee, status } = profile
  return {
    amount,
    otherAmounts: otherAmounts(amount, candidates),
    decimal: isMarkOpen ? undefined : decimal,
    currency: 'code' in currency && currency.code === NO_CURRENCY ? undefined : currency,
    fee: fee ?? feeNamed(columns),
    kind: status,
  }
}

/** Turned around, the same two columns are the first rule with the other sign. */
const otherAmounts = (amount: AmountRule, candidates: readonly Profile[]): readonly AmountRule[] =>
  candidates.flatMap(({ amount: each }) => {
    if (each.rule === 'signed' || each === amount) return []
    const isTurned = each.rule === 'split' && amount.rule === 'split' && each.credit === amount.debit
    return isTurned ? [] : [each]
  })

/** A column such as `fee_minor`. */
function feeNamed(columns: Side['columns']): Alone['fee'] {
  const isFee = ({ name, filled, numbers }: Side['columns'][number]): boolean =>
    /\bfees?\b/.test(wordsOf(name)) && filled > 0 && numbers === filled
  const [fee, ...others] = columns.filter(isFee)
  if (fee === undefined || others.length > 0) return undefined
  return { column: fee.name, sign: fee.negatives > fee.positives ? 'effect' : 'cost' }
}
