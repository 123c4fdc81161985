import type { AuditRow, AuditVerification } from '../platform/audit/index.ts'
import { publicId } from '../platform/ids.ts'
import type { Approval, Preview, Resolution, ResolutionVerb, ShownEntry } from '../reconciliation/index.ts'
import { given, instant } from './night-views.ts'

/** The wire forms of resolutions, approvals and the audit log. */

const entryBody = ({ postings, releases }: ShownEntry) => ({
  postings: postings.map(({ account, currency, ...posting }) => {
    const amount = BigInt(posting.amount)
    const direction = amount > 0n ? ('debit' as const) : ('credit' as const)
    return { account, direction, amount: amount > 0n ? amount : -amount, currency }
  }),
  releases: releases.map(({ orderId, seller, amount, currency }) => ({
    order: publicId('po', orderId),
    seller,
    amount: BigInt(amount),
    currency,
  })),
})

const breakIds = (ids: readonly string[]): string[] => ids.map((id) => publicId('brk', id))

export const previewBody = (verb: ResolutionVerb, preview: Preview) => ({
  object: 'resolution_preview' as const,
  verb,
  breaks: breakIds(preview.breakIds),
  entry: entryBody(preview.entry),
  needs_approval: preview.needsApproval,
})

const entryId = (id: string | null): string | null => (id === null ? null : publicId('je', id))

export const resolutionBody = (resolution: Resolution) => ({
  id: publicId('res', resolution.id),
  object: 'resolution' as const,
  source: resolution.source,
  state: resolution.state,
  verb: resolution.verb,
  reason: resolution.reason,
  breaks: breakIds(resolution.breakIds),
  entry: entryBody(resolution.entry),
  maker: resolution.makerName,
  maker_key: publicId('key', resolution.makerKeyId),
  proposed_at: resolution.proposedAt.toISOString(),
  ...given({
    note: resolution.note,
    approval: resolution.approvalId === null ? null : publicId('apr', resolution.approvalId),
    applied_at: instant(resolution.appliedAt),
    journal_entry: entryId(resolution.entryId),
    undone_at: instant(resolution.undoneAt),
    undo_reason: resolution.undoReason,
    undo_journal_entry: entryId(resolution.undoEntryId),
  }),
})

export const approvalBody = (approval: Approval) => ({
  id: publicId('apr', approval.id),
  object: 'approval' as const,
  kind: approval.kind,
  subject: approval.kind === 'resolution' ? publicId('res', approval.subjectId) : publicId('reo', approval.subjectId),
  state: approval.state,
  maker: approval.makerName,
  maker_key: publicId('key', approval.makerKeyId),
  requested_at: approval.requestedAt.toISOString(),
  expires_at: approval.expiresAt.toISOString(),
  ...given({
    checker: approval.checkerName,
    checker_key: approval.checkerKeyId === null ? null : publicId('key', approval.checkerKeyId),
    decided_at: instant(approval.decidedAt),
    note: approval.note,
  }),
})

export const auditBody = (row: AuditRow) => ({
  seq: Number(row.seq),
  object: 'audit_row' as const,
  at: row.at.toISOString(),
  actor: row.actor,
  action: row.action,
  subject: row.object,
  detail: row.detail,
  hash: row.hash.toString('hex'),
  ...given({ actor_key: row.keyId === null ? null : publicId('key', row.keyId), request_id: row.requestId }),
})

export const auditVerificationBody = ({ ok, rows, head, findings }: AuditVerification) => ({
  ok,
  rows: Number(rows),
  head: head.toString('hex'),
  findings: findings.map(({ seq, detail }) => ({ seq: Number(seq), detail })),
})
