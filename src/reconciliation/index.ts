/**
 * Reconciliation: compares what we hold with what PSPs settle, day by day, to the cent.
 *
 *     collect the file ─► resolve unknown outcomes ─► match ─► decide ─► book ─► prove ─► the next day
 *
 * An engine (`engines/`) gives facts; `decide.ts` alone says what they mean. Every record of a day is in exactly one match
 * or break, and each break is explained. What is late or straddles the cut-off waits as a temporary break and clears by
 * itself against a later file, or is promoted on its due date. A completed run never changes.
 */
export { AGES, type AgeingLine } from './ageing.ts'
export type { BankSource } from './bank/source.ts'

export {
  BREAK_CLASSES,
  BREAK_CODES,
  BREAK_STATES,
  type BreakClass,
  type BreakCode,
  type BreakState,
  type OursRecord,
  type TheirsRecord,
} from './break.ts'
export type { Break, BreakEvent, BreakFilter } from './breaks-list.ts'
export { addDays, businessDate, daysBetween, endOfDay } from './calendar.ts'
export { type Fate, fateOfOurs, fateOfTheirs, type Surroundings } from './decide.ts'
export type { Tolerated } from './engines/engine.ts'
export { RECONCILIATION_INVARIANTS } from './invariants.ts'
export { lateSources } from './late.ts'
export { explainLive } from './live/explain.ts'
export type { LiveItem } from './live/item.ts'
export type { LiveFilter, LivePair, LiveSummary, LiveTotal } from './live/read.ts'
export { createLiveView, type LiveView } from './live/service.ts'
export { LIVE_STATES, type LiveState } from './live/standing.ts'
export { toldOf } from './live/told-of.ts'
export { createPeriods, type Period, type Periods } from './periods/index.ts'
export { type ProofLine, prove } from './proof.ts'
export * from './resolutions/index.ts'
export type { Rules } from './rules/service.ts'
export type { RuleTest } from './rules/trial.ts'
export type { RuleVersion } from './rules/versions.ts'
export type { DryRun, DryRunRequest } from './runs/dry-run.ts'
export { MATCH_RULES, type Match, type MatchFilter, type MatchPage } from './runs/matches.ts'
export type { PayoutWaterfall } from './runs/payout-waterfall.ts'
export type { RunChanges, StoredReport } from './runs/read-report.ts'
export { RUN_STATUSES, RUN_STEPS, type Run, type RunFilter, type RunStatus } from './runs/run.ts'
export { CHANGES, type ChangeKind } from './runs/run-summary.ts'
export type { Verification } from './runs/verify-run.ts'
export { type NightHit, searchNights } from './search.ts'
export { createReconciliation, type ReconciledSource, type Reconciliation, type ReconciliationDeps } from './service.ts'
export { settlementOf } from './settlement-of.ts'
export type { FeeSchedule, RuleSettings, Source } from './source.ts'
export type { BreakSuggestion } from './suggest/for-break.ts'
export { type Candidate, SUGGESTION_REASONS, type SuggestionReason } from './suggest/score.ts'
export { MAX_SUGGESTIONS, type Suggestion, suggest } from './suggest/suggest.ts'
export { type Tolerance, type Tolerances, tolerancesView } from './tolerance.ts'
