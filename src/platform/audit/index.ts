/** The audit log: what people did, in a chain that nobody changes unseen. Rows commit with what they tell. */
export type { Actor } from './actor.ts'
export { audit, type Deed } from './append.ts'
export { type AuditFilter, type AuditRow, type AuditVerification, listAudit, verifyAudit } from './read.ts'
