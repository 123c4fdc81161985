import { type Logger, pino } from 'pino'
import type { ApiKey, ApiKeys, Principal } from '../../platform/auth/index.ts'
import { wallClock } from '../../platform/clock.ts'
import { Refusal } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { Api } from '../fastify.ts'
import { createHttpServer, type HttpConfig } from '../server.ts'
import type { Services } from '../services.ts'
import { createFakeServices } from './fake-services.ts'

/** Keys of the fake authentication, by scope. */
export const TEST_KEYS = { admin: 'admin-key', write: 'write-key', read: 'read-key' } as const

export type TestServer = { readonly app: Api; readonly logged: readonly string[] }

/** The real edge over fake services. `logged` has every line that it logs, down to debug. */
export async function createTestServer(
  options: {
    readonly services?: Services
    readonly config?: Partial<HttpConfig>
    readonly level?: Logger['level']
  } = {},
): Promise<TestServer> {
  const logged: string[] = []
  const log = pino({ level: options.level ?? 'debug' }, { write: (line) => void logged.push(line) })
  const app = await createHttpServer({
    services: options.services ?? createFakeServices(),
    auth: fakeApiKeys(),
    config: { mode: 'test', version: '0.0.0-test', ...options.config },
    clock: wallClock,
    log,
  })
  return { app, logged }
}

/** Sends JSON with a key of scope admin. */
export function caller(app: Api) {
  return async (
    method: 'GET' | 'POST' | 'DELETE',
    url: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ) => {
    const sent = body === undefined ? {} : { payload: JSON.stringify(body) }
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    const answer = await app.inject({
      method,
      url,
      ...sent,
      headers: { authorization: bearer(TEST_KEYS.admin), ...type, ...headers },
    })
    return { status: answer.statusCode, headers: answer.headers, text: answer.body, json: () => answer.json() }
  }
}

export const bearer = (key: string): string => `Bearer ${key}`

function fakeApiKeys(): ApiKeys {
  const keys = new Map<string, ApiKey>()
  const principals = new Map<string, Principal>(
    (['admin', 'write', 'read'] as const).map((scope) => [
      bearer(TEST_KEYS[scope]),
      { keyId: newId(), name: scope, scopes: [scope] },
    ]),
  )
  return {
    create: async ({ name, scopes }) => {
      const id = newId()
      const unused = { revokedAt: undefined, lastUsedAt: undefined }
      const apiKey: ApiKey = {
        id,
        name,
        prefix: 'sk_test_abcdefgh',
        scopes,
        mode: 'test',
        createdAt: new Date(0),
        ...unused,
      }
      keys.set(id, apiKey)
      return { key: 'sk_test_shown_once', apiKey }
    },
    list: async ({ limit }) => ({ data: [...keys.values()].slice(0, limit), hasMore: keys.size > limit }),
    revoke: async (id) => {
      const key = keys.get(id)
      return key === undefined ? undefined : { ...key, revokedAt: new Date(0) }
    },
    authenticate: (authorization) => {
      const principal = principals.get(authorization ?? '')
      if (principal === undefined) throw new Refusal('unauthorized', 'There is no such API key.')
      // Now and then a promise, as the real ones give for a key that they do not know yet.
      return principal.name === 'write' ? Promise.resolve(principal) : principal
    },
    ensureKey: async () => ({ key: TEST_KEYS.admin, created: false }),
  }
}
