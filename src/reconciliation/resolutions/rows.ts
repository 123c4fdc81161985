import { hash } from 'node:crypto'
import { toColumns } from '../../platform/columns.ts'
import { type Queryable, statement, type Tx } from '../../platform/db.ts'
import { newId } from '../../platform/ids.ts'
import type { UnmatchRequest } from './unmatch.ts'
import type { ReasonCode, ResolutionRequest, ResolutionState, ResolutionVerb, Verb } from './verbs.ts'

/** The rows of resolutions. Ids are UUIDs. */
export type Resolution = {
  readonly id: string
  readonly source: string
  readonly verb: ResolutionVerb
  readonly reason: ReasonCode
  readonly note: string | null
  readonly state: ResolutionState
  readonly breakIds: readonly string[]
  /** As it was shown when it was asked for. */
  readonly entry: ShownEntry
  readonly makerKeyId: string
  readonly makerName: string
  readonly approvalId: string | null
  readonly proposedAt: Date
  readonly appliedAt: Date | null
  readonly entryId: string | null
  readonly undoneAt: Date | null
  readonly undoReason: string | null
  readonly undoEntryId: string | null
}

/** What a resolution books: amounts are debit positive, as texts in minor units. */
export type ShownEntry = {
  readonly postings: readonly { readonly account: string; readonly amount: string; readonly currency: string }[]
  readonly releases: readonly {
    readonly orderId: string
    readonly seller: string
    readonly amount: string
    readonly currency: string
  }[]
}

const SELECT = `select r.id, r.source, r.verb, r.reason, r.note, r.state, r.entry, r.maker_key_id as "makerKeyId", k.name as "makerName",
       r.approval_id as "approvalId", r.proposed_at as "proposedAt", r.applied_at as "appliedAt", r.entry_id as "entryId",
       r.undone_at as "undoneAt", r.undo_reason as "undoReason", r.undo_entry_id as "undoEntryId",
       array(select b.break_id::text from break_resolution_break b where b.resolution_id = r.id order by b.break_id) as "breakIds"
  from break_resolution r join api_key k on k.id = r.maker_key_id`

