import { MAX_SUM } from '../../money/index.ts'
import { BrokenFile, createDiagnostics, type Diagnostics, UnreadableRow } from './diagnostics.ts'
import type { FileSummary, SettlementLine, Statement, TakeLines } from './format.ts'

/** What a reader works on: where its lines, statements and diagnostics go. */
export type Reading = {
  readonly diagnostics: Diagnostics
  readonly statements: Statement[]
  /** Keeps a line until a piece of them is full. */
  readonly push: (line: SettlementLine) => void
  /** Hands full pieces on. To be awaited between pieces of input. */
  readonly drain: () => Promise<void>
  /** Does one row; what makes it unreadable becomes a diagnostic, and the rows around it are read. */
  readonly row: (line: number, work: () => void) => void
  version: string | undefined
  businessDate: string | undefined
  fileReference: string | undefined
}

const PIECE_LINES = 1_000

/** Amounts are read within this; what a reader adds up to one may be beyond it, and no database would keep that. */
const fits = (amount: bigint): boolean => amount <= MAX_SUM && amount >= -MAX_SUM
const TOO_LARGE = 'What the row adds up to is more than 2^63 − 1 minor units: the line is left out'

/**
 * Runs a reader: gives it its surroundings and makes the summary of what it left there. A `BrokenFile` that it throws is
 * a diagnostic and makes the file unreadable.
 */
export async function readFile(
  format: string,
  take: TakeLines,
  work: (reading: Reading) => Promise<void>,
): Promise<FileSummary> {
  const reading = startReading(take)
  let broken: BrokenFile | undefined
  try {
    await work(reading)
    await reading.flush()
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error
    broken = error
  }
  const { version, businessDate, fileReference, statements } = reading
  const diagnostics = [...reading.diagnostics.list()]
  // Last, and not among those of which there may be too many: it is why nothing can be used.
  if (broken !== undefined) {
    const { code, line, message } = broken
    diagnostics.push({ severity: 'error', code, line, message: message.toWellFormed() })
  }
  return { format, version, businessDate, fileReference, statements, diagnostics, readable: broken === undefined }
}

function startReading(take: TakeLines): Reading & { readonly flush: () => Promise<void> } {
  const diagnostics = createDiagnostics()
  let lines: SettlementLine[] = []
  const flush = async (): Promise<void> => {
    const piece = lines
    lines = []
    if (piece.length > 0) await take(piece)
  }
  return {
    diagnostics,
    statements: [],
    push: (line) => {
      if (fits(line.amount) && fits(line.fee)) lines.push(line)
      else diagnostics.add({ severity: 'error', code: 'amount', line: line.line, message: TOO_LARGE })
    },
    drain: () => (lines.length < PIECE_LINES ? Promise.resolve() : flush()),
    flush,
    row(line, work) {
      try {
        work()
      } catch (error) {
        if (!(error instanceof UnreadableRow)) throw error
        const { code, column, message } = error
        diagnostics.add({ severity: 'error', code, line, ...(column > 0 ? { column } : {}), message })
      }
    },
    version: undefined,
    businessDate: undefined,
    fileReference: undefined,
  }
}
