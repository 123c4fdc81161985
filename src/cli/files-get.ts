import { controlNumber, inMajorUnits } from './amounts.ts'
import type { ApiDifference, ApiFile, ApiFileDetail, ApiStatement } from './api-night-types.ts'
import type { Context } from './context.ts'
import { printDiagnostics } from './diagnostics.ts'
import { EXIT } from './failure.ts'
import type { Output } from './output.ts'

export async function filesGet(context: Context, id: string): Promise<number> {
  const client = await context.client()
  const file = await client.get<ApiFileDetail>(`/v1/settlement_files/${encodeURIComponent(id)}`)
  context.show(file, () => {
    printFile(context.output, file)
    printControls(context.output, file.statements)
    printTotals(context.output, file.statements)
    printDiagnostics(context.output, file.diagnostics)
    if (file.difference !== undefined) printDifference(context.output, file.difference)
  })
  return EXIT.ok
}

/** The facts of a file, one a line. */
export function printFile(output: Output, file: ApiFile): void {
  const optional = (name: string, value: string | undefined) => (value === undefined ? [] : [[name, value] as const])
  output.fields([
    ['file', file.id],
    ['source', file.source],
    ['name', file.name],
    ['status', file.status],
    ...optional('rejected because', file.rejection),
    ...optional('replaces', file.supersedes),
    ...optional('replaced by', file.superseded_by),
    ...optional(
      'withdrawn',
      file.withdrawal && `${file.withdrawal.at}, by ${file.withdrawal.by}: ${file.withdrawal.reason}`,
    ),
    ...optional('format', file.format),
    ...optional('business date', file.business_date),
    ['lines', String(file.lines)],
    ...optional('new lines', file.new_lines?.toString()),
    ['control', file.control],
    ['sha256', file.sha256],
    ...optional('delivered sha256', file.delivered_sha256),
    ...optional('reference', file.file_reference),
    ['bytes', String(file.bytes)],
    ['received', `${file.received_at}, ${file.received_via}`],
  ])
}

/** What the file says, what its lines make, and the difference; for each currency, and the first thing that is wrong. */
function printControls(output: Output, statements: readonly ApiStatement[]): void {
  if (statements.length === 0) return
  output.line('')
  output.table(
    [
      { title: 'currency' },
      { title: 'control' },
      { title: 'what' },
      { title: 'file says', align: 'right' },
      { title: 'computed', align: 'right' },
      { title: 'difference', align: 'right' },
    ],
    statements.flatMap((each) => [...closingRow(each), ...failureRow(each)]),
  )
}

function closingRow({ currency, opening, closing, credits, debits }: ApiStatement): string[][] {
  if (opening === undefined || closing === undefined) return []
  const computed = BigInt(opening) + BigInt(credits) + BigInt(debits)
  const difference = computed - BigInt(closing)
  const amounts = [closing, computed, difference].map((amount) => inMajorUnits(amount, currency))
  return [[currency, difference === 0n ? 'pass' : 'fail', 'the closing balance', ...amounts]]
}

function failureRow({ currency, control }: ApiStatement): string[][] {
  const { what = '', stated, computed, difference } = control
  if (stated === undefined || computed === undefined || difference === undefined) return []
  if (what.startsWith('the closing balance')) return []
  return [[currency, control.status, what, ...[stated, computed, difference].map(controlNumber(what, currency))]]
}

function printTotals(output: Output, statements: readonly ApiStatement[]): void {
  const totals = statements.flatMap(({ currency, totals }) => totals.map((total) => ({ currency, ...total })))
  if (totals.length === 0) return
  output.line('')
  output.table(
    [
      { title: 'currency' },
      { title: 'kind' },
      { title: 'lines', align: 'right' },
      { title: 'amount', align: 'right' },
      { title: 'fee', align: 'right' },
    ],
    totals.map(({ currency, kind, lines, amount, fee }) => [
      currency,
      kind,
      String(lines),
      inMajorUnits(amount, currency),
      inMajorUnits(fee, currency),
    ]),
  )
}

/** What is different from the version that this file replaced. */
function printDifference(output: Output, { added, removed, changed, lines }: ApiDifference): void {
  output.line('')
  output.fields([
    ['lines added', String(added)],
    ['lines removed', String(removed)],
    ['of these changed', String(changed)],
  ])
  if (lines.length === 0) return
  output.line('')
  output.table(
    [
      { title: 'change' },
      { title: 'line', align: 'right' },
      { title: 'kind' },
      { title: 'reference' },
      { title: 'amount', align: 'right' },
      { title: 'fee', align: 'right' },
      { title: 'currency' },
    ],
    lines.map((each) => [
      each.change,
      String(each.line),
      each.kind,
      each.reference ?? each.psp_reference ?? '',
      inMajorUnits(each.amount, each.currency),
      inMajorUnits(each.fee, each.currency),
      each.currency,
    ]),
  )
}
