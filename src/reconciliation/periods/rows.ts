import { type Queryable, statement, type Tx } from '../../platform/db.ts'
import { newId } from '../../platform/ids.ts'

/** Days of a source that were closed, or opened again. */
export type PeriodEvent = {
  readonly kind: 'closed' | 'reopened'
  /** The last day that is closed after it; null when none is. */
  readonly closedThrough: string | null
  readonly by: string
  readonly reason: string
  readonly approvalId: string | null
  readonly at: Date
}

/** How far a source is closed, and how it came to that, oldest first. */
export type Period = {
  readonly source: string
  readonly closedThrough: string | null
  readonly events: readonly PeriodEvent[]
}

const EVENTS = statement(
  'periods.events',
  `select e.kind, e.closed_through as "closedThrough", k.name as by, e.reason, e.approval_id as "approvalId", e.at
     from period_event e join api_key k on k.id = e.key_id where e.source = $1 order by e.position`,
)
const INSERT = statement(
  'periods.insert_event',
  `insert into period_event (id, source, position, kind, closed_through, key_id, reason, approval_id, at)
   select $1, $2, coalesce(max(position), 0) + 1, $3, $4, $5, $6, $7, $8 from period_event where source = $2`,
)
const REQUEST = statement(
  'periods.insert_reopening',
  'insert into period_reopening (id, source, closed_through, reason, requested_at) values ($1, $2, $3, $4, $5)',
)
const GET = statement(
  'periods.reopening',
  'select id, source, closed_through as "closedThrough", reason from period_reopening where id = $1',
)

export async function periodOf(db: Queryable, source: string): Promise<Period> {
  const events = await db.run<PeriodEvent>(EVENTS, [source])
  return { source, closedThrough: events.at(-1)?.closedThrough ?? null, events }
}

export const insertEvent = async (
  tx: Tx,
  source: string,
  event: Omit<PeriodEvent, 'by'> & { readonly keyId: string },
): Promise<void> => {
  const { kind, closedThrough, keyId, reason, approvalId, at } = event
  await tx.run(INSERT, [newId(), source, kind, closedThrough, keyId, reason, approvalId, at])
}

/** What somebody wants to be open again. */
export type Reopening = {
  readonly id: string
  readonly source: string
  readonly closedThrough: string | null
  readonly reason: string
}

export const insertReopening = async (
  tx: Tx,
  { id, source, closedThrough, reason }: Reopening,
  at: Date,
): Promise<void> => void (await tx.run(REQUEST, [id, source, closedThrough, reason, at]))

export const getReopening = async (db: Queryable, id: string): Promise<Reopening | undefined> =>
  (await db.run<Reopening>(GET, [id]))[0]
