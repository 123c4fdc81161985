import type { Recorded, Report } from '../payments/index.ts'
import type { Clock } from '../platform/clock.ts'
import { toArray, toColumns } from '../platform/columns.ts'
import { type Db, isConnectionError, statement } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import { newId, uuidOf } from '../platform/ids.ts'
import { createLane } from '../platform/lane.ts'
import type { Log } from '../platform/log.ts'
import type { Outcome, Psp, WebhookEvent } from '../psp/psp.ts'
import { isReference } from './checked-outcome.ts'
import { decodeOutcome, type EncodedOutcome, encodeOutcome, toldByWebhook } from './encoded-outcome.ts'

/** Webhooks of PSPs: verified and stored while the PSP waits, handled afterwards, each PSP event once. */
export type WebhookInbox = {
  /** Throws `overloaded` when more arrive than can be stored: the PSP sends them again. */
  readonly receive: (
    psp: string,
    headers: Readonly<Record<string, string | undefined>>,
    body: Buffer,
  ) => Promise<'stored' | 'duplicate' | 'bad_signature' | 'unknown_psp'>
  /** Handles what is stored and not handled, such as what a crash left. */
  readonly sweep: () => Promise<void>
  /** Resolves when everything received by this node is handled. */
  readonly idle: () => Promise<void>
}

const STORE = statement(
  'executor.store_webhooks',
  `with stored as (
     insert into psp_webhook (received_at, id, psp, psp_event_id, reference, outcome)
     select $1, w.* from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::jsonb[]) as w
     on conflict (psp, psp_event_id) do nothing returning id, psp),
   told as (insert into live_told (webhook_id, psp) select id, psp from stored where psp = any($7::text[]))
   select id from stored`,
)

const FIND_ATTEMPTS = statement(
  'executor.find_attempts',
  'select id, psp, payment_event_id, charge_attempt_id from attempt where id = any($1::uuid[])',
)

const HANDLED = statement(
  'executor.webhooks_handled',
  `update psp_webhook w set handled_at = $1, result = h.result
     from unnest($2::uuid[], $3::text[]) as h (id, result) where w.id = h.id`,
)

const UNHANDLED = statement(
  'executor.unhandled_webhooks',
  'select id, psp, reference, outcome from psp_webhook where handled_at is null and received_at <= $1 order by id limit 500',
)

type Stored = {
  readonly id: string
  readonly psp: string
  readonly reference: string | undefined
  readonly outcome: Outcome
}

// Whoever received a webhook handles it within moments; what is older was left by a crash.
const LEFT_AFTER_MS = 5_000

const EVENT_ID_MAX = 255

export function createInbox(deps: {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly psps: ReadonlyMap<string, Psp>
  /** PSPs whose webhooks are also handed to the live view of reconciliation. */
  readonly followed?: readonly string[]
  readonly record: (report: Report) => Promise<Recorded>
}): WebhookInbox {
  const { db, clock, log } = deps
  const followed = toArray(deps.followed ?? [])
  const handling = new Map<string, Promise<void>>()

  const storing = createLane<Stored & { readonly event: WebhookEvent }, boolean>({
    maxBatch: 500,
    maxQueue: 10_000, // About 10 MB of outcomes, and seconds of work.
    concurrency: 1,
    whenFull: () => new Refusal('overloaded', 'Too many webhooks at once; send it again.', { retryAfterSeconds: 2 }),
    commit: async (items) => {
      const rows = items.map(({ id, psp, event, reference, outcome }) => [
        id,
        psp,
        event.id,
        reference,
        encodeOutcome(outcome),
      ])
      const stored = new Set(
        (await db.run<{ id: string }>(STORE, [clock.now(), ...toColumns(5, rows), followed])).map(({ id }) => id),
      )
      return items.map(({ id }) => stored.has(id))
    },
    splitOn: (error) => !isConnectionError(error),
  })

  const handler = createLane<Stored, void>({
    maxBatch: 500,
    maxQueue: Number.POSITIVE_INFINITY, // Bounded by what is stored a moment before.
    concurrency: 2,
    whenFull: () => new Error('the queue of stored webhooks has no limit'),
    commit: async (items) => {
      const results = await handle(items)
      const known = items.flatMap(({ id }, index) => (results[index] === 'left' ? [] : [[id, results[index]]]))
      await db.run(HANDLED, [clock.now(), ...toColumns(2, known)])
      return items.map(() => undefined)
    },
    splitOn: (error) => !isConnectionError(error),
  })

  const handle = async (items: readonly Stored[]): Promise<readonly (Recorded | 'unmatched')[]> => {
    const ids = items.map(({ reference }) => (reference === undefined ? undefined : uuidOf('att', reference)))
    const rows = await db.run<{ id: string; psp: string; payment_event_id: string; charge_attempt_id: string }>(
      FIND_ATTEMPTS,
      [ids.filter((id) => id !== undefined)],
    )
    const attempts = new Map(rows.map((row) => [row.id, row]))
    return Promise.all(
      items.map(async ({ psp, outcome }, index) => {
        const attempt = attempts.get(ids[index] ?? '')
        if (attempt === undefined || attempt.psp !== psp) return 'unmatched'
        const { payment_event_id: paymentId, charge_attempt_id: chargeId } = attempt
        return deps.record({ paymentId, chargeId, attemptId: chargeId, via: 'webhook', outcome })
      }),
    )
  }

  const start = (item: Stored): Promise<void> => {
    const running = handling.get(item.id)
    if (running !== undefined) return running
    const run = handler
      .submit(item)
      .catch((error: unknown) => log.warn({ err: error, webhook: item.id }, 'a webhook waits to be handled'))
      .finally(() => handling.delete(item.id))
    handling.set(item.id, run)
    return run
  }

  return {
    async receive(name, headers, body) {
      const psp = deps.psps.get(name)
      if (psp === undefined) return 'unknown_psp'
      const event = psp.verifyWebhook(headers, body)
      // No PSP's event has an id this long, and the index that tells repeats apart could not hold it.
      if (event === undefined || event.id.length > EVENT_ID_MAX) return 'bad_signature'
      // A reference that cannot be stored is none of ours.
      const reference = isReference(event.reference) ? event.reference : undefined
      const item = { id: newId(), psp: name, reference, outcome: toldByWebhook(event.outcome) }
      if (!(await storing.submit({ ...item, event }))) return 'duplicate'
      void start(item)
      return 'stored'
    },
    async sweep() {
      const before = new Date(clock.now().getTime() - LEFT_AFTER_MS)
      const rows = await db.run<
        Omit<Stored, 'reference' | 'outcome'> & { reference: string | null; outcome: EncodedOutcome }
      >(UNHANDLED, [before])
      await Promise.all(
        rows.map((row) =>
          start({ ...row, reference: row.reference ?? undefined, outcome: decodeOutcome(row.outcome) }),
        ),
      )
    },
    async idle() {
      while (handling.size > 0) await Promise.all(handling.values())
    },
  }
}
