import type { Actor } from '../../platform/audit/index.ts'
import { type Queryable, statement, type Tx } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId } from '../../platform/ids.ts'

export const APPROVAL_STATES = ['waiting', 'approved', 'rejected', 'lapsed'] as const
export type ApprovalState = (typeof APPROVAL_STATES)[number]
export const APPROVAL_KINDS = ['resolution', 'period_reopening'] as const
export type ApprovalKind = (typeof APPROVAL_KINDS)[number]

/** A request for a second person. Ids are UUIDs. */
export type Approval = {
  readonly id: string
  readonly kind: ApprovalKind
  readonly subjectId: string
  readonly state: ApprovalState
  readonly makerKeyId: string
  readonly makerName: string
  readonly requestedAt: Date
  readonly expiresAt: Date
  readonly checkerKeyId: string | null
  readonly checkerName: string | null
  readonly note: string | null
  readonly decidedAt: Date | null
}

// What is about a resolution that does not wait any more has lapsed, and so has what nobody decided in time.
const SELECT = `select a.id, a.kind, a.subject_id as "subjectId", a.maker_key_id as "makerKeyId", m.name as "makerName",
       a.requested_at as "requestedAt", a.expires_at as "expiresAt", d.checker_key_id as "checkerKeyId", c.name as "checkerName",
       d.note, d.decided_at as "decidedAt",
       case when d.decision is not null then d.decision when r.state = 'lapsed' or a.expires_at <= $1 then 'lapsed' else 'waiting' end as state
  from approval a join api_key m on m.id = a.maker_key_id
  left join approval_decision d on d.approval_id = a.id left join api_key c on c.id = d.checker_key_id
  left join break_resolution r on r.approval_id = a.id`

const GET = statement('approvals.get', `${SELECT} where a.id = $2`)
const LIST = statement(
  'approvals.list',
  `select * from (${SELECT}) x where ($2::text is null or x.state = $2) and ($3::text is null or x.kind = $3) and ($4::uuid is null or x.id < $4)
   order by x.id desc limit $5`,
)
const INSERT = statement(
  'approvals.insert',
  `insert into approval (id, kind, subject_id, change_hash, maker_key_id, requested_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)`,
)
const HASH = statement('approvals.change_hash', 'select change_hash as hash from approval where id = $1')
const DECIDE = statement(
  'approvals.decide',
  `insert into approval_decision (approval_id, decision, checker_key_id, note, decided_at) values ($1, $2, $3, $4, $5)`,
)
const SAME_PERSON = statement(
  'approvals.same_person',
  `select m.id = c.id or lower(trim(m.name)) = lower(trim(c.name)) as same from api_key m, api_key c where m.id = $1 and c.id = $2`,
)

export const getApproval = async (db: Queryable, now: Date, id: string): Promise<Approval | undefined> =>
  (await db.run<Approval>(GET, [now, id]))[0]

export type ApprovalFilter = {
  readonly state?: ApprovalState | undefined
  readonly kind?: ApprovalKind | undefined
  readonly limit: number
  readonly after?: string | undefined
}

/** Newest first. */
export async function listApprovals(
  db: Queryable,
  now: Date,
  { state, kind, limit, after }: ApprovalFilter,
): Promise<{ readonly data: readonly Approval[]; readonly hasMore: boolean }> {
  const rows = await db.run<Approval>(LIST, [now, state, kind, after, limit + 1])
  return { data: rows.slice(0, limit), hasMore: rows.length > limit }
}

export const insertApproval = async (
  tx: Tx,
  given: Pick<Approval, 'id' | 'kind' | 'subjectId' | 'makerKeyId' | 'requestedAt' | 'expiresAt'> & {
    readonly changeHash: Buffer
  },
): Promise<void> => {
  const { id, kind, subjectId, changeHash, makerKeyId, requestedAt, expiresAt } = given
  await tx.run(INSERT, [id, kind, subjectId, changeHash, makerKeyId, requestedAt, expiresAt])
}

export const changeHashOf = async (tx: Tx, id: string): Promise<Buffer | undefined> =>
  (await tx.run<{ hash: Buffer }>(HASH, [id]))[0]?.hash

/** Throws `approval_of_own`, and `approval_state` for one that does not wait. The database refuses the same. */
export async function refuseToDecide(tx: Tx, approval: Approval, actor: Actor): Promise<void> {
  if (approval.state !== 'waiting')
    throw new Refusal('approval_state', `${publicId('apr', approval.id)} is ${approval.state}.`, {
      facts: { state: approval.state },
    })
  const [row] = await tx.run<{ same: boolean }>(SAME_PERSON, [approval.makerKeyId, actor.keyId])
  if (row?.same !== false)
    throw new Refusal(
      'approval_of_own',
      `"${approval.makerName}" asked for this, so "${actor.name}" cannot decide it: it takes a key with another name.`,
    )
}

export const insertDecision = async (
  tx: Tx,
  approvalId: string,
  given: {
    readonly decision: 'approved' | 'rejected'
    readonly keyId: string
    readonly note?: string | undefined
    readonly at: Date
  },
): Promise<void> => void (await tx.run(DECIDE, [approvalId, given.decision, given.keyId, given.note, given.at]))
