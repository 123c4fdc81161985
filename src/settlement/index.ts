/**
 * Settlement: files that PSPs and banks send. Collects them on time, keeps them byte for byte under their SHA-256, reads
 * them with one pure reader per format (`formats/`), and proves that they add up. It decides nothing about payments:
 * reconciliation does, with the lines that it gets from here.
 */

export { collectFile, firstBusinessDate, type Origin } from './collect.ts'
export { compareLines, type FileDifference, keptLines } from './difference.ts'
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
export { detectFormat, FORMATS } from './formats/index.ts'
export { simulatorCsv } from './formats/simulator-csv.ts'
export { formatProfile, type Profile, ProfileError, parseProfile } from './formats/table/profile.ts'
export { mappedFormat } from './formats/table/table.ts'
export { createIntake, type Intake, type SourceState } from './intake/service.ts'
export { formatsOfSource, type IntakeSource } from './intake/source.ts'
export { linesIn, NO_LINES } from './lines.ts'
export { type ParsedFile, type ParseOptions, parseFile } from './parse-file.ts'
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
export { type Delivery, type ReceiveDeps, type Received, receiveFile } from './receive.ts'
export { type WithdrawRequest, withdrawFile } from './withdraw.ts'
