import { afterAll, describe, expect, it } from 'vitest'
import { caller, createTestServer } from '../testing/test-server.ts'

const { app, logged } = await createTestServer()
const call = caller(app)
afterAll(() => app.close())

describe('an API key', () => {
  it('is shown once, listed without its secret, and revoked', async () => {
    const made = await call('POST', '/v1/api_keys', { name: 'shop', scopes: ['write'] })
    const { id } = made.json()
    const listed = await call('GET', '/v1/api_keys')
    const revoked = await call('DELETE', `/v1/api_keys/${id}`)

    expect(made.status).toBe(201)
    expect(made.json()).toMatchObject({ key: 'sk_test_shown_once', name: 'shop', scopes: ['write'], mode: 'test' })
    expect(listed.json().data).toHaveLength(1)
    expect(listed.text).not.toContain('shown_once')
    expect(revoked.json()).toMatchObject({ id, revoked_at: '1970-01-01T00:00:00.000Z' })
    expect(logged.join('')).not.toContain('shown_once')
  })
})
