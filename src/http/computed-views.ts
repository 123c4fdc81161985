import type { Static } from 'typebox'
import { publicId } from '../platform/ids.ts'
import {
  type BankSource,
  type DryRun,
  type RuleSettings,
  type RunChanges,
  type Source,
  tolerancesView,
  type Verification,
} from '../reconciliation/index.ts'
import { given } from './night-views.ts'
import type { RuleSettingsSchema } from './schemas/dry-run.ts'
import { tolerancesOf, toleratedBody } from './tolerance-views.ts'

/** The wire forms of what is computed and not kept. */

export const changeBodies = (changes: RunChanges['changes']) =>
  changes.map(({ count, currency, amount, ...change }) => ({
    ...change,
    count: Number(count),
    ...given({ currency, amount }),
  }))

export const settingsBody = (settings: Omit<Source, 'name'> | BankSource) =>
  'psps' in settings ? bankBody(settings) : pspBody(settings)

const bankBody = (bank: BankSource) => ({
  zone: bank.zone,
  lag_days: bank.lagDays,
  psps: [...bank.psps],
  window_days: bank.windowDays,
  references: bank.references,
})

const pspBody = ({ feeSchedule, tolerance, ...source }: Omit<Source, 'name'>) => ({
  zone: source.zone,
  cut_off: source.cutOff,
  day_named_by: source.dayNamedBy,
  grace_minutes: source.graceMinutes,
  lag_days: source.lagDays,
  ...given({
    fee_schedule: feeSchedule && { rate_ppm: feeSchedule.ratePpm, fixed: feeSchedule.fixed },
    tolerance: tolerance && tolerancesView(tolerance),
  }),
})

/** What a request wants to be different. Throws `invalid_request`. */
export const ruleSettings = ({
  lag_days,
  grace_minutes,
  fee_schedule,
  tolerance,
}: Static<typeof RuleSettingsSchema>): RuleSettings => ({
  ...(lag_days !== undefined && { lagDays: lag_days }),
  ...(grace_minutes !== undefined && { graceMinutes: grace_minutes }),
  ...(fee_schedule !== undefined && {
    feeSchedule: { ratePpm: fee_schedule.rate_ppm, fixed: BigInt(fee_schedule.fixed) },
  }),
  ...(tolerance !== undefined && { tolerance: tolerancesOf(tolerance, '/settings/tolerance') }),
})

export const dryRunBody = (run: DryRun) => ({
  object: 'recon_dry_run' as const,
  source: run.source,
  business_date: run.businessDate,
  file: publicId('sf', run.fileId),
  settings: settingsBody(run.settings),
  ours: Number(run.ours),
  theirs: Number(run.theirs),
  matched: Number(run.matched),
  breaks: Number(run.breaks),
  proof: [...run.proof],
  waterfall: run.waterfall.map(({ count, ...step }) => ({ ...step, count: Number(count) })),
  tolerated: toleratedBody(run.tolerated),
  changes: changeBodies(run.changes),
  resolved: Number(run.resolved),
  corrections_due: run.correctionsDue,
})

export const verificationBody = (runId: string, { identical, outcome, verdict, report }: Verification) => ({
  object: 'recon_verification' as const,
  run: publicId('run', runId),
  identical,
  outcome: { ...hashes(outcome), differing_rows: Number(outcome.differingRows) },
  verdict: hashes(verdict),
  report: { sha256: report.sha256.toString('hex'), intact: report.intact },
})

const hashes = ({ stored, computed }: Verification['verdict']) => ({
  stored_sha256: stored.toString('hex'),
  computed_sha256: computed.toString('hex'),
})
