import { styleText } from 'node:util'
import type { CheckResult } from './audit.ts'
import type { CampaignResult } from './campaign.ts'
import type { Facts } from './facts.ts'

/** Violations of one check that are printed; all of them are in the JSON document. */
const SHOWN = 20

export const allHeld = (checks: readonly CheckResult[]): boolean =>
  checks.every((check) => check.violations.length === 0)

/** The result as a table for people: one line a check, then the violations by name, then what was done. */
export function renderReport(result: CampaignResult, seconds: number): string {
  const width = Math.max(...result.checks.map((check) => check.name.length))
  const rows = result.checks.map((check) => {
    const held = check.violations.length === 0
    const mark = held ? styleText('green', '✓') : styleText('red', '✗')
    const verdict = held ? `${check.checked} checked` : `${check.checked} checked, ${check.violations.length} wrong`
    return `  ${mark} ${check.name.padEnd(width)}  ${verdict}`
  })
  const wrong = result.checks.flatMap((check) => renderViolations(check))
  return ['', ...rows, '', ...wrong, ...renderFacts(result.facts, seconds), ''].join('\n')
}

function renderViolations(check: CheckResult): readonly string[] {
  if (check.violations.length === 0) return []
  const more = check.violations.length - SHOWN
  return [
    styleText('red', check.name),
    ...check.violations.slice(0, SHOWN).map((violation) => `  ${violation}`),
    ...(more > 0 ? [`  … and ${more} more`] : []),
    '',
  ]
}

function renderFacts(facts: Facts, seconds: number): readonly string[] {
  const counts = (record: Readonly<Record<string, number | string>>): string =>
    Object.entries(record)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none'
  return [
    `  killed      ${counts(facts.kills)}; ${facts.serverStarts} server starts`,
    `  at night    ${counts(facts.nightKills)}`,
    `  asked       ${facts.requests} requests, ${facts.reads} payments read, ${facts.replays} replays`,
    `  payments    ${facts.payments}, orders ${counts(facts.ordersByStatus)}`,
    `  attempts    ${facts.attempts}, charges in the book ${counts(facts.chargesByStatus)}`,
    `  paid        ${facts.paidOrders} of ${facts.payableOrders} payable orders`,
    `  captured    ${counts(facts.captured)} (minor units)`,
    `  ledger      ${facts.entries} entries, ${facts.lateSuccesses} late successes`,
    `  nights      ${facts.runs} runs, ${facts.settledCharges} charges settled`,
    `  breaks      ${counts(facts.breaksByCode)}`,
    `  time        ${Math.round(seconds)} s`,
  ]
}
