import type { Output } from './output.ts'

type Diagnostic = {
  readonly severity: string
  readonly line: number
  readonly column?: number | undefined
  readonly code: string
  readonly message: string
}

/** What is wrong with a file, and where. */
export function printDiagnostics(output: Output, diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length === 0) return
  output.line('')
  output.table(
    [
      { title: 'severity' },
      { title: 'line', align: 'right' },
      { title: 'column', align: 'right' },
      { title: 'code' },
      { title: 'message' },
    ],
    diagnostics.map(({ severity, line, column, code, message }) => [
      severity,
      String(line),
      column?.toString() ?? '',
      code,
      message,
    ]),
  )
}
