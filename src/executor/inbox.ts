import type { Report } from '../payments/index.ts'
import type { Clock } from '../platform/clock.ts'
import { type Db, statement } from '../platform/db.ts'
import { newId, uuidOf } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import type { Outcome, Psp } from '../psp/psp.ts'

/** Webhooks of PSPs: verified and stored while the PSP waits, handled afterwards, each PSP event once. */
export type WebhookInbox = {
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
  'executor.store_webhook',
  `insert into psp_webhook (id, psp, psp_event_id, reference, outcome, received_at) values ($1, $2, $3, $4, $5, $6)
   on conflict (psp, psp_event_id) do nothing returning id`,
)

const FIND_ATTEMPT = statement(
  'executor.find_attempt',
  'select payment_event_id, charge_attempt_id from attempt where id = $1 and psp = $2',
)

const HANDLED = statement(
  'executor.webhook_handled',
  'update psp_webhook set handled_at = $2, result = $3 where id = $1',
)

const UNHANDLED = statement(
  'executor.unhandled_webhooks',
  'select id, psp, reference, outcome from psp_webhook where handled_at is null order by id limit 500',
)

type Stored = {
  readonly id: string
  readonly psp: string
  readonly reference: string | undefined
  readonly outcome: Outcome
}

export function createInbox(deps: {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly psps: ReadonlyMap<string, Psp>
  readonly record: (report: Report) => Promise<void>
}): WebhookInbox {
  const { db, clock, log } = deps
  const handling = new Map<string, Promise<void>>()

  const handle = async (event: Stored): Promise<void> => {
    const attemptId = event.reference === undefined ? undefined : uuidOf('att', event.reference)
    const [attempt] =
      attemptId === undefined
        ? []
        : await db.run<{ payment_event_id: string; charge_attempt_id: string }>(FIND_ATTEMPT, [attemptId, event.psp])
    if (attempt !== undefined) {
      const { payment_event_id: paymentId, charge_attempt_id: chargeId } = attempt
      await deps.record({ paymentId, chargeId, attemptId: chargeId, via: 'webhook', outcome: event.outcome })
    }
    await db.run(HANDLED, [event.id, clock.now(), attempt === undefined ? 'unmatched' : 'recorded'])
  }

  const start = (event: Stored): Promise<void> => {
    const running = handling.get(event.id)
    if (running !== undefined) return running
    const run = handle(event)
      .catch((error: unknown) => log.warn({ err: error, webhook: event.id }, 'a webhook waits to be handled'))
      .finally(() => handling.delete(event.id))
    handling.set(event.id, run)
    return run
  }

  return {
    async receive(name, headers, body) {
      const psp = deps.psps.get(name)
      if (psp === undefined) return 'unknown_psp'
      const event = psp.verifyWebhook(headers, body)
      if (event === undefined) return 'bad_signature'
      const id = newId()
      const values = [id, name, event.id, event.reference, encodeOutcome(event.outcome), clock.now()]
      const stored = await db.run<{ id: string }>(STORE, values)
      if (stored.length === 0) return 'duplicate'
      void start({ id, psp: name, reference: event.reference, outcome: event.outcome })
      return 'stored'
    },
    async sweep() {
      const rows = await db.run<{ id: string; psp: string; reference: string | null; outcome: EncodedOutcome }>(
        UNHANDLED,
      )
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

/** An outcome as JSON: amounts as text, because JSON numbers lose digits, and instants in ISO 8601. */
type EncodedOutcome = Record<string, unknown> & { outcome: Outcome['outcome'] }

const encodeOutcome = (outcome: Outcome): string =>
  JSON.stringify(outcome, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))

function decodeOutcome(encoded: EncodedOutcome): Outcome {
  const decoded: Record<string, unknown> = { ...encoded }
  if (typeof encoded['amount'] === 'string') decoded['amount'] = BigInt(encoded['amount'])
  if (typeof encoded['occurredAt'] === 'string') decoded['occurredAt'] = new Date(encoded['occurredAt'])
  return decoded as Outcome
}
