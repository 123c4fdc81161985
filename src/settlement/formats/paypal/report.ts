import { createSums, failure } from '../control.ts'
import { type CsvRecord, csvRows } from '../csv-records.ts'
import { BrokenFile, UnreadableRow } from '../diagnostics.ts'
import type { ReadOptions } from '../format.ts'
import type { Reading } from '../reading.ts'
import { decoded } from '../text/decode.ts'
import { detached } from '../text/detached.ts'
import { type BodyReader, createBodyReader } from './body.ts'
import { type Columns, readColumns } from './columns.ts'
import { ROWS, separatorIn, wordOf } from './detect.ts'
import { addsUp, type Draft, finish, newDraft, prove, proveReport, type Section } from './drafts.ts'
import type { Fields } from './hundredths.ts'
import { createStampReader, type StampReader } from './stamps.ts'
import { countIn, readTotals, type Totals } from './totals.ts'

/** Where the reader is in a report. */
type Report = {
  readonly reading: Reading
  readonly stamps: StampReader
  readonly readBody: BodyReader
  /** In the order in which their currencies and sections came; `SettlementLine.statement` is a place in it. */
  readonly drafts: Draft[]
  /** The `RF` row of each currency. */
  readonly totals: Map<string, Totals>
  columns: Columns | undefined
  section: Section | undefined
  sections: number
  account: string
  /** The number of this file among those of its report. */
  part: bigint
  /** A header of a report or of a file was there, so there must be an end as well. */
  isFramed: boolean
  isOver: boolean
  /** Transactions, and rows of any kind. */
  bodies: number
  rows: number
  line: number
}

/** Reads one file of a report. See paypal.ts. */
export async function readReport(
  reading: Reading,
  bytes: AsyncIterable<Uint8Array>,
  kind: 'stl' | 'trr',
  options: ReadOptions | undefined,
): Promise<void> {
  const report = startReport(reading, kind, options)
  const texts = decoded(bytes, reading.diagnostics)
  const beginning = await textBefore(texts)
  const separator = separatorIn(beginning.trimStart())
  for await (const records of csvRows(joined(beginning, texts), { separator })) {
    for (const record of records) readRow(report, record)
    await reading.drain()
  }
  finishReport(report)
}

function startReport(reading: Reading, kind: 'stl' | 'trr', options: ReadOptions | undefined): Report {
  const { diagnostics } = reading
  const stamps = createStampReader(options?.zone)
  const drafts: Draft[] = []
  const readBody = createBodyReader({
    report: kind,
    diagnostics,
    stamps,
    draftOf: (section, currency) => draftIn(report, section, currency),
  })
  const report: Report = {
    reading,
    stamps,
    readBody,
    drafts,
    totals: new Map(),
    columns: undefined,
    section: undefined,
    sections: 0,
    account: '',
    part: 1n,
    isFramed: false,
    isOver: false,
    bodies: 0,
    rows: 0,
    line: 0,
  }
  return report
}

/** Far above a first line, which says how the file is written. */
const MAX_BEGINNING = 4_096

async function textBefore(texts: AsyncGenerator<string>): Promise<string> {
  let text = ''
  while (!text.includes('\n') && text.length < MAX_BEGINNING) {
    const next = await texts.next()
    if (next.done === true) break
    text += next.value
  }
  return text
}

async function* joined(beginning: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  yield beginning
  yield* rest
}

function readRow(report: Report, { line, fields, problem }: CsvRecord): void {
  const { reading } = report
  report.line = line
  reading.row(line, () => {
    if (problem !== undefined) throw new UnreadableRow(problem.code, problem.column, problem.message)
    const word = wordOf(fields)
    if (fields.length === 1 && word === '') return
    if (!ROWS.has(word)) {
      if (report.rows === 0) throw new BrokenFile('record', line, 'The first row is none of a report of PayPal')
      throw new UnreadableRow('record', 1, `"${word.slice(0, 32)}" is no kind of row`)
    }
    report.rows++
    if (report.isOver) throw new UnreadableRow('after_end', 0, 'There is more after the end of the file')
    readFields(report, word, fields)
  })
}

