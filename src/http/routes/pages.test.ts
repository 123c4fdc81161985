import { createHash } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { createFakeServices } from '../testing/fake-services.ts'
import { caller, createTestServer } from '../testing/test-server.ts'

const { app } = await createTestServer()
afterAll(() => app.close())

describe('the pages', () => {
  it('say at the root what is where', async () => {
    const answer = await app.inject('/')
    const { documentation, openapi, errors, ready } = answer.json()

    expect(answer.json()).toMatchObject({ name: 'tallystick', version: '0.0.0-test', mode: 'test' })
    for (const path of [openapi, errors, ready]) expect((await app.inject(path)).statusCode).toBe(200)
    expect((await app.inject(documentation)).headers.location).toBe('/docs/')
  })

  it('show the documentation with nothing from elsewhere, under a policy that knows its script', async () => {
    const page = await app.inject('/docs/')
    const [, inline = ''] = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(page.body) ?? []
    const hash = createHash('sha256').update(inline).digest('base64')
    const policy = String(page.headers['content-security-policy'])

    expect(page.statusCode).toBe(200)
    expect(policy).toContain(`script-src 'self' 'sha256-${hash}'`)
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(page.body).not.toMatch(/https?:\/\//)
    expect(page.body).toContain('"url": "/openapi.json"')
  })

  it('serve the script of the documentation from here', async () => {
    const script = await app.inject('/docs/js/scalar.js')

    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(script.body.length).toBeGreaterThan(1_000_000)
  })

  it('explain each error under the anchor that its problem links to', async () => {
    const { type } = (await app.inject('/nowhere')).json()
    const page = await app.inject('/errors')

    expect(type).toBe('/errors#not_found')
    expect(page.body).toContain('<h2 id="not_found">')
    expect(String(page.headers['content-security-policy'])).toContain("default-src 'none'")
  })
})

describe('what machines ask', () => {
  it('is answered without an API key', async () => {
    expect((await app.inject('/healthz')).json()).toEqual({ status: 'ok' })
    expect((await app.inject('/readyz')).json()).toEqual({ ready: true, detail: { database: 'ok' } })
    const metrics = await app.inject('/metrics')
    expect(metrics.body).toBe('up 1\n')
    expect(metrics.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  })

  it('is 503 while the server is not ready', async () => {
    const readiness = { check: async () => ({ ready: false, detail: { database: 'unreachable' } }) }
    const starting = await createTestServer({ services: createFakeServices().override({ readiness }) })

    const answer = await starting.app.inject('/readyz')
    await starting.app.close()

    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toEqual({ ready: false, detail: { database: 'unreachable' } })
  })
})

describe('what is the same for everybody', () => {
  it('has the currencies with their decimals', async () => {
    const { data } = (await caller(app)('GET', '/v1/currencies')).json()

    expect(data).toEqual(
      expect.arrayContaining([
        { code: 'JPY', decimals: 0 },
        { code: 'KWD', decimals: 3 },
        { code: 'EUR', decimals: 2 },
      ]),
    )
  })

  it('has a search by whole ids and references', async () => {
    expect((await caller(app)('GET', '/v1/search?q=nothing')).json()).toEqual({ data: [] })
  })
})
