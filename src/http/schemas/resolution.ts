import { Type } from 'typebox'
import {
  APPROVAL_KINDS,
  APPROVAL_STATES,
  DIFFERENCES,
  REASON_CODES,
  RESOLUTION_STATES,
  RESOLUTION_VERBS,
  VERBS,
} from '../../reconciliation/index.ts'
import { AmountIn, AmountOut, CurrencyOut, closed, Instant, OneOf, pageParameters, Text } from './common.ts'

const WITH_MAX = 100

/** What a resolution is, without the break that it is about. */
export const resolutionFields = {
  verb: OneOf(VERBS, 'What is done about it.'),
  reason: OneOf(REASON_CODES, 'Why. `other` needs a note.'),
  note: Type.Optional(Text('For whoever reads it later.')),
  as: Type.Optional(OneOf(DIFFERENCES, 'With `book_difference`: what the difference is.')),
  seller: Type.Optional(Text('With `create_missing_record`: whose sale it is.')),
  platform_fee: Type.Optional(AmountIn('With `create_missing_record`: our commission.', 0)),
  order: Type.Optional(Text('With `correct`: the order (`po_…`) whose seller bears the difference.')),
}

export const NewResolutionSchema = Type.Object(
  {
    ...resolutionFields,
    with: Type.Optional(
      Type.Array(Text('Id of a break (`brk_…`).'), {
        maxItems: WITH_MAX,
        uniqueItems: true,
        description: 'Further breaks of the same source that are resolved together with it.',
      }),
    ),
    dry_run: Type.Optional(Type.Boolean({ description: 'True: say what would be booked, and do nothing.' })),
  },
  closed,
)

export const NewUnmatchSchema = Type.Object(
  {
    file: Text('The file (`sf_…`) that the line of the pair stands in.'),
    line: Type.Integer({
      minimum: 1,
      maximum: 2_147_483_647,
      description: 'Where it begins in the file, as the match says.',
    }),
    reason: resolutionFields.reason,
    note: resolutionFields.note,
    dry_run: Type.Optional(Type.Boolean({ description: 'True: say what would be booked, and do nothing.' })),
  },
  closed,
)

const EntrySchema = Type.Object({
  postings: Type.Array(
    Type.Object({
      account: Type.String(),
      direction: OneOf(['debit', 'credit'], 'Which side.'),
      amount: AmountOut('In minor units.'),
      currency: CurrencyOut(),
    }),
  ),
  releases: Type.Array(
    Type.Object({
      order: Type.String(),
      seller: Type.String(),
      amount: AmountOut('What becomes available, in minor units.'),
      currency: CurrencyOut(),
    }),
  ),
})

export const PreviewSchema = Type.Object({
  object: OneOf(['resolution_preview'], 'The kind of this object.'),
  verb: OneOf(RESOLUTION_VERBS, 'What would be done.'),
  breaks: Type.Array(Type.String()),
  entry: EntrySchema,
  needs_approval: Type.Boolean({ description: 'Whether a second person would have to agree.' }),
})

export const ResolutionSchema = Type.Object(
  {
    id: Type.String({ examples: ['res_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6'] }),
    object: OneOf(['resolution'], 'The kind of this object.'),
    source: Type.String(),
    state: OneOf(
      RESOLUTION_STATES,
      'Proposed: it waits for a second person. Lapsed: a run was faster, or nobody answered.',
    ),
    verb: OneOf(RESOLUTION_VERBS, 'What is done.'),
    reason: OneOf(REASON_CODES, 'Why.'),
    note: Type.Optional(Type.String()),
    breaks: Type.Array(Type.String()),
    entry: EntrySchema,
    maker: Type.String({ description: 'The name of the API key of who asked for it.' }),
    maker_key: Type.String(),
    approval: Type.Optional(Type.String({ description: 'What the second person decides (`apr_…`).' })),
    proposed_at: Instant('When it was asked for, in business time.'),
    applied_at: Type.Optional(Instant('When it was booked.')),
    journal_entry: Type.Optional(Type.String()),
    undone_at: Type.Optional(Instant('When it was taken back.')),
    undo_reason: Type.Optional(Type.String()),
    undo_journal_entry: Type.Optional(Type.String()),
  },
  { $id: 'Resolution', description: 'What people decided about breaks.' },
)

export const ResolutionListQuery = Type.Object(
  {
    ...pageParameters,
    state: Type.Optional(OneOf(RESOLUTION_STATES, 'Only resolutions in this state.')),
    source: Type.Optional(Text('Only resolutions of this source.')),
  },
  closed,
)

export const UndoSchema = Type.Object({ reason: Text('Why it is taken back.') }, closed)

export const ApprovalSchema = Type.Object({
  id: Type.String({ examples: ['apr_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6'] }),
  object: OneOf(['approval'], 'The kind of this object.'),
  kind: OneOf(APPROVAL_KINDS, 'What it is about.'),
  subject: Type.String({ description: 'The id of what it is about.' }),
  state: OneOf(APPROVAL_STATES, 'Lapsed: what it is about has changed, or nobody answered in time.'),
  maker: Type.String({ description: 'The name of the API key of who asked.' }),
  maker_key: Type.String(),
  requested_at: Instant('When it was asked for, in business time.'),
  expires_at: Instant('Until when it can be answered.'),
  checker: Type.Optional(Type.String({ description: 'The name of the API key of who answered.' })),
  checker_key: Type.Optional(Type.String()),
  decided_at: Type.Optional(Instant('When it was answered.')),
  note: Type.Optional(Type.String()),
})

export const ApprovalListQuery = Type.Object(
  {
    ...pageParameters,
    state: Type.Optional(OneOf(APPROVAL_STATES, 'Only approvals in this state.')),
    kind: Type.Optional(OneOf(APPROVAL_KINDS, 'Only approvals of this kind.')),
  },
  closed,
)

export const ApproveSchema = Type.Object({ note: Type.Optional(Text('For whoever reads it later.')) }, closed)
export const RejectSchema = Type.Object({ note: Text('Why not.') }, closed)

export const AuditRowSchema = Type.Object({
  seq: Type.Integer({ description: 'Its place in the log: without gaps, from 1.' }),
  object: OneOf(['audit_row'], 'The kind of this object.'),
  at: Instant('When, in business time.'),
  actor: Type.String({ description: 'The name of the API key, or `system`.' }),
  actor_key: Type.Optional(Type.String()),
  action: Type.String({ examples: ['resolution.applied'] }),
  subject: Type.String({ description: 'The id of what it was done to.' }),
  detail: Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true }),
  request_id: Type.Optional(Type.String()),
  hash: Type.String({ description: 'SHA-256 over the row before and this one.' }),
})

export const AuditListQuery = Type.Object(
  {
    ...pageParameters,
    subject: Type.Optional(Text('Only what was done to this.')),
    actor: Type.Optional(Text('Only what this name did.')),
    action: Type.Optional(Text('Only this action.')),
  },
  closed,
)

export const AuditVerificationSchema = Type.Object({
  ok: Type.Boolean(),
  rows: Type.Integer(),
  head: Type.String({ description: 'The hash of the last row. Keep it elsewhere: it proves all rows before it.' }),
  findings: Type.Array(Type.Object({ seq: Type.Integer(), detail: Type.String() })),
})