function readFields(report: Report, word: string, fields: Fields): void {
  const { reading, line } = report
  switch (word) {
    case 'SB': {
      if (report.columns === undefined)
        throw new BrokenFile('no_columns', line, 'There is no CH row before the first transaction')
      const section = sectionFor(report)
      if (section.isOver) throw new UnreadableRow('out_of_place', 1, 'A transaction comes after the end of its section')
      reading.push(report.readBody(fields, report.columns, section, line))
      report.bodies++
      return
    }
    case 'CH':
      report.columns = readColumns(fields, line)
      return
    case 'SH':
      return readSection(report, fields)
    case 'SF':
      return readSectionTotals(report, readTotals(fields, line))
    case 'SC':
      return readSectionCount(report, countIn(fields, 1))
    case 'RF':
      return readReportTotals(report, readTotals(fields, line))
    case 'RC':
      if (report.part === 1n) checkRows(report, 'the rows of the report', countIn(fields, 1), [report.bodies])
      return
    case 'FF':
      report.isOver = true
      // A file of nothing but rows is counted with or without those around them.
      return checkRows(report, 'the rows of the file', countIn(fields, 1), [report.bodies, report.rows])
    case 'FH':
      report.isFramed = true
      report.part = fields[1]?.trim() === '' ? 1n : countIn(fields, 1)
      return
    default:
      return readHeader(report, fields)
  }
}

/** `RH`: when it was made, the window of its day, the account, the version. */
function readHeader(report: Report, fields: Fields): void {
  report.isFramed = true
  report.account = nameIn(fields, 3)
  const version = (fields[4] ?? '').trim()
  if (/^[\w.]{1,16}$/.test(version)) report.reading.version = version.replace(/^0+(?=.)/, '')
}

/** `SH`: when the day begins and ends, the account. */
function readSection(report: Report, fields: Fields): void {
  const { reading } = report
  const businessDate = dayOf(report, fields)
  report.section = newSection(report, nameIn(fields, 3) || report.account, businessDate)
  if (businessDate !== undefined && businessDate > (reading.businessDate ?? '')) reading.businessDate = businessDate
}

function newSection(report: Report, account: string, businessDate: string | undefined): Section {
  report.sections++
  return { account, businessDate, isFirst: report.sections === 1, drafts: new Map(), rows: 0, isOver: false }
}

/** The section of rows that no `SH` row is before: then it is the only one. */
function sectionFor(report: Report): Section {
  report.section ??= newSection(report, report.account, undefined)
  return report.section
}

/** The day on which the section ends; one that ends with its last midnight is about the day before. */
function dayOf({ stamps, reading, line }: Report, fields: Fields): string | undefined {
  const [beginning, end] = [1, 2].map((place) => {
    const text = (fields[place] ?? '').trim()
    const stamp = stamps(text)
    if (stamp === undefined && text !== '') {
      const message = `"${text.slice(0, 32)}" is no date and time such as 2026/01/06 00:00:00 -0800`
      reading.diagnostics.add({ severity: 'warning', code: 'date', line, column: place + 1, message })
    }
    return stamp
  })
  if (end === undefined || beginning === undefined) return end?.date ?? beginning?.date
  if (end.timeMs !== 0 || end.date <= beginning.date) return end.date
  return Temporal.PlainDate.from(end.date).subtract({ days: 1 }).toString()
}

const MAX_NAME_LENGTH = 255

const nameIn = (fields: Fields, place: number): string =>
  detached((fields[place] ?? '').trim().slice(0, MAX_NAME_LENGTH))

const MAX_STATEMENTS = 10_000

