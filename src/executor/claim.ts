import {
  ATTEMPT_COLUMNS,
  type Attempt,
  type AttemptRow,
  attemptOf,
  GIVE_UP_AFTER_MS,
  SEND_WINDOW_MS,
} from '../payments/index.ts'
import { toColumns } from '../platform/columns.ts'
import { type Db, statement } from '../platform/db.ts'
import { takeUp } from './take-up.ts'

/**
 * How long a claimed attempt is left alone, in real milliseconds: longer than the slowest answer of a PSP, and shorter
 * than the send window, so that a charge that was stored but never handed to its node is still sent.
 */
export const LEASE_MS = 20_000

/** How many attempts of one PSP may be taken now: to be sent, and to be asked after. */
export type Room = {
  readonly psp: string
  readonly keyRetentionMs: number
  readonly send: number
  readonly lookUp: number
}

/** What is `dispatched` is stamped as sent and has to be; the rest is looked up. `more`: another claim at once may find more. */
export type Claimed = { readonly attempts: readonly Attempt[]; readonly more: boolean }

/**
 * Takes attempts that are due: left by a dead node, waiting for a look-up, or waiting to be sent again. Every PSP and
 * status has room of its own, so that one PSP that never answers does not hold up another, nor questions the charges. A
 * node that lives and says nothing about its attempts for two minutes after their lease is stalled, and has stopped
 * sending long before (see node.ts).
 *
 * A charge is sent only while that is surely harmless: never sent or proven not executed, and its buyer may still be
 * there; or inside its send window. No request is sent once the PSP has forgotten its key. What may be sent is marked as
 * sent before it is, so that a crash right after is taken for a send: the next to claim it finds it `dispatched`, and
 * from then on only a look-up may say that it failed (`ambiguous`). What may not be sent any more is `unknown`, due at
 * once in the other line.
 */
const CLAIM = statement(
  'executor.claim',
  `with line as (
     select * from unnest($1::text[], $2::text[], $3::integer[], $4::timestamptz[]) as l (psp, status, room, key_kept_since)
   ), due as (
     select d.id,
            d.status in ('dispatched', 'retry_wait') as to_send,
            d.created_at > line.key_kept_since
              and (d.operation <> 'charge'
                   or d.created_at > case when d.ambiguous or (d.status = 'dispatched' and d.sends > 0) then $5::timestamptz else $6::timestamptz end)
              as may_send
       from line
      cross join lateral (
        select a.id, a.status, a.created_at, a.operation, a.ambiguous, a.sends
          from attempt a
         where a.psp = line.psp and a.line_status = line.status and a.line_due_at <= now()
           and (a.node_id is null or a.node_id = $7 or a.line_due_at <= now() - interval '2 minutes')
         order by a.line_due_at
         limit line.room
           for update skip locked
      ) d
   )
   update attempt a
      set node_id = case when not due.to_send or due.may_send then $7::integer end,
          due_at = case when not due.to_send or due.may_send then now() + $8 * interval '1 millisecond' else now() end,
          status = case when not due.to_send then a.status when due.may_send then 'dispatched' else 'unknown' end,
          ambiguous = a.ambiguous or (a.status = 'dispatched' and a.sends > 0),
          sends = a.sends + (due.to_send and due.may_send)::integer,
          last_sent_at = case when due.to_send and due.may_send then greatest(a.last_sent_at, $9) else a.last_sent_at end
     from due where a.id = due.id
   returning ${ATTEMPT_COLUMNS}`,
)

/** What its node has had in hand for longer than its lease. */
const TAKE_UP_DUE = takeUp('executor.take_up_due', 'due_at <= now()')

const TO_SEND = ['dispatched', 'retry_wait']
const TO_LOOK_UP = ['pending', 'unknown']

export async function claimDue(db: Db, nodeId: number, now: Date, rooms: readonly Room[]): Promise<Claimed> {
  const before = (ms: number): Date => new Date(now.getTime() - ms)
  const lines = rooms.flatMap(({ psp, keyRetentionMs, send, lookUp }) => [
    ...TO_SEND.map((status) => [psp, status, send, before(keyRetentionMs)] as const),
    ...TO_LOOK_UP.map((status) => [psp, status, lookUp, before(keyRetentionMs)] as const),
  ])
  await db.run(TAKE_UP_DUE)
  const rows = await db.run<AttemptRow>(CLAIM, [
    ...toColumns(4, lines),
    before(SEND_WINDOW_MS),
    before(GIVE_UP_AFTER_MS),
    nodeId,
    LEASE_MS,
    now,
  ])
  const attempts = rows.map(attemptOf)
  return {
    // What moved from one line to the other is nobody's yet; the next claim finds it.
    attempts: attempts.filter((attempt) => attempt.nodeId === nodeId),
    more: rooms.some(({ psp, send, lookUp }) => {
      const mine = attempts.filter((attempt) => attempt.psp === psp)
      const moved = mine.filter((attempt) => attempt.nodeId !== nodeId).length
      const sent = mine.filter((attempt) => attempt.status === 'dispatched').length
      return (send > 0 && sent + moved >= send) || (lookUp > 0 && (moved > 0 || mine.length - sent >= lookUp))
    }),
  }
}

const RELEASE = statement(
  'executor.release',
  `with lost as (
     select id from attempt
      where line_due_at > now() and node_id = $1 and id <> all($2::uuid[])
        for update skip locked
   )
   update attempt a set due_at = now() from lost where a.id = lost.id`,
)

/**
 * Makes due at once what this node holds by the database and does not know of: a claim that committed although its
 * answer was lost. Without it they would wait for the end of their lease.
 */
export async function releaseUnknown(db: Db, nodeId: number, held: readonly string[]): Promise<void> {
  await db.run(RELEASE, [nodeId, held])
}
