import { inMajorUnits } from './amounts.ts'
import type { ApiReport } from './api-report-types.ts'
import type { Integer } from './api-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'
import { equation } from './runs-get.ts'
import { toleranceTexts } from './tolerance.ts'

export type ReportOptions = { readonly limit: number }

/** The report of a day, as it was written when its run completed. */
export async function runsReport(context: Context, id: string, { limit }: ReportOptions): Promise<number> {
  const client = await context.client()
  const report = await client.get<ApiReport>(`/v1/recon_runs/${encodeURIComponent(id)}/report`)
  context.show(report, () => {
    for (const line of reportLines(report, limit)) context.output.line(line)
  })
  return EXIT.ok
}

function* reportLines(report: ApiReport, limit: number): Generator<string> {
  yield* headLines(report)
  yield ''
  yield* section(
    'matched',
    report.matched.map(({ rule, currency, pairs, amount }) => [rule, String(pairs), money(amount, currency)]),
  )
  for (const proof of report.proof) {
    const { currency } = proof
    const steps = report.waterfall.filter((step) => step.currency === currency)
    yield ''
    yield* section(`${currency}`, [
      ['ours', '', money(proof.ours, currency)],
      // What ours has more is taken away on the way to theirs.
      ...steps.map((step) => [
        `${step.code} (${step.class})`,
        String(step.count),
        money(negated(step.amount), currency),
      ]),
      ...(report.tolerated ?? [])
        .filter((each) => each.currency === currency)
        .map(({ pairs, amount }) => ['within tolerance', String(pairs), money(negated(amount), currency)]),
      ['theirs', '', money(proof.theirs, currency)],
    ])
    yield equation(proof, report.tolerated)
  }
  yield ''
  yield* breakLines(report, limit)
}

function* headLines({ run, settings, inputs, totals, outcome }: ApiReport): Generator<string> {
  const { file, ledger } = inputs
  yield `Report of ${run.source} for ${run.business_date}, completed ${run.completed_at}`
  yield ''
  yield* section('', [
    ['run', run.id],
    ['rules', rulesText(settings)],
    ...(file === undefined ? [] : [['file', `${file.name}, ${file.lines} lines, controls ${file.control}`]]),
    ...(file === undefined ? [] : [['sha256', file.sha256]]),
    ['ledger', ledger.map(({ chain, batches }) => `${chain}:${batches}`).join(' ')],
    [
      'records',
      `ours ${totals.ours ?? 0}, theirs ${totals.theirs ?? 0}, matched ${totals.matched ?? 0}, booked ${totals.booked ?? 0}`,
    ],
    ['outcome', outcome.sha256 ?? ''],
  ])
}

/** Settings in one line. Those of a bank have no cut-off but midnight. */
export const rulesText = ({
  rule_version,
  zone,
  cut_off,
  grace_minutes,
  lag_days,
  fee_schedule,
  tolerance,
}: ApiReport['settings']): string =>
  [
    ...(rule_version === undefined ? [] : [`version ${rule_version}`]),
    cut_off === undefined ? `midnight ${zone}` : `cut-off ${cut_off} ${zone}`,
    ...(grace_minutes === undefined ? [] : [`grace ${grace_minutes} min`]),
    `lag ${lag_days} d`,
    ...(fee_schedule === undefined ? [] : [`fee ${fee_schedule.rate_ppm} ppm + ${fee_schedule.fixed}`]),
    ...toleranceTexts(tolerance),
  ].join(', ')

function* breakLines({ breaks }: ApiReport, limit: number): Generator<string> {
  yield breaks.length === 0 ? 'No breaks.' : `breaks  ${breaks.length}`
  for (const each of breaks.slice(0, limit))
    yield `  ${each.id}  ${each.events.join(', ')}  ${each.code}  ${each.class}  ${each.state}\n    ${each.explanation}`
  if (breaks.length > limit) yield `  … and ${breaks.length - limit} more: raise --limit`
}

/** Rows under a name, their cells aligned: the same text for the same report, on a terminal or not. */
function* section(name: string, rows: readonly (readonly string[])[]): Generator<string> {
  const widths = [0, 1, 2].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
  if (name !== '') yield name
  for (const row of rows)
    yield `  ${row.map((cell, column) => (column === 0 || row.length === 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}`.trimEnd()
}

const money = (amount: Integer, currency: string): string => `${inMajorUnits(amount, currency)} ${currency}`
const negated = (amount: Integer): bigint => -BigInt(amount)
