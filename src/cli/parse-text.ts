import type { ParsedFile, SettlementLine } from '../settlement/index.ts'
import { inMajorUnits } from './amounts.ts'
import type { Output } from './output.ts'

export const SHOWN_LINES = 20

/** What was read, for people: facts, statements with their controls, the first lines, what is wrong. */
export function printParsed(
  output: Output,
  parsed: ParsedFile,
  lines: { readonly first: readonly SettlementLine[]; readonly count: number },
): void {
  const { format, version, businessDate, fileReference, statements, diagnostics } = parsed
  const optional = (name: string, value: string | undefined) => (value === undefined ? [] : [[name, value] as const])
  output.fields([
    ['format', format ?? 'unknown'],
    ...optional('version', version),
    ...optional('business date', businessDate),
    ...optional('reference', fileReference),
    ['statements', String(statements.length)],
    ['lines', String(lines.count)],
  ])
  printStatements(output, parsed)
  printLines(output, lines.first)
  if (lines.count > lines.first.length)
    output.note(`… and ${lines.count - lines.first.length} more lines; --json has all`)
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
    diagnostics.map((each) => [
      each.severity,
      String(each.line),
      each.column?.toString() ?? '',
      each.code,
      each.message,
    ]),
  )
}

function printStatements(output: Output, { statements }: ParsedFile): void {
  if (statements.length === 0) return
  output.line('')
  output.table(
    [
      { title: 'account' },
      { title: 'date' },
      { title: 'currency' },
      { title: 'opening', align: 'right' },
      { title: 'credits', align: 'right' },
      { title: 'debits', align: 'right' },
      { title: 'closing', align: 'right' },
      { title: 'lines', align: 'right' },
      { title: 'control' },
      { title: 'what is wrong' },
    ],
    statements.map((each) => {
      const money = (amount: bigint | undefined): string =>
        amount === undefined ? '' : inMajorUnits(amount, each.currency)
      return [
        each.account,
        each.businessDate ?? '',
        each.currency,
        money(each.opening),
        money(each.credits),
        money(each.debits),
        money(each.closing),
        String(each.lines),
        each.control.status,
        each.control.status === 'fail' ? `${each.control.what}: a difference of ${each.control.difference}` : '',
      ]
    }),
  )
}

function printLines(output: Output, lines: readonly SettlementLine[]): void {
  if (lines.length === 0) return
  output.line('')
  output.table(
    [
      { title: 'line', align: 'right' },
      { title: 'kind' },
      { title: 'date' },
      { title: 'reference' },
      { title: 'amount', align: 'right' },
      { title: 'fee', align: 'right' },
      { title: 'currency' },
      { title: 'text' },
    ],
    lines.map((each) => [
      String(each.line),
      each.booked === false ? `${each.kind} (not booked)` : each.kind,
      each.businessDate ?? each.occurredAt?.toISOString() ?? '',
      each.reference ?? each.pspReference ?? each.otherReferences?.[0] ?? '',
      inMajorUnits(each.amount, each.currency),
      each.fee === 0n ? '' : inMajorUnits(each.fee, each.currency),
      each.currency,
      (each.description ?? '').slice(0, 60),
    ]),
  )
}
