import type { ParsedFile, Profile, SettlementLine } from '../settlement/index.ts'
import { controlNumber, inMajorUnits } from './amounts.ts'
import { printDiagnostics } from './diagnostics.ts'
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
  if (parsed.mapping !== undefined) printMapping(output, parsed.mapping)
  printStatements(output, parsed)
  printLines(output, lines.first)
  if (lines.count > lines.first.length)
    output.note(`… and ${lines.count - lines.first.length} more lines; --json has all`)
  printDiagnostics(output, diagnostics)
}

const ORDERS: Readonly<Record<NonNullable<Profile['date']>['order'], string>> = {
  ymd: 'year, month, day',
  dmy: 'day, month, year',
  mdy: 'month, day, year',
  epoch_seconds: 'seconds since 1970',
  epoch_ms: 'milliseconds since 1970',
  excel: 'days as a spreadsheet counts them',
  ambiguous: 'day and month could be swapped',
}

/** What each column of a table was taken for. */
function printMapping(output: Output, mapping: Profile): void {
  const { amount, date, fee, currency } = mapping
  const units = `decimal ${mapping.decimal === '.' ? 'point' : 'comma'}${mapping.minor ? ', minor units' : ''}`
  const one = (what: string, column: string | undefined, how = ''): readonly (readonly string[])[] =>
    column === undefined ? [] : [[what, column, how]]
  output.line('')
  output.table(
    [{ title: 'read as' }, { title: 'column' }, { title: 'how' }],
    [
      ...one('date', date?.column, date && ORDERS[date.order]),
      ...(amount.rule === 'split'
        ? [
            ...one('credit', amount.credit, units),
            ...one('debit', amount.debit, amount.debitSign === 'negative' ? 'with a minus' : 'without a minus'),
          ]
        : one('amount', amount.column, units)),
      ...(amount.rule === 'direction'
        ? one('debit or credit', amount.direction, `debit: ${amount.debit.join(', ')}`)
        : []),
      ...('column' in currency ? one('currency', currency.column) : [['currency', '', `${currency.code} for all`]]),
      ...one('fee', fee?.column, fee?.sign === 'effect' ? 'as its effect' : 'as a cost'),
      ...one('net', mapping.net),
      ...one('balance', mapping.balance),
      ...mapping.references.flatMap((column) => one('reference', column)),
      ...mapping.descriptions.flatMap((column) => one('text', column)),
      ...one('account', mapping.account),
      ...one('status', mapping.status),
    ],
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
        each.control.status === 'fail'
          ? `${each.control.what}: a difference of ${controlNumber(each.control.what, each.currency)(each.control.difference)}`
          : '',
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