function draftIn(report: Report, section: Section, currency: string): Draft {
  const known = section.drafts.get(currency)
  if (known !== undefined) return known
  if (report.drafts.length === MAX_STATEMENTS)
    throw new BrokenFile('too_many_statements', report.line, `There are more than ${MAX_STATEMENTS} statements`)
  const draft = newDraft(report.drafts.length, section, currency, createSums())
  report.drafts.push(draft)
  section.drafts.set(currency, draft)
  return draft
}

function readSectionTotals(report: Report, totals: Totals): void {
  const draft = draftIn(report, sectionFor(report), totals.currency)
  if (draft.totals !== undefined)
    throw new UnreadableRow('second_totals', 1, `There are totals of the section in ${totals.currency} already`)
  draft.totals = totals
}

function readReportTotals(report: Report, totals: Totals): void {
  if (report.totals.has(totals.currency))
    throw new UnreadableRow('second_totals', 1, `There are totals of the report in ${totals.currency} already`)
  report.totals.set(totals.currency, totals)
}

function readSectionCount(report: Report, stated: bigint): void {
  const section = sectionFor(report)
  section.isOver = true
  if (isContinued(report, section)) return
  checkRows(report, 'the rows of the section', stated, [section.rows], [...section.drafts.values()].at(-1))
}

/** Whether its first rows may be in the file before this one. */
const isContinued = ({ part }: Report, { isFirst }: Section): boolean => part > 1n && isFirst

/** A number of rows that is wrong makes the last statement wrong that it is about. */
function checkRows(
  report: Report,
  what: string,
  stated: bigint,
  counts: readonly number[],
  last = report.drafts.at(-1),
): void {
  if (counts.some((count) => BigInt(count) === stated)) return
  const computed = counts[0] ?? 0
  if (last === undefined) throw new UnreadableRow('count', 2, `${what}: ${stated} stated, ${computed} read`)
  last.wrongRows ??= failure(what, stated, BigInt(computed))
}

function finishReport(report: Report): void {
  const { reading, drafts, line } = report
  if (report.rows === 0) throw new BrokenFile('empty', 1, 'There is no row of a report of PayPal in the file')
  if (report.isFramed && !report.isOver) {
    const message = 'There is no FF row at the end: the file is not whole'
    reading.diagnostics.add({ severity: 'error', code: 'no_end_row', line, message })
  }
  for (const draft of drafts) if (draft.totals !== undefined) proveSection(report, draft, draft.totals)
  if (report.part === 1n) proveReports(report)
  else {
    const message = `This is file ${report.part} of its report, whose totals are about all of them: they are not compared`
    reading.diagnostics.add({ severity: 'warning', code: 'part', line, message })
  }
  for (const draft of drafts) {
    if (draft.wrongRows !== undefined) draft.sums.fail(draft.wrongRows)
    reading.statements.push(finish(draft))
  }
}

function proveSection(report: Report, draft: Draft, totals: Totals): void {
  draft.isPart = isContinued(report, draft.section) && !addsUp(draft, totals)
  if (!draft.isPart) prove(draft, totals, draft.section.rows)
}

/** A report with one statement in a currency may state its totals once, in the row of the report. */
function proveReports(report: Report): void {
  const { drafts, totals, bodies } = report
  const byCurrency = Map.groupBy(drafts, ({ currency }) => currency)
  for (const [currency, stated] of totals) {
    const group = byCurrency.get(currency) ?? [draftIn(report, sectionOfReport(report), currency)]
    const [first] = group
    if (group.length > 1 || first === undefined || first.totals !== undefined) proveReport(group, stated, bodies)
    else {
      first.totals = stated
      prove(first, stated, bodies)
    }
  }
}

/** Where a balance belongs that no section has: to the only one, or else to the report. */
function sectionOfReport(report: Report): Section {
  if (report.sections > 1) report.section = newSection(report, report.account, report.reading.businessDate)
  return sectionFor(report)
}
