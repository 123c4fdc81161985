export {
  APPROVAL_KINDS,
  APPROVAL_STATES,
  type Approval,
  type ApprovalFilter,
  type ApprovalKind,
  type ApprovalState,
  getApproval,
  listApprovals,
} from './approvals.ts'
export type { BulkItem, BulkOutcome } from './bulk.ts'
export { type Decision, decide, undoResolution } from './decide.ts'
export type { Annotation } from './notes.ts'
export { type Preview, preview, propose, type ResolutionDeps, unmatch } from './propose.ts'
export {
  getResolution,
  listResolutions,
  type Resolution,
  type ResolutionFilter,
  resolutionsOfBreak,
  type ShownEntry,
} from './rows.ts'
export { createResolutions, type Resolutions } from './service.ts'
export { NO_SETTINGS, type ResolutionSettings } from './settings.ts'
export type { UnmatchRequest } from './unmatch.ts'
export {
  DIFFERENCES,
  type DifferenceKind,
  REASON_CODES,
  RESOLUTION_STATES,
  RESOLUTION_VERBS,
  type ReasonCode,
  type ResolutionRequest,
  type ResolutionState,
  type ResolutionVerb,
  VERBS,
  type Verb,
} from './verbs.ts'
