import type { ApiRule } from './api-report-types.ts'
import type { ApiPage } from './api-types.ts'
import type { Context } from './context.ts'
import { CliFailure, EXIT } from './failure.ts'
import type { Output } from './output.ts'
import { readPages } from './pages.ts'
import { COMPUTE_TIMEOUT_MS } from './runs-verify.ts'
import { type ToleranceOptions, toleranceOf, toleranceTexts } from './tolerance.ts'

/** Versions of the rules by which a source is reconciled. */

export type DraftOptions = ToleranceOptions & {
  readonly source: string
  readonly reason: string
  readonly lag?: number
  readonly grace?: number
  readonly feeRate?: number
  readonly feeFixed?: number
}

export async function rulesDraft(context: Context, options: DraftOptions): Promise<number> {
  const { source, reason, lag, grace, feeRate, feeFixed } = options
  if ((feeRate === undefined) !== (feeFixed === undefined))
    throw new CliFailure({
      message: 'A fee schedule has both parts: --fee-rate and --fee-fixed',
      next: 'npx tallystick rules draft --help',
      code: 'usage',
    })
  const fee = feeRate === undefined ? undefined : { rate_ppm: feeRate, fixed: feeFixed }
  const settings = { lag_days: lag, grace_minutes: grace, fee_schedule: fee, tolerance: toleranceOf(options) }
  return changed(context, '/v1/recon_rules', { source, settings, reason })
}

export const rulesTest = (context: Context, id: string, { days }: { readonly days: number }): Promise<number> =>
  changed(context, `/v1/recon_rules/${encodeURIComponent(id)}/test`, { days })

export const rulesActivate = (context: Context, id: string, { from }: { readonly from: string }): Promise<number> =>
  changed(context, `/v1/recon_rules/${encodeURIComponent(id)}/activate`, { effective_on: from })

async function changed(context: Context, path: string, request: object): Promise<number> {
  const client = await context.client()
  const { body } = await client.post<ApiRule>(path, request, { timeoutMs: COMPUTE_TIMEOUT_MS })
  context.show(body, () => printRule(context.output, body))
  return EXIT.ok
}

export async function rulesGet(context: Context, id: string): Promise<number> {
  const client = await context.client()
  const rule = await client.get<ApiRule>(`/v1/recon_rules/${encodeURIComponent(id)}`)
  context.show(rule, () => printRule(context.output, rule))
  return EXIT.ok
}

export type RulesOptions = { readonly source?: string; readonly limit: number }

export async function rulesList(context: Context, { source, limit }: RulesOptions): Promise<number> {
  const client = await context.client()
  const page: ApiPage<ApiRule> = await readPages<ApiRule>(client, '/v1/recon_rules', { source }, limit)
  context.show(page, () => {
    context.output.table(
      [
        { title: 'rules' },
        { title: 'source' },
        { title: 'version', align: 'right' },
        { title: 'status' },
        { title: 'from' },
        { title: 'settings' },
        { title: 'reason' },
      ],
      page.data.map((rule) => [
        rule.id,
        rule.source,
        String(rule.version),
        rule.status,
        rule.effective_on ?? '',
        settingsText(rule),
        rule.reason,
      ]),
    )
    if (page.has_more) context.output.note('there are more: raise --limit')
  })
  return EXIT.ok
}

const settingsText = ({ settings }: ApiRule): string =>
  [
    ...(settings.lag_days === undefined ? [] : [`lag ${settings.lag_days} d`]),
    ...(settings.grace_minutes === undefined ? [] : [`grace ${settings.grace_minutes} min`]),
    ...(settings.fee_schedule === undefined
      ? []
      : [`fee ${settings.fee_schedule.rate_ppm} ppm + ${settings.fee_schedule.fixed}`]),
    ...toleranceTexts(settings.tolerance),
  ].join(', ')

function printRule(output: Output, rule: ApiRule): void {
  const { test } = rule
  const optional = (name: string, value: string | undefined) => (value === undefined ? [] : [[name, value] as const])
  output.fields([
    ['rules', rule.id],
    ['source', rule.source],
    ['version', String(rule.version)],
    ['status', rule.status],
    ['settings', settingsText(rule)],
    ['reason', rule.reason],
    ['drafted', `${rule.drafted_at}, by ${rule.drafted_by}`],
    ...optional('tested', test && `on ${test.runs} days, ${test.from} to ${test.to}`),
    ...optional('breaks closed', test && tallyText(test.closed)),
    ...optional('breaks opened', test && tallyText(test.opened)),
    ...optional('matches broken', test && String(test.matches_broken)),
    ...optional('matches gained', test && String(test.matches_gained)),
    ...optional('activated', rule.activated_at && `${rule.activated_at}, by ${rule.activated_by ?? ''}`),
    ...optional('from', rule.effective_on),
  ])
}

function tallyText({ breaks, by_code }: NonNullable<ApiRule['test']>['closed']): string {
  const codes = Object.entries(by_code).map(([code, count]) => `${code} ${count}`)
  return codes.length === 0 ? String(breaks) : `${breaks} (${codes.join(', ')})`
}
