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
  let readable = true
  try {
    await work(reading)
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error
    readable = false
    reading.diagnostics.add({ severity: 'error', code: error.code, line: error.line, message: error.message })
  }
  if (readable) await reading.flush()
  const { version, businessDate, fileReference, statements, diagnostics } = reading
  return { format, version, businessDate, fileReference, statements, diagnostics: diagnostics.list(), readable }
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
      lines.push(line)
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
