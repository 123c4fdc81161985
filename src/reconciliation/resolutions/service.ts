import {
  type Actor,
  type AuditFilter,
  type AuditRow,
  type AuditVerification,
  listAudit,
  verifyAudit,
} from '../../platform/audit/index.ts'
import type { Db } from '../../platform/db.ts'
import { type Approval, type ApprovalFilter, getApproval, listApprovals } from './approvals.ts'
import { type BulkItem, type BulkOutcome, bulk } from './bulk.ts'
import { type Decision, decide, undoResolution } from './decide.ts'
import { type Annotation, annotate } from './notes.ts'
import { type Preview, preview, previewUnmatch, propose, type ResolutionDeps, unmatch } from './propose.ts'
import { getResolution, listResolutions, type Resolution, type ResolutionFilter } from './rows.ts'
import type { UnmatchRequest } from './unmatch.ts'
import type { ResolutionRequest } from './verbs.ts'

type Page<T> = { readonly data: readonly T[]; readonly hasMore: boolean }

/** What people do about breaks, and the log of it. Ids are UUIDs. */
export type Resolutions = {
  /** What a resolution would do. Throws like `propose`. */
  readonly preview: (request: ResolutionRequest, actor: Actor) => Promise<Preview>
  /**
   * Resolves breaks, or asks for a second person. Throws `not_found`, `break_state`, `break_not_resolvable`,
   * `invalid_request`, `run_in_progress`.
   */
  readonly propose: (
    request: ResolutionRequest,
    actor: Actor,
  ) => Promise<{ readonly resolution: Resolution; readonly replayed: boolean }>
  /** What taking a pair of a run apart would book. Throws like `unmatch`. */
  readonly previewUnmatch: (request: UnmatchRequest, actor: Actor) => Promise<Preview>
  /**
   * Takes a pair of a run apart, or asks for a second person. Throws `not_found`, `run_state`, `period_closed`, `break_state`,
   * `break_not_resolvable`, `invalid_request`, `run_in_progress`.
   */
  readonly unmatch: (
    request: UnmatchRequest,
    actor: Actor,
  ) => Promise<{ readonly resolution: Resolution; readonly replayed: boolean }>
  readonly get: (id: string) => Promise<Resolution | undefined>
  readonly list: (filter: ResolutionFilter) => Promise<Page<Resolution>>
  /** Throws `not_found`, `resolution_state`, `run_in_progress`. */
  readonly undo: (request: { readonly id: string; readonly reason: string }, actor: Actor) => Promise<Resolution>
  readonly getApproval: (id: string) => Promise<Approval | undefined>
  readonly listApprovals: (filter: ApprovalFilter) => Promise<Page<Approval>>
  /** Throws `not_found`, `approval_of_own`, `approval_state`, `run_in_progress`. */
  readonly decide: (decision: Decision, actor: Actor) => Promise<Approval>
  /** Writes on breaks, all or none. Throws `not_found`, `break_state`, `invalid_request`. */
  readonly annotate: (ids: readonly string[], annotation: Annotation, actor: Actor) => Promise<void>
  /** Deals with many breaks one by one; a dry run changes nothing. */
  readonly bulk: (items: readonly BulkItem[], dryRun: boolean, actor: Actor) => Promise<readonly BulkOutcome[]>
  readonly auditLog: (filter: AuditFilter) => Promise<Page<AuditRow>>
  readonly verifyAudit: () => Promise<AuditVerification>
}

export function createResolutions(deps: ResolutionDeps, reports: Db): Resolutions {
  const { db, clock } = deps
  return {
    preview: (request, actor) => db.transaction((tx) => preview(tx, deps, request, actor)),
    propose: (request, actor) => db.transaction((tx) => propose(tx, deps, request, actor)),
    previewUnmatch: (request, actor) => db.transaction((tx) => previewUnmatch(tx, deps, request, actor)),
    unmatch: (request, actor) => db.transaction((tx) => unmatch(tx, deps, request, actor)),
    get: (id) => getResolution(db, id),
    list: (filter) => listResolutions(reports, filter),
    undo: (request, actor) => undoResolution(deps, request, actor),
    getApproval: (id) => getApproval(db, clock.now(), id),
    listApprovals: (filter) => listApprovals(reports, clock.now(), filter),
    decide: (decision, actor) => decide(deps, decision, actor),
    annotate: (ids, annotation, actor) =>
      db.transaction((tx) => annotate(tx, ids, annotation, { actor, at: clock.now() })),
    bulk: (items, dryRun, actor) => bulk(deps, items, { dryRun, actor }),
    auditLog: (filter) => listAudit(reports, filter),
    verifyAudit: () => verifyAudit(reports),
  }
}
