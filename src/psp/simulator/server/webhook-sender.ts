import { Webhook as Signer } from 'standardwebhooks'
import { Agent, request } from 'undici'
import { describe } from './errors.ts'
import type { WebhookAttemptRecord } from './records.ts'
import type { Webhook, WebhookQueue } from './webhook-queue.ts'

export type Endpoint = { readonly url: string; readonly secret: string }

export type WebhookSender = {
  /** Sends what is due, and goes on when more falls due. */
  readonly wake: () => void
  /** Attempts everything that waits once, whatever its back-off; returns early after `timeoutMs`. */
  readonly flush: (timeoutMs: number) => Promise<void>
  /** Ends what is being sent now; what is not done stays in the book for the next start. */
  readonly stop: () => Promise<void>
}

const CONCURRENCY = 16 // several at once, so that one slow delivery does not hold the others back
const ANSWER_TIMEOUT_MS = 5_000 // a receiver that stores and answers needs far less
const MAX_ANSWER_BYTES = 65_536 // the answer's body means nothing; a larger one counts as a failure

type Work = {
  readonly queue: WebhookQueue
  readonly endpoint: () => Endpoint | undefined
  /** The identifier and body of a webhook. */
  readonly message: (webhook: Webhook) => { readonly id: string; readonly body: string }
  /** Resolves once what the webhook tells is on disk. */
  readonly durable: () => Promise<void>
  /** Puts an attempt in the book and tells the queue. */
  readonly commit: (record: WebhookAttemptRecord) => void
}

export function createWebhookSender(work: Work): WebhookSender {
  const agent = new Agent({
    connections: CONCURRENCY,
    pipelining: 1,
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    connect: { timeout: ANSWER_TIMEOUT_MS },
    maxResponseSize: MAX_ANSWER_BYTES,
  })
  const sending = new Set<Promise<void>>()
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const watchers: Watchers = new Set()

  async function send(webhook: Webhook, endpoint: Endpoint): Promise<void> {
    await work.durable()
    const error = await deliver(agent, endpoint, work.message(webhook))
    if (stopped && error !== undefined) return
    work.commit({ t: 'attempt', webhook: webhook.number, at: Date.now(), ...(error === undefined ? {} : { error }) })
    for (const watch of watchers) watch(webhook)
  }

  function wake(): void {
    const endpoint = work.endpoint()
    if (stopped || endpoint === undefined) return
    while (sending.size < CONCURRENCY) {
      const webhook = work.queue.take(Date.now())
      if (webhook === undefined) break
      const sent = send(webhook, endpoint).finally(() => {
        sending.delete(sent)
        wake()
      })
      sending.add(sent)
    }
    clearTimeout(timer)
    const next = work.queue.nextDueAt()
    if (next === undefined || sending.size >= CONCURRENCY) return
    timer = setTimeout(wake, Math.max(0, next - Date.now()))
  }

  return {
    wake,
    async flush(timeoutMs) {
      if (work.endpoint() !== undefined && !stopped) await attemptAll(work.queue, watchers, wake, timeoutMs)
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      const waited = Promise.allSettled(sending)
      await Promise.race([waited, new Promise((resolve) => setTimeout(resolve, 1_000).unref())])
      await agent.destroy()
      await waited
    },
  }
}

type Watchers = Set<(webhook: Webhook) => void>

/** Resolves once everything that waits now was attempted, or after `timeoutMs`. */
async function attemptAll(queue: WebhookQueue, watchers: Watchers, wake: () => void, timeoutMs: number): Promise<void> {
  const left = new Set(queue.waiting())
  if (left.size === 0) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const deadline = setTimeout(resolve, timeoutMs)
  const watch = (webhook: Webhook): void => {
    left.delete(webhook)
    // A follower has its turn only once this one is done with.
    if (webhook.state === 'waiting') for (let next = webhook.next; next; next = next.next) left.delete(next)
    if (left.size === 0) resolve()
  }
  watchers.add(watch)
  queue.hurry(Date.now())
  wake()
  await promise
  clearTimeout(deadline)
  watchers.delete(watch)
}

/** Sends one webhook; returns why it failed, or undefined. */
async function deliver(
  agent: Agent,
  endpoint: Endpoint,
  { id, body }: { readonly id: string; readonly body: string },
): Promise<string | undefined> {
  // Signed with the machine's time: the receiver compares it with its own.
  const now = new Date()
  try {
    const answer = await request(endpoint.url, {
      dispatcher: agent,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': new Signer(endpoint.secret).sign(id, now, body),
      },
      body,
    })
    await answer.body.dump({ limit: MAX_ANSWER_BYTES })
    return answer.statusCode >= 200 && answer.statusCode < 300 ? undefined : `status ${answer.statusCode}`
  } catch (error) {
    return describe(error).slice(0, 200)
  }
}
