import { setTimeout as delay } from 'node:timers/promises'
import { Agent, request } from 'undici'
import type { Random } from './random.ts'
import { asObject } from './wire.ts'
import type { Witness } from './witness.ts'

export type Call = {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly path: string
  readonly key?: string
  readonly body?: unknown
  readonly prefer?: string
}

export type Reply = {
  readonly status: number
  readonly body: unknown
  readonly replayed: boolean
  /** When the request was sent, on the clock of `performance.now()`. */
  readonly askedAt: number
}

export type Client = {
  /** One try. Rejects when no whole answer came. */
  readonly once: (call: Call) => Promise<Reply>
  /** Asks again, under the same key, until the answer is one that stands. */
  readonly insist: (call: Call) => Promise<Reply>
  readonly close: () => Promise<void>
}

/** Bounds of the pause between two tries. Short, because the server is meant to be hit while it starts. */
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 1_500

/**
 * A client as a careful merchant would write it: it never knows whether a request without an answer
 * was carried out, so it sends the same one again under the same key.
 */
export function createClient(options: {
  readonly baseUrl: () => string
  readonly apiKey: () => string
  readonly random: Random
  readonly witness: Witness
  /** Longest wait for an answer in milliseconds, drawn for each try so that some give up early. */
  readonly timeoutMs: readonly [min: number, max: number]
  /** Ends all insisting: what has no answer by then has none. */
  readonly giveUp: AbortSignal
  /** Longest insistence on one answer; without it only `giveUp` ends it. */
  readonly insistForMs?: number
}): Client {
  const { random, witness } = options
  const agent = new Agent({ pipelining: 1, connections: 64, connectTimeout: 2_000 })
  const once = async (call: Call): Promise<Reply> => {
    witness.sent()
    const timeoutMs = random.int(...options.timeoutMs)
    const askedAt = performance.now()
    const answer = await request(new URL(call.path, options.baseUrl()), {
      method: call.method,
      dispatcher: agent,
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        authorization: `Bearer ${options.apiKey()}`,
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(call.key === undefined ? {} : { 'idempotency-key': call.key }),
        ...(call.prefer === undefined ? {} : { prefer: call.prefer }),
      },
      body: call.body === undefined ? null : JSON.stringify(call.body),
    })
    const text = await answer.body.text()
    const body: unknown = text === '' ? undefined : JSON.parse(text)
    const replayed = answer.headers['idempotent-replayed'] === 'true'
    const reply = { status: answer.statusCode, body, replayed, askedAt }
    if (reply.status >= 500 && reply.status !== 503)
      witness.serverError(`${call.method} ${call.path} (key ${call.key}) gave ${reply.status}: ${text.slice(0, 300)}`)
    return reply
  }
  const insist = async (call: Call): Promise<Reply> => {
    const end = performance.now() + (options.insistForMs ?? Number.POSITIVE_INFINITY)
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      if (options.giveUp.aborted || performance.now() > end)
        throw new Error(`${call.method} ${call.path} (key ${call.key}) was never answered`)
      const reply = await once(call).catch(() => undefined)
      if (reply !== undefined && isDefinitive(reply)) return reply
      await delay(Math.round(pauseMs * (0.5 + random.next())))
    }
  }
  return { once, insist, close: () => agent.destroy() }
}

/** Whether a client may stop asking: everything but "later", "still running" and a server error. */
export function isDefinitive(reply: Reply): boolean {
  if (reply.status === 429 || reply.status >= 500) return false
  return !(reply.status === 409 && problemCode(reply.body) === 'request_in_progress')
}

/** The stable code of a problem, or a text that says there was none. */
export function problemCode(body: unknown): string {
  if (typeof body !== 'object' || body === null) return 'no problem document'
  const code = asObject(body, 'problem')['code']
  return typeof code === 'string' ? code : 'no code'
}
