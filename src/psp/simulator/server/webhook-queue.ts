import assert from 'node:assert'
import { type BackOff, createBackOff, waitAfter } from './back-off.ts'
import type { ChargeStatus, EventFate, EventNote, WebhookAttemptRecord } from './records.ts'

/** One fact that the endpoint is to be told. `at` is business time, `dueAt` is wall-clock time, both in milliseconds. */
export type Webhook = {
  readonly number: number
  readonly charge: number
  readonly status: ChargeStatus
  readonly at: number
  readonly fate: EventFate
  state: 'waiting' | 'delivered' | 'given_up' | 'lost' | 'dropped'
  attempts: number
  /** Deliveries that are still owed: two for a webhook that is repeated. */
  owed: number
  dueAt: number
  lastError: string | undefined
  /** The webhook of the same charge that may go only after this one. */
  next: Webhook | undefined
}

/** The webhooks that are not done yet, in the order in which they are due. No input or output here. */
export type WebhookQueue = {
  /** The webhooks of one record of the book. Those of one record go one after the other. */
  readonly add: (charge: number, notes: readonly EventNote[], wallMs: number) => void
  /** Takes note of one attempt, and returns the webhook. */
  readonly attempted: (record: WebhookAttemptRecord) => Webhook
  /** The next webhook that is due, which is then the caller's to attempt. */
  readonly take: (wallMs: number) => Webhook | undefined
  /** When the next one is due. */
  readonly nextDueAt: () => number | undefined
  /** Makes everything due at once, whatever its back-off. Also called once after the book was replayed. */
  readonly hurry: (wallMs: number) => void
  readonly waiting: () => Iterable<Webhook>
  readonly isFull: () => boolean
  readonly counts: () => { readonly waiting: number; readonly dropped: number; readonly given_up: number }
  /** Newest first: what is waiting, and the last thousand that are done. */
  readonly list: (limit: number) => Webhook[]
}

const MAX_ATTEMPTS = 40 // with the waits of back-off.ts about 17 minutes: longer than any restart of the receiver
const HELD_MS = 1_000 // a held webhook arrives after what happened in the second after it
const MAX_WAITING = 100_000 // about 20 MB; beyond it webhooks are dropped, visibly
const MAX_DONE = 1_000 // what the list shows of the past

export function createWebhookQueue(): WebhookQueue {
  const open = new Map<number, Webhook>()
  const done: Webhook[] = []
  const count = { dropped: 0, given_up: 0 }
  const taken = new Set<number>()
  const line = createBackOff<Webhook>()
  let total = 0

  function add(charge: number, notes: readonly EventNote[], wallMs: number): void {
    let last: Webhook | undefined
    for (const note of notes) {
      const webhook = newWebhook(total++, charge, note, wallMs)
      if (webhook.state !== 'waiting') {
        finish(webhook, webhook.state, wallMs)
        continue
      }
      open.set(webhook.number, webhook)
      if (last === undefined) line.push(webhook, webhook.fate === 'held')
      else last.next = webhook
      last = webhook
    }
  }

  function finish(webhook: Webhook, state: Webhook['state'], wallMs: number): void {
    webhook.state = state
    open.delete(webhook.number)
    if (state === 'dropped' || state === 'given_up') count[state]++
    done.push(webhook)
    if (done.length > 2 * MAX_DONE) done.splice(0, MAX_DONE)
    if (webhook.next === undefined) return
    webhook.next.dueAt = wallMs
    line.push(webhook.next, false)
  }

  function attempted(record: WebhookAttemptRecord): Webhook {
    const webhook = open.get(record.webhook)
    assert(webhook !== undefined, `attempt of a webhook that is not open: ${record.webhook}`)
    taken.delete(webhook.number)
    webhook.attempts++
    webhook.lastError = record.error
    if (record.error === undefined) webhook.owed--
    if (webhook.owed === 0) finish(webhook, 'delivered', record.at)
    else if (webhook.attempts >= MAX_ATTEMPTS) finish(webhook, 'given_up', record.at)
    else {
      webhook.dueAt = record.at + waitAfter(webhook.attempts)
      line.push(webhook, false)
    }
    return webhook
  }

  return {
    add,
    attempted,
    hurry: (wallMs) => hurry(open, taken, line, wallMs),
    take(wallMs) {
      const webhook = line.take(wallMs)
      if (webhook !== undefined) taken.add(webhook.number)
      return webhook
    },
    nextDueAt: line.nextDueAt,
    waiting: () => open.values(),
    isFull: () => open.size >= MAX_WAITING,
    counts: () => ({ waiting: open.size, ...count }),
    list: (limit) => [...open.values(), ...done.slice(-MAX_DONE)].sort((a, b) => b.number - a.number).slice(0, limit),
  }
}

/** Puts everything that waits, and is neither being attempted nor behind another, in line until then. */
function hurry(
  open: ReadonlyMap<number, Webhook>,
  taken: ReadonlySet<number>,
  line: BackOff<Webhook>,
  wallMs: number,
): void {
  const followers = new Set<Webhook>()
  for (const webhook of open.values()) if (webhook.next !== undefined) followers.add(webhook.next)
  line.clear()
  for (const webhook of open.values()) {
    if (followers.has(webhook) || taken.has(webhook.number)) continue
    webhook.dueAt = wallMs
    line.push(webhook, false)
  }
}

function newWebhook(number: number, charge: number, [status, at, fate]: EventNote, wallMs: number): Webhook {
  return {
    number,
    charge,
    status,
    at,
    fate,
    state: fate === 'lost' || fate === 'dropped' ? fate : 'waiting',
    attempts: 0,
    owed: fate === 'twice' ? 2 : 1,
    dueAt: fate === 'held' ? wallMs + HELD_MS : wallMs,
    lastError: undefined,
    next: undefined,
  }
}
