import type { ApiDryRun } from './api-report-types.ts'
import type { Context } from './context.ts'
import { EXIT } from './failure.ts'
import { showChanges } from './runs-diff.ts'
import { equation } from './runs-get.ts'
import { rulesText } from './runs-report.ts'
import { COMPUTE_TIMEOUT_MS } from './runs-verify.ts'
import { type ToleranceOptions, toleranceOf } from './tolerance.ts'

export type DryOptions = ToleranceOptions & {
  readonly source: string
  readonly date: string
  readonly file?: string
  readonly lag?: number
  readonly grace?: number
}

/** What a run of a day would say, by these settings or by those that count. */
export async function runsDry(context: Context, options: DryOptions): Promise<number> {
  const client = await context.client()
  const { source, date, file, lag, grace } = options
  const settings = { lag_days: lag, grace_minutes: grace, tolerance: toleranceOf(options) }
  const request = {
    source,
    business_date: date,
    dry_run: true,
    file,
    ...(Object.values(settings).every((each) => each === undefined) ? {} : { settings }),
  }
  const { body } = await client.post<ApiDryRun>('/v1/recon_runs', request, { timeoutMs: COMPUTE_TIMEOUT_MS })
  context.show(body, () => printDryRun(context, body))
  return EXIT.ok
}

function printDryRun({ output }: Context, run: ApiDryRun): void {
  output.fields([
    ['dry run of', `${run.source}, ${run.business_date}: nothing was changed`],
    ['rules', rulesText(run.settings)],
    ['file', run.file],
    ['ours', String(run.ours)],
    ['theirs', String(run.theirs)],
    ['matched', String(run.matched)],
    ['breaks', String(run.breaks)],
    ['outcomes told', String(run.resolved)],
  ])
  output.line('')
  for (const line of run.proof) output.line(equation(line, run.tolerated))
  showChanges(output, 'would be', run.changes)
  if (run.corrections_due) output.note('files of earlier days were replaced or withdrawn; a run corrects them first')
}
