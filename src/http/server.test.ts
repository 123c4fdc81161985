import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { waitFor } from '../../test/support/wait-for.ts'
import { Refusal } from '../platform/errors.ts'
import type { Services } from './services.ts'
import { createFakeServices } from './testing/fake-services.ts'
import { bearer, caller, createTestServer, TEST_KEYS } from './testing/test-server.ts'

const { app } = await createTestServer()
const call = caller(app)
afterAll(() => app.close())

/** The edge over payments that answer a read with this error. */
async function failingWith(error: unknown, level?: string) {
  const services = createFakeServices()
  const payments: Services['payments'] = {
    ...services.payments,
    list: async () => {
      throw error
    },
  }
  return createTestServer({ services: services.override({ payments }), ...(level === undefined ? {} : { level }) })
}

async function answerTo(error: unknown) {
  const server = await failingWith(error)
  const answer = await caller(server.app)('GET', '/v1/payments')
  await server.app.close()
  return { ...answer, logged: server.logged.join('') }
}

describe('every answer', () => {
  it('has a request id: the one of the caller, when it is fit', async () => {
    const idOf = async (sent?: string) =>
      (await call('GET', '/v1/currencies', undefined, sent === undefined ? {} : { 'request-id': sent })).headers[
        'request-id'
      ]

    expect(await idOf()).toMatch(/^req_[\da-f]{32}$/)
    expect(await idOf('my-own_id')).toBe('my-own_id')
    expect(await idOf('with spaces')).toMatch(/^req_/)
    expect(await idOf('i'.repeat(65))).toMatch(/^req_/)
    expect(await idOf('4242424242424242')).toMatch(/^req_/)
  })

  it.each(['/v1/currencies', '/nowhere', '/v1/payments', '/healthz', '/v1/payments/%zz'])(
    'has header fields that keep browsers out: %s',
    async (url) => {
      const { headers } = await app.inject(url)

      expect(headers).toMatchObject({
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      })
      expect(headers['access-control-allow-origin']).toBeUndefined()
    },
  )
})

describe('a refusal', () => {
  it('is a problem with its facts, amounts included, and when to come back', async () => {
    const refusal = new Refusal('overloaded', 'Full.', {
      retryAfterSeconds: 2.2,
      facts: { payment: 'pay_1', amount: 5n, status: 1 },
    })

    const answer = await answerTo(refusal)

    expect(answer.headers['retry-after']).toBe('3')
    expect(answer.json()).toEqual({
      type: '/errors#overloaded',
      title: 'The server has more work than it may queue.',
      status: 503,
      detail: 'Full.',
      code: 'overloaded',
      errors: [],
      request_id: answer.headers['request-id'],
      retryable: true,
      payment: 'pay_1',
      amount: 5,
    })
  })

  it('names the methods of a path that takes another', async () => {
    const answer = await call('DELETE', '/v1/payments')

    expect(answer.status).toBe(405)
    expect(answer.headers.allow).toBe('GET, HEAD, POST')
  })

  it('asks for a key where one is needed', async () => {
    const answer = await app.inject('/v1/payments')

    expect(answer.statusCode).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer')
  })

  it('names all fields that are wrong at once, up to a limit', async () => {
    const orders = Array.from({ length: 400 }, () => ({ seller: 1, amount: 'x', extra: true }))
    const body = { currency: 'eur', payment_method: 'p', orders }

    const { errors, detail } = (await call('POST', '/v1/payments', body, { 'idempotency-key': 'k' })).json()

    expect(errors).toHaveLength(50)
    expect(detail).toMatch(/\(and 1201 more in errors\)$/)
  })
})

