import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { paymentBody } from './server.ts'

export type SteadyClient = {
  /** Ids of the payments that were answered with 201. */
  readonly made: ReadonlySet<string>
  /** Requests that went out a second time, to the other node under their key, because no answer came or a 503. */
  readonly again: () => number
  /** What no caller should ever see. */
  readonly failures: readonly string[]
  /** The node is one that requests may go to, or not: as a load balancer is told that asks /readyz. */
  readonly isReady: (url: string) => boolean
  readonly stop: () => Promise<void>
}

const CALLERS = 6
const LOOK_MS = 50

/**
 * Callers that buy without a pause behind a load balancer that asks each node's /readyz: every request goes to a node
 * that was ready at the last look, and once more to another when no answer came.
 */
export function startSteadyClient(nodes: () => readonly string[], apiKey: string): SteadyClient {
  const made = new Set<string>()
  const failures: string[] = []
  const stopping = new AbortController()
  let ready: readonly string[] = []
  let again = 0
  let turn = 0

  const look = async (): Promise<void> => {
    const urls = nodes()
    const answers = await Promise.all(urls.map((url) => fetch(`${url}/readyz`).catch(() => undefined)))
    ready = urls.filter((_, index) => answers[index]?.status === 200)
  }

  const pick = (other?: string): string | undefined => {
    const candidates = ready.filter((url) => url !== other)
    turn += 1
    return candidates[turn % candidates.length]
  }

  const send = async (url: string, key: string, body: string): Promise<Response | undefined> => {
    const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', 'idempotency-key': key }
    const waiting = turn % 2 === 0 ? { prefer: 'wait=5' } : {}
    const request = { method: 'POST', headers: { ...headers, ...waiting }, body }
    const answer = await fetch(`${url}/v1/payments`, request).catch(() => undefined)
    return answer?.status === 503 ? undefined : answer
  }

  const buy = async (): Promise<void> => {
    const [key, body] = [randomUUID(), JSON.stringify(paymentBody({ buyer: { reference: randomUUID() } }))]
    const first = pick()
    if (first === undefined) return void failures.push('no node was ready')
    let answer = await send(first, key, body)
    if (answer === undefined) {
      again += 1
      const second = pick(first)
      answer = second === undefined ? undefined : await send(second, key, body)
    }
    const text = await answer?.text()
    if (answer?.status !== 201) failures.push(`${answer?.status ?? 'no answer, twice'}: ${text}`)
    else made.add(JSON.parse(text ?? '').id)
  }

  const looking = (async () => {
    while (!stopping.signal.aborted) {
      await look()
      await delay(LOOK_MS)
    }
  })()
  const callers = look().then(() =>
    Promise.all(
      Array.from({ length: CALLERS }, async () => {
        while (!stopping.signal.aborted) await buy()
      }),
    ),
  )
  return {
    made,
    again: () => again,
    failures,
    isReady: (url) => ready.includes(url),
    async stop() {
      stopping.abort()
      await callers
      await looking
    },
  }
}
