import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../src/app.ts'
import { type Json, paymentBody, startTestServer, type TestServer } from './support/server.ts'

/** Several nodes of one deployment, in one process, over real HTTP, a real database and the real simulator. */

const DAY_MS = 86_400_000

let server: TestServer
let worker: App
let api: App

beforeAll(async () => {
  server = await startTestServer()
  worker = await server.another('worker')
  api = await server.another('api')
})
afterAll(async () => {
  await api.close()
  await worker.close()
  await server.stop()
})

async function ask(node: string, method: 'GET' | 'POST', path: string, body?: unknown) {
  const response = await fetch(`${node}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${server.apiKey}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': randomUUID() }),
      prefer: 'wait=15',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Json }
}

const advance = (node: string, days: number) => ask(node, 'POST', '/v1/test/clock/advance', { days })
const offset = async (node: string) => Number((await ask(node, 'GET', '/v1/test/clock')).body['offset_ms'])

describe('the test clock of several nodes', () => {
  it('adds up advances that two nodes are asked for at once', async () => {
    const before = await offset(server.url)

    const answers = await Promise.all([advance(server.url, 1), advance(api.url, 1)])

    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(await offset(server.url)).toBe(before + 2 * DAY_MS)
    expect(await offset(api.url)).toBe(before + 2 * DAY_MS)
  })

  it('has moved on every node when the advance is answered, so that nothing is stored by the old time', async () => {
    for (const [one, other] of [
      [server.url, api.url],
      [api.url, server.url],
    ] as const) {
      const { body } = await advance(one, 1)

      const [clock, payment] = await Promise.all([
        ask(other, 'GET', '/v1/test/clock'),
        ask(other, 'POST', '/v1/payments', paymentBody()),
      ])

      expect(Date.parse(String(clock.body['now']))).toBeGreaterThanOrEqual(Date.parse(String(body['now'])))
      expect(payment.body['status']).toBe('succeeded')
      const created = Date.parse(String(payment.body['created_at']))
      expect(created).toBeGreaterThanOrEqual(Date.parse(String(body['now'])))
    }
  })
})
