import { createServer, type Server } from 'node:http'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Client, createClient } from './client.ts'
import { createRandom } from './random.ts'
import { createWitness, type Witness } from './witness.ts'

type Scripted = { readonly status: number; readonly body: unknown } | 'cut' | 'truncate'

describe('client', () => {
  let server: Server
  let script: Scripted[] = []
  const keys: (string | undefined)[] = []
  let client: Client
  let witness: Witness
  let giveUp: AbortController

  beforeAll(async () => {
    server = createServer((incoming, answer) => {
      incoming.resume()
      incoming.on('end', () => {
        keys.push(incoming.headers['idempotency-key']?.toString())
        const next = script.shift() ?? { status: 200, body: { id: 'pay_1' } }
        if (next === 'cut') return void incoming.socket.resetAndDestroy()
        if (next === 'truncate') {
          answer.writeHead(201, { 'content-length': '100' })
          answer.write('{"id":')
          return void setImmediate(() => incoming.socket.destroy())
        }
        answer.writeHead(next.status, { 'content-type': 'application/json' }).end(JSON.stringify(next.body))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })

  beforeEach(() => {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server has no port')
    keys.length = 0
    witness = createWitness()
    giveUp = new AbortController()
    client = createClient({
      baseUrl: () => `http://127.0.0.1:${address.port}`,
      apiKey: () => 'key',
      random: createRandom('client'),
      witness,
      timeoutMs: [5_000, 5_000],
      giveUp: giveUp.signal,
    })
  })

  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  const insist = () => client.insist({ method: 'POST', path: '/v1/payments', key: 'k1', body: {} })

  it('asks again under the same key until an answer stands', async () => {
    const running = { status: 409, body: { code: 'request_in_progress' } }
    script = ['cut', 'truncate', { status: 503, body: {} }, { status: 429, body: {} }, running]

    const reply = await insist()

    expect(reply).toMatchObject({ status: 200, body: { id: 'pay_1' } })
    expect(keys).toEqual(['k1', 'k1', 'k1', 'k1', 'k1', 'k1'])
    await client.close()
  })

  it.each([400, 404, 409, 422])('takes a refusal with %i for an answer', async (status) => {
    script = [{ status, body: { code: 'some_refusal' } }]

    expect((await insist()).status).toBe(status)
    expect(keys).toHaveLength(1)
    await client.close()
  })

  it('remembers a server error and asks again', async () => {
    script = [{ status: 500, body: { code: 'bug' } }]

    expect((await insist()).status).toBe(200)
    expect(witness.testimony().observations.serverErrors).toHaveLength(1)
    await client.close()
  })

  it('stops insisting when the campaign gives up', async () => {
    script = Array.from({ length: 100 }, () => 'cut' as const)
    const answer = insist()
    giveUp.abort()

    await expect(answer).rejects.toThrow('never answered')
    script = []
    await client.close()
  })
})
