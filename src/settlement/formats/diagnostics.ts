import type { Diagnostic } from './format.ts'
import { detached } from './text/detached.ts'

/** What is wrong with a file so far, without a bound on how much that is. */
export type Diagnostics = {
  readonly add: (diagnostic: Diagnostic) => void
  /** The first thousand, and how many more there were. */
  readonly list: () => readonly Diagnostic[]
}

const MAX_KEPT = 1_000 // nobody reads more, and a file of nothing but bad rows must not fill memory

export function createDiagnostics(): Diagnostics {
  const kept: Diagnostic[] = []
  let more = 0
  let worst: Diagnostic['severity'] = 'warning'
  let lastLine = 0
  return {
    add(diagnostic) {
      // A text that was cut may end in half a character, which cannot be stored.
      if (kept.length < MAX_KEPT) kept.push({ ...diagnostic, message: detached(diagnostic.message) })
      else {
        more++
        if (diagnostic.severity === 'error') worst = 'error'
        lastLine = diagnostic.line
      }
    },
    list: () =>
      more === 0
        ? kept
        : [...kept, { severity: worst, code: 'more', line: lastLine, message: `${more} more like these` }],
  }
}

/** A row that cannot be read. The rows around it can. */
export class UnreadableRow extends Error {
  override readonly name = 'UnreadableRow'
  readonly code: string
  /** The field, counted from 1; 0 when it is the row as a whole. */
  readonly column: number

  constructor(code: string, column: number, message: string) {
    super(message)
    this.code = code
    this.column = column
  }
}

/** The frame of the file is broken: nothing of it can be used. */
export class BrokenFile extends Error {
  override readonly name = 'BrokenFile'
  readonly code: string
  readonly line: number

  constructor(code: string, line: number, message: string) {
    super(message)
    this.code = code
    this.line = line
  }
}