describe('a database that is away', () => {
  const withCode = (code: string) => Object.assign(new Error('gone'), { code })

  it.each([
    ['57P01', withCode('57P01')],
    ['57P02', withCode('57P02')],
    ['57P03', withCode('57P03')],
    ['08006', withCode('08006')],
    ['ECONNREFUSED', withCode('ECONNREFUSED')],
    ['ECONNRESET', withCode('ECONNRESET')],
    ['a terminated connection', new Error('Connection terminated unexpectedly')],
    ['a refusal on each address', new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')])],
    ['a wrapped error', new Error('could not read', { cause: withCode('57P01') })],
  ])('is a 503 that says when to come back: %s', async (_, error) => {
    const answer = await answerTo(error)

    expect(answer.json()).toMatchObject({ status: 503, code: 'unavailable', retryable: true })
    expect(answer.headers['retry-after']).toBe('1')
    expect(answer.text).not.toContain('gone')
  })
})

describe('a bug', () => {
  it('is a 500 that tells the request id and nothing else, and is logged', async () => {
    const answer = await answerTo(new TypeError('secret detail'))

    expect(answer.json()).toMatchObject({
      status: 500,
      code: 'internal_error',
      request_id: answer.headers['request-id'],
    })
    expect(answer.text).not.toContain('secret detail')
    expect(answer.logged).toContain('secret detail')
    expect(answer.logged).toContain(String(answer.headers['request-id']))
  })

  it('stays one when what is thrown is no error', async () => {
    expect((await answerTo('a text')).json()).toMatchObject({ status: 500, code: 'internal_error' })
  })
})

describe('the limit of requests', () => {
  it('is kept for each key, and says when to come back', async () => {
    const limited = await createTestServer({ config: { rateLimit: { requests: 2, seconds: 60 } } })
    const send = (key: string) => limited.app.inject({ url: '/v1/currencies', headers: { authorization: bearer(key) } })

    const statuses = [await send(TEST_KEYS.admin), await send(TEST_KEYS.admin), await send(TEST_KEYS.admin)]
    const other = await send(TEST_KEYS.read)
    const health = await limited.app.inject('/healthz')
    await limited.app.close()

    expect(statuses.map(({ statusCode }) => statusCode)).toEqual([200, 200, 429])
    expect(statuses[2]?.json()).toMatchObject({ code: 'rate_limited', retryable: true })
    expect(Number(statuses[2]?.headers['retry-after'])).toBeGreaterThan(0)
    expect([other.statusCode, health.statusCode]).toEqual([200, 200])
  })

  it('is off unless it is configured', async () => {
    const answers = await Promise.all(Array.from({ length: 300 }, () => call('GET', '/v1/currencies')))

    expect(answers.filter(({ status }) => status !== 200)).toEqual([])
  })
})

describe('the log', () => {
  it('has a line for each request at debug only, with the pattern of its path', async () => {
    const quiet = await createTestServer({ level: 'info' })
    const loud = await createTestServer({ level: 'debug' })
    for (const server of [quiet, loud]) await caller(server.app)('GET', '/v1/wallets/ana?x=1')
    await Promise.all([quiet.app.close(), loud.app.close()])

    expect(quiet.logged).toEqual([])
    expect(loud.logged.join('')).toContain('"route":"/v1/wallets/:seller"')
    expect(loud.logged.join('')).not.toContain('ana')
    expect(loud.logged.join('')).not.toContain(TEST_KEYS.admin)
  })
})

describe('the listening server', () => {
  it('answers what is no HTTP, or odd, with a problem, and closes the connection', async () => {
    const server = await createTestServer()
    const { port } = new URL(await server.app.listen({ host: '127.0.0.1', port: 0 }))
    const say = (text: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), '127.0.0.1', () => socket.write(text))
        let said = ''
        socket.on('data', (chunk) => {
          said += chunk.toString()
        })
        socket.on('close', () => resolve(said))
        socket.on('error', reject)
      })

    const garbage = await say('4242424242424242 no http\r\n\r\n')
    const headers = await say(`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`)
    const odd = await Promise.all(
      [
        'GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n',
        'GET /healthz HTTP/1.1\r\nhost: x\r\nexpect: foo\r\n\r\n',
        'CONNECT x:443 HTTP/1.1\r\nhost: x:443\r\n\r\n',
      ].map(say),
    )
    const old = await say('GET /healthz HTTP/1.0\r\n\r\n')
    await server.app.close()

    for (const answer of odd) {
      expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
      expect(answer).toMatch(/\r\ncontent-type: application\/problem\+json/i)
      expect(answer).toContain('"code":"malformed_request"')
      expect(answer).toContain('"request_id":"req_')
    }
    expect(old).toMatch(/^HTTP\/1\.1 200 /)
    expect(garbage).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(garbage).toContain('"code":"malformed_request"')
    expect(garbage).not.toContain('4242')
    expect(headers).toMatch(/^HTTP\/1\.1 431 /)
    expect(headers).toContain('"code":"headers_too_large"')
  })

  it('outlives callers who ask for a tunnel and go away, and does not wait for one who stays', async () => {
    const server = await createTestServer()
    const { port } = new URL(await server.app.listen({ host: '127.0.0.1', port: 0 }))
    const ask = async (): Promise<Socket> => {
      const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
      await once(socket, 'connect')
      socket.write('CONNECT x:443 HTTP/1.1\r\nhost: x:443\r\n\r\n')
      return socket
    }

    for (let n = 0; n < 20; n += 1) (await ask()).resetAndDestroy()
    const staying = await ask()
    await once(staying, 'data')
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`)
    await server.app.close()

    expect(answer.status).toBe(200)
    staying.destroy()
  })

  it('finishes what is in flight while it closes, and refuses the rest', async () => {
    const services = createFakeServices()
    const [started, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const payments: Services['payments'] = {
      ...services.payments,
      list: async (filter) => {
        started.resolve()
        await held.promise
        return services.payments.list(filter)
      },
    }
    const server = await createTestServer({ services: services.override({ payments }) })
    const { port } = new URL(await server.app.listen({ host: '127.0.0.1', port: 0 }))
    const said = { text: '' }
    const socket = connect(Number(port), '127.0.0.1').on('data', (chunk) => {
      said.text += chunk.toString()
    })
    const ask = (path: string) =>
      socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${bearer(TEST_KEYS.admin)}\r\n\r\n`)
    ask('/v1/payments')
    await started.promise

    const closed = server.app.close()
    await waitFor(() => !server.app.server.listening, { what: 'the server to stop listening' })
    ask('/v1/currencies')
    held.resolve()
    await closed

    expect(said.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 503'])
    expect(said.text).toContain('"code":"unavailable"')
  })
})
