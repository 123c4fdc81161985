import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { App } from '../src/app.ts'
import { callSimulator } from '../src/psp/simulator/testing.ts'
import { type Json, paymentBody, startTestServer, type TestServer } from './support/server.ts'
import { waitFor } from './support/wait-for.ts'

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

describe('a worker', () => {
  it.each(['/healthz', '/readyz', '/metrics'])('answers %s', async (path) => {
    expect((await fetch(`${worker.url}${path}`)).status).toBe(200)
  })

  it('refuses the API and its pages, and says why', async () => {
    const answers = [
      await ask(worker.url, 'POST', '/v1/payments', paymentBody()),
      await ask(worker.url, 'GET', '/v1/payments'),
      await ask(worker.url, 'GET', '/openapi.json'),
      await ask(worker.url, 'GET', '/docs'),
    ]

    for (const { status, body } of answers) {
      expect([status, body['code'], body['retryable']]).toEqual([421, 'not_served_here', false])
    }
  })

  it('takes webhooks, and only what is signed', async () => {
    const answer = await fetch(`${worker.url}/webhooks/psp/simulator`, { method: 'POST', body: '{}' })

    expect([answer.status, ((await answer.json()) as Json)['code']]).toEqual([401, 'unauthorized'])
  })

  it('carries out what an api node has stored', async () => {
    const { body } = await ask(api.url, 'POST', '/v1/payments', paymentBody())

    expect(body['status']).toBe('succeeded')
  })
})

describe('the webhooks of a PSP that knows one endpoint', () => {
  const endpoint = async (): Promise<unknown> =>
    (await callSimulator(server.simulator.url, 'GET', '/webhook_endpoint')).body['url']
  const at = (node: string): string => `${node}/webhooks/psp/simulator`
  const states = async (): Promise<readonly string[]> => {
    const { data } = (await callSimulator(server.simulator.url, 'GET', '/webhooks?limit=1000')).body
    return Array.isArray(data) ? data.map((webhook: { state: string }) => webhook.state) : []
  }

  it('go to a node that lives when theirs has stopped in order, and are verified there', async () => {
    await callSimulator(server.simulator.url, 'PUT', '/settings', { webhooks: 'all' })
    const before = await endpoint()
    expect(before).toBe(at(server.url))

    await server.restart()

    const alive = [server.url, worker.url, api.url].map(at)
    await waitFor(async () => alive.includes(String(await endpoint())), { what: 'an endpoint at a living node' })
    expect((await ask(api.url, 'POST', '/v1/payments', paymentBody())).body['status']).toBe('succeeded')
    await waitFor(async () => (await states()).every((state) => state === 'delivered'), { what: 'the webhooks' })
    expect(await states()).not.toEqual([])
  })
})

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
