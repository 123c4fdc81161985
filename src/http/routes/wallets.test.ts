import { afterAll, describe, expect, it } from 'vitest'
import { caller, createTestServer } from '../testing/test-server.ts'

const { app } = await createTestServer()
const call = caller(app)
afterAll(() => app.close())

describe('a wallet', () => {
  it.each(['ana', 'a/b', 'Ünïcødé 🛍', 'a?b', 's'.repeat(255), '🛍'.repeat(255)])(
    'of seller %s is read',
    async (seller) => {
      const answer = await call('GET', `/v1/wallets/${encodeURIComponent(seller)}`)

      expect(answer.json()).toEqual({
        seller,
        balances: [{ currency: 'EUR', pending: 1125, available: 0, reserved: 0, owed: 0 }],
      })
    },
  )

  it('has a statement, page by page', async () => {
    const first = (
      await call('GET', '/v1/wallets/ana/statement?from=2026-03-01&to=2026-03-04T00:00:00Z&limit=1')
    ).json()
    const second = (await call('GET', `/v1/wallets/ana/statement?cursor=${first.next_cursor}`)).json()

    expect(first.data).toEqual([
      {
        at: '1970-01-01T00:00:00.000Z',
        entry: 'je_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6',
        kind: 'capture',
        payment: 'pay_019a4c2f7b3c7d1e8f20a1b2c3d4e5f6',
        bucket: 'pending',
        amount: 1125,
        currency: 'EUR',
      },
    ])
    expect(second).toMatchObject({ has_more: false, next_cursor: null })
  })

  it('of a seller who never sold anything is not found', async () => {
    expect((await call('GET', '/v1/wallets/nobody/statement')).json().code).toBe('not_found')
  })
})
