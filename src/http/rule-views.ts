import { publicId } from '../platform/ids.ts'
import { type RuleTest, type RuleVersion, tolerancesView } from '../reconciliation/index.ts'
import { given, instant } from './night-views.ts'

/** The wire form of a version of rules. */
export const ruleBody = (rule: RuleVersion) => ({
  id: publicId('rul', rule.id),
  object: 'recon_rule' as const,
  source: rule.source,
  version: rule.version,
  status: rule.status,
  settings: given({
    lag_days: rule.settings.lagDays,
    grace_minutes: rule.settings.graceMinutes,
    fee_schedule: rule.settings.feeSchedule && {
      rate_ppm: rule.settings.feeSchedule.ratePpm,
      fixed: rule.settings.feeSchedule.fixed,
    },
    tolerance: rule.settings.tolerance && tolerancesView(rule.settings.tolerance),
  }),
  reason: rule.reason,
  drafted_by: rule.draftedBy,
  drafted_at: rule.draftedAt.toISOString(),
  ...given({
    test: rule.test && testBody(rule.test),
    tested_at: instant(rule.testedAt),
    activated_by: rule.activatedBy,
    activated_at: instant(rule.activatedAt),
    effective_on: rule.effectiveOn,
  }),
})

const testBody = ({ runs, from, to, closed, opened, matchesBroken, matchesGained }: RuleTest) => ({
  ...{ runs, from, to },
  closed: tallyBody(closed),
  opened: tallyBody(opened),
  matches_broken: matchesBroken,
  matches_gained: matchesGained,
})

const tallyBody = ({ breaks, byCode, examples }: RuleTest['closed']) => ({
  breaks,
  by_code: { ...byCode },
  examples: [...examples],
})
