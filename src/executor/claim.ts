import { ATTEMPT_COLUMNS, type Attempt, type AttemptRow, attemptOf, SEND_WINDOW_MS } from '../payments/index.ts'
import { type Db, statement } from '../platform/db.ts'

/** How long a claimed attempt is left alone, in real milliseconds: longer than the slowest answer of a PSP. */
export const LEASE_MS = 30_000

/**
 * Takes attempts that are due: left by a dead node, waiting for a look-up, or waiting to be sent again. A node that
 * lives and says nothing about its attempts for two minutes after their lease is stalled, and has stopped sending long
 * before (see node.ts). What may be sent now is stamped as sent before it is, so that a crash right after is taken for a send.
 */
const CLAIM = statement(
  'executor.claim',
  `with due as (
     select id from attempt
      where due_at <= now() and (node_id is null or node_id = $1 or due_at <= now() - interval '2 minutes')
      order by due_at
      limit $2
      for update skip locked
   )
   update attempt a
      set node_id = $1,
          due_at = now() + $3 * interval '1 millisecond',
          sends = a.sends + (a.status in ('dispatched', 'retry_wait'))::integer,
          last_sent_at = case when a.status in ('dispatched', 'retry_wait') then greatest(a.last_sent_at, $4) else a.last_sent_at end
     from due where a.id = due.id
   returning ${ATTEMPT_COLUMNS}`,
)

export async function claimDue(db: Db, nodeId: number, now: Date, limit: number): Promise<readonly Attempt[]> {
  const rows = await db.run<AttemptRow>(CLAIM, [nodeId, limit, LEASE_MS, now])
  return rows.map(attemptOf)
}

/**
 * What to do with a claimed attempt. A charge is sent again only while that is surely harmless: proven not executed
 * before, or inside its send window and the PSP's memory of the key. Otherwise we ask.
 */
export function nextAction(attempt: Attempt, now: Date, keyRetentionMs: number): 'send' | 'look_up' {
  if (attempt.status === 'pending' || attempt.status === 'unknown') return 'look_up'
  const ageMs = now.getTime() - attempt.createdAt.getTime()
  if (ageMs >= keyRetentionMs) return 'look_up'
  if (attempt.operation !== 'charge') return 'send'
  const mayHaveArrived = attempt.status === 'dispatched' || attempt.ambiguous
  return mayHaveArrived && ageMs >= SEND_WINDOW_MS ? 'look_up' : 'send'
}
