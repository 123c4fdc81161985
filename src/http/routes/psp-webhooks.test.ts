import { afterAll, describe, expect, it } from 'vitest'
import { createFakeServices } from '../testing/fake-services.ts'
import { createTestServer } from '../testing/test-server.ts'

const services = createFakeServices()
const { app } = await createTestServer({ services })
afterAll(() => app.close())

const send = (payload: Buffer, headers: Record<string, string> = {}) =>
  app.inject({
    method: 'POST',
    url: '/webhooks/psp/simulator',
    payload,
    headers: { 'webhook-signature': 'right', ...headers },
  })

describe('a webhook of a PSP', () => {
  it.each(['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'application/octet-stream'])(
    'arrives byte for byte as %s, without an API key',
    async (type) => {
      const bytes = Buffer.from([0x7b, 0x22, 0xff, 0x00, 0x0d, 0x0a])

      const answer = await send(bytes, { 'content-type': type })

      expect(answer.statusCode).toBe(200)
      expect(answer.json()).toEqual({ received: true })
      expect(services.webhookBodies.at(-1)?.equals(bytes)).toBe(true)
    },
  )

  it('arrives without a body, too', async () => {
    expect((await send(Buffer.alloc(0))).statusCode).toBe(200)
  })

  it('is refused when it is larger than 256 KiB', async () => {
    const answer = await send(Buffer.alloc(256 * 1024 + 1), { 'content-type': 'application/json' })

    expect(answer.json()).toMatchObject({ status: 413, code: 'payload_too_large' })
  })

  it('is refused without the right signature', async () => {
    const answer = await send(Buffer.from('{}'), { 'content-type': 'application/json', 'webhook-signature': 'wrong' })

    expect(answer.json()).toMatchObject({ status: 401, code: 'unauthorized' })
  })
})