const GET = statement('resolutions.get', `${SELECT} where r.id = $1`)
const LOCK = statement('resolutions.lock', `${SELECT} where r.id = $1 for update of r`)
const OF_BREAK = statement(
  'resolutions.of_break',
  `${SELECT} where r.id in (select b.resolution_id from break_resolution_break b where b.break_id = $1) order by r.id`,
)
const LIST = statement(
  'resolutions.list',
  `${SELECT} where ($1::text is null or r.state = $1) and ($2::text is null or r.source = $2) and ($3::uuid is null or r.id < $3)
   order by r.id desc limit $4`,
)
const STANDING = statement(
  'resolutions.standing_of_breaks',
  `${SELECT} where r.state in ('proposed', 'applied')
      and r.id in (select b.resolution_id from break_resolution_break b where b.break_id = any($1::uuid[]))`,
)
const FINGERPRINT = statement('resolutions.fingerprint', 'select fingerprint from break_resolution where id = $1')
const INSERT = statement(
  'resolutions.insert',
  `insert into break_resolution (id, source, verb, reason, note, request, entry, fingerprint, state, maker_key_id, approval_id, proposed_at, applied_at, entry_id)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
)
const LINK = statement(
  'resolutions.link',
  'insert into break_resolution_break (resolution_id, break_id) select $1, * from unnest($2::uuid[])',
)
const NOTE = statement(
  'resolutions.note',
  'insert into break_note (id, break_id, kind, detail, key_id, at) select n.id, n.break_id, $1, $2, $3, $4 from unnest($5::uuid[], $6::uuid[]) as n (id, break_id)',
)

const one = async (db: Queryable, query: typeof GET, id: string): Promise<Resolution | undefined> =>
  (await db.run<Resolution>(query, [id]))[0]

export const getResolution = (db: Queryable, id: string): Promise<Resolution | undefined> => one(db, GET, id)
export const lockResolution = (tx: Tx, id: string): Promise<Resolution | undefined> => one(tx, LOCK, id)
export const resolutionsOfBreak = (db: Queryable, breakId: string): Promise<readonly Resolution[]> =>
  db.run<Resolution>(OF_BREAK, [breakId])
/** Those that wait or hold, of any of the breaks. */
export const standingOf = (db: Queryable, breakIds: readonly string[]): Promise<readonly Resolution[]> =>
  db.run<Resolution>(STANDING, [breakIds])

export type ResolutionFilter = {
  readonly state?: ResolutionState | undefined
  readonly source?: string | undefined
  readonly limit: number
  readonly after?: string | undefined
}

/** Newest first. */
export async function listResolutions(
  db: Queryable,
  { state, source, limit, after }: ResolutionFilter,
): Promise<{ readonly data: readonly Resolution[]; readonly hasMore: boolean }> {
  const rows = await db.run<Resolution>(LIST, [state, source, after, limit + 1])
  return { data: rows.slice(0, limit), hasMore: rows.length > limit }
}

export const fingerprintOf = async (db: Queryable, id: string): Promise<Buffer | undefined> =>
  (await db.run<{ fingerprint: Buffer }>(FINGERPRINT, [id]))[0]?.fingerprint

/** The request in one form, whatever the order of its breaks: asked again by the same person, it is the same one. */
export const fingerprint = (request: ResolutionRequest, makerKeyId: string): Buffer => {
  const { breakId, verb, reason, note, as, seller, platformFee, orderId } = request
  const breaks = [...new Set([breakId, ...request.with])].toSorted()
  const asked = ['resolution/1', makerKeyId, breaks, verb, reason, note, as, seller, platformFee?.toString(), orderId]
  return hash('sha256', JSON.stringify(asked), 'buffer')
}

export type NewResolution = Pick<
  Resolution,
  'id' | 'source' | 'state' | 'makerKeyId' | 'approvalId' | 'proposedAt' | 'appliedAt' | 'entryId' | 'entry'
> & {
  readonly request: Asked
  readonly fingerprint: Buffer
  readonly breakIds: readonly string[]
}

/** What somebody asked for, as it is kept. */
export type Asked = ResolutionRequest | (UnmatchRequest & { readonly verb: 'unmatch' })

export async function insertResolution(tx: Tx, given: NewResolution): Promise<void> {
  const { id, source, request, entry, state, makerKeyId, approvalId, proposedAt, appliedAt, entryId, breakIds } = given
  const { verb, reason, note, ...rest } = request
  await tx.run(INSERT, [
    id,
    source,
    verb,
    reason,
    note,
    JSON.stringify(rest, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)),
    JSON.stringify(entry),
    given.fingerprint,
    state,
    makerKeyId,
    approvalId,
    proposedAt,
    appliedAt,
    entryId,
  ])
  await linkBreaks(tx, id, breakIds)
}

/** Says which breaks a resolution is about. */
export const linkBreaks = async (tx: Tx, id: string, breakIds: readonly string[]): Promise<void> =>
  void (breakIds.length > 0 && (await tx.run(LINK, [id, breakIds])))

const KEPT = statement('resolutions.kept_request', 'select request from break_resolution where id = $1')

/** Which pair somebody asked to be taken apart, as it was stored. */
export async function unmatchRequestOf(db: Queryable, { id, reason, note }: Resolution): Promise<UnmatchRequest> {
  const [row] = await db.run<{ request: Pick<UnmatchRequest, 'runId' | 'fileId' | 'line'> }>(KEPT, [id])
  if (row === undefined) throw new Error(`resolution ${id} is gone`)
  return { ...row.request, reason, ...(note !== null && { note }) }
}

/** The same, in one form. */
export const unmatchFingerprint = (request: UnmatchRequest, makerKeyId: string): Buffer => {
  const { runId, fileId, line, reason, note } = request
  return hash('sha256', JSON.stringify(['unmatch/1', makerKeyId, runId, fileId, line, reason, note]), 'buffer')
}

const PROPOSED_PAIR = statement(
  'resolutions.standing_unmatch',
  `${SELECT} where r.verb = 'unmatch' and r.state in ('proposed', 'applied')
      and r.request ->> 'runId' = $1 and r.request ->> 'fileId' = $2 and (r.request ->> 'line')::integer = $3 order by r.id desc`,
)

/** Those that wait or hold, of one pair. */
export const standingUnmatches = (db: Queryable, { runId, fileId, line }: UnmatchRequest): Promise<Resolution[]> =>
  db.run<Resolution>(PROPOSED_PAIR, [runId, fileId, line])

/** What was asked for, as it was stored. */
export async function requestOf(
  db: Queryable,
  resolution: Resolution & { readonly verb: Verb },
): Promise<ResolutionRequest> {
  const [row] = await db.run<{ request: Omit<ResolutionRequest, 'platformFee'> & { platformFee?: string } }>(KEPT, [
    resolution.id,
  ])
  if (row === undefined) throw new Error(`resolution ${resolution.id} is gone`)
  const { platformFee, ...rest } = row.request
  return {
    ...rest,
    verb: resolution.verb,
    reason: resolution.reason,
    ...(resolution.note !== null && { note: resolution.note }),
    ...(platformFee !== undefined && { platformFee: BigInt(platformFee) }),
  }
}

/** A line in the life of each break. Without a key it is a run's doing. */
export async function noteBreaks(
  tx: Tx,
  breakIds: readonly string[],
  note: {
    readonly kind: string
    readonly detail: string | null
    readonly keyId: string | undefined
    readonly at: Date
  },
): Promise<void> {
  if (breakIds.length === 0) return
  const columns = toColumns(
    2,
    breakIds.map((id) => [newId(), id]),
  )
  await tx.run(NOTE, [note.kind, note.detail, note.keyId, note.at, ...columns])
}
