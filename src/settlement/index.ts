/**
 * Settlement: files that PSPs and banks send. Collects them on time, keeps them byte for byte under their SHA-256, reads
 * them with one pure reader per format (`formats/`), and proves that they add up. It decides nothing about payments:
 * reconciliation does, with the lines that it gets from here.
 */

export { beginningOf } from './beginning.ts'
export { closedThrough } from './closed-days.ts'
export { collectFile, firstBusinessDate, type Origin } from './collect.ts'
export { compareLines, type FileDifference, keptLines } from './difference.ts'
export { isDate } from './formats/dates.ts'
export { type Decimal, type DecimalMark, powerOfTen } from './formats/decimal.ts'
export { BrokenFile, createDiagnostics } from './formats/diagnostics.ts'
export type {
  AnyFormat,
  Control,
  Diagnostic,
  FileSummary,
  Format,
  KindTotal,
  LineKind,
  SettlementLine,
  Statement,
  TakeLines,
} from './formats/format.ts'
export { LINE_KINDS, readyFormat } from './formats/format.ts'
export { detectFormat, FORMATS, PUBLISHED_FORMATS } from './formats/index.ts'
export { simulatorCsv } from './formats/simulator-csv.ts'
export { readAmount } from './formats/table/amount-text.ts'
export { nameScore, saysMinor, wordsOf } from './formats/table/columns.ts'
export { currencyNamed } from './formats/table/currency-sign.ts'
export { createDateReader, DATE_ORDERS, type DateOrder, type DateReader } from './formats/table/date-text.ts'
export { saysLeft } from './formats/table/direction.ts'
export { isSpelled } from './formats/table/doubts.ts'
export { findHeader, HEADER_ROWS, type Header, namesOf } from './formats/table/header.ts'
export { inferProfile } from './formats/table/infer.ts'
export { plain } from './formats/table/month-names.ts'
export {
  type AmountRule,
  type AnyTableProfile,
  formatProfile,
  PROFILE_SCHEMA,
  type Profile,
  ProfileError,
  parseProfile,
  type TableShape,
} from './formats/table/profile.ts'
export { openTable, type TableRow } from './formats/table/rows.ts'
export { kindOf, separatorOf } from './formats/table/shape.ts'
export { type ColumnSurvey, createSurvey, hasFewValues, type Survey } from './formats/table/survey.ts'
export { mappedFormat } from './formats/table/table.ts'
export { createZoneReader, type ZoneReader } from './formats/zone.ts'
export { createIntake, type Intake, type SourceState } from './intake/service.ts'
export { formatsOfSource, type IntakeSource } from './intake/source.ts'
export { CURRENT as INTAKE_CURRENT } from './intake/store.ts'
export { linesIn, NO_LINES } from './lines.ts'
export { type ParsedFile, type ParseOptions, parseDocument, parseFile } from './parse-file.ts'
export {
  fileOfDay,
  getFile,
  IS_CURRENT,
  lastFiles,
  listFiles,
  type SettlementFile,
  type StoredStatement,
  statementsOf,
} from './read.ts'
export { type Delivery, type ReceiveDeps, type Received, receiveFile, takeTurn as takeFileTurn } from './receive.ts'
export { type Document, withDocuments } from './unpack.ts'
export { type WithdrawRequest, withdrawFile } from './withdraw.ts'
