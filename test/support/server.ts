import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { type App, createApp } from '../../src/app.ts'
import type { Role } from '../../src/config.ts'
import type { SourceDeclaration } from '../../src/config-sources.ts'
import { type RunningSimulator, startSimulator } from '../../src/psp/simulator/testing.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

export type Json = { readonly [key: string]: Json } & readonly Json[] & (string | number | boolean | null | undefined)

/** An answer of the API. `body` is whatever JSON it was: a test says what it expects, field by field. */
export type Answer = { readonly status: number; readonly headers: Headers; readonly body: Json; readonly text: string }

export type TestServer = {
  readonly url: string
  readonly apiKey: string
  readonly database: TestDatabase
  readonly simulator: RunningSimulator
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Answer>
  /** POST with a fresh Idempotency-Key unless one is given. */
  readonly post: (path: string, body: unknown, headers?: Record<string, string>) => Promise<Answer>
  /** Sends exactly what it is given. */
  readonly send: (method: string, path: string, headers: Record<string, string>, body?: string) => Promise<Answer>
  /** A second server on the same database and simulator. The caller closes it. */
  readonly another: (role?: Role) => Promise<App>
  /** Ends this server in order and starts it again on the same data. */
  readonly restart: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** The whole server in this process, over real HTTP, with the simulator as its own process and a database of its own. */
export async function startTestServer(
  options: { readonly sources?: readonly SourceDeclaration[]; readonly bankFolder?: string } = {},
): Promise<TestServer> {
  const database = await createTestDatabase()
  const simulator = await startSimulator(options.bankFolder === undefined ? {} : { bankFolder: options.bankFolder })
  const log = pino({ level: process.env['LOG_LEVEL'] ?? 'silent' })
  const home = mkdtempSync(join(tmpdir(), 'tallystick-server-'))
  let apiKey: string | undefined
  const start = (role: Role = 'all'): Promise<App> =>
    createApp({
      config: {
        host: '127.0.0.1',
        port: 0,
        role,
        schema: database.schema,
        mode: 'test',
        home,
        version: '0.0.0',
        drainMs: 0,
        sources: options.sources ?? [],
        liveMatching: true,
      },
      databaseUrl: database.url,
      simulatorUrl: simulator.url,
      apiKey,
      log,
    })
  let app = await start()
  apiKey = app.apiKey

  const send = async (
    method: string,
    path: string,
    headers: Record<string, string>,
    body?: string,
  ): Promise<Answer> => {
    const response = await fetch(`${app.url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json') === true
    return {
      status: response.status,
      headers: response.headers,
      body: (isJson ? JSON.parse(text) : text) as Json,
      text,
    }
  }
  const authorization = { authorization: `Bearer ${app.apiKey}` }
  return {
    get url() {
      return app.url
    },
    apiKey: app.apiKey ?? '',
    database,
    simulator,
    send,
    get: (path, headers = {}) => send('GET', path, { ...authorization, ...headers }),
    post: (path, body, headers = {}) =>
      send(
        'POST',
        path,
        { ...authorization, 'content-type': 'application/json', 'idempotency-key': randomUUID(), ...headers },
        JSON.stringify(body),
      ),
    another: start,
    async restart() {
      await app.close()
      app = await start()
    },
    async stop() {
      await app.close()
      await simulator.stop()
      await database.drop()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** A payment body with good defaults: two sellers, 42.50 EUR. */
export const paymentBody = (overrides: Record<string, unknown> = {}): Record<string, unknown> => ({
  buyer: { reference: 'buyer-1' },
  currency: 'EUR',
  payment_method: 'pm_test_visa',
  orders: [
    { seller: 'anna', amount: 1250, platform_fee: 125 },
    { seller: 'ben', amount: 3000, platform_fee: 300 },
  ],
  ...overrides,
})

/** A payment of one order whose amount the simulator reacts to, in a currency of its own. */
export const magicPayment = (amount: number): Record<string, unknown> =>
  paymentBody({ currency: 'USD', payment_method: 'pm_test_magic', orders: [{ seller: `seller-${amount}`, amount }] })
