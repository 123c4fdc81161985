import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../test/support/database.ts'
import { waitFor } from '../../../test/support/wait-for.ts'
import { createTestClock, wallClock } from '../clock.ts'
import { createDb, type Db } from '../db.ts'
import { Refusal } from '../errors.ts'
import { generateKey, includesScope, modeOf } from './api-key.ts'
import { createApiKeys } from './index.ts'

let database: TestDatabase
let db: Db
const warnings: string[] = []
const log = { warn: (_: object, message: string): void => void warnings.push(message) }
const keysOf = (over: Db = db) => createApiKeys({ db: over, clock: wallClock, mode: 'test', log })

beforeAll(async () => {
  database = await createTestDatabase()
  db = createDb({ url: database.url, schema: database.schema, max: 4 })
})
afterAll(async () => {
  await db.end()
  await database.drop()
})

async function refusalOf(run: () => unknown): Promise<Refusal> {
  try {
    await run()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('an API key', () => {
  it('is random, of one form, and says its mode', () => {
    const keys = Array.from({ length: 1_000 }, () => generateKey('test'))

    expect(new Set(keys).size).toBe(1_000)
    expect(keys.filter((key) => !/^sk_test_[0-9A-Za-z]{43}$/.test(key))).toEqual([])
    expect(modeOf(generateKey('live'))).toBe('live')
    expect(modeOf('sk_test_short')).toBeUndefined()
  })

  it('lets its owner in and says who it is', async () => {
    const apiKeys = keysOf()
    const { key, apiKey } = await apiKeys.create({ name: 'shop', scopes: ['write'] })

    const principal = await apiKeys.authenticate(`Bearer ${key}`)

    expect(principal).toEqual({ keyId: apiKey.id, name: 'shop', scopes: ['write'] })
    expect(apiKeys.authenticate(`bearer ${key}`), 'known now, so no promise').not.toBeInstanceOf(Promise)
  })

  it('is kept as a hash and a prefix only', async () => {
    const { key, apiKey } = await keysOf().create({ name: 'kept', scopes: ['read'] })

    const [row] = await db.query<{ text: string }>('select api_key::text as text from api_key where id = $1', [
      apiKey.id,
    ])

    expect(row?.text).toContain(key.slice(0, 16))
    expect(row?.text).not.toContain(key.slice(16))
  })

  it('stops at once where it was revoked, and within the cache time on another node', async () => {
    const [here, there] = [keysOf(), keysOf()]
    const { key, apiKey } = await here.create({ name: 'left', scopes: ['read'] })
    await here.authenticate(`Bearer ${key}`)
    await there.authenticate(`Bearer ${key}`)

    const revoked = await here.revoke(apiKey.id)

    expect(revoked?.revokedAt).toBeInstanceOf(Date)
    expect((await refusalOf(() => here.authenticate(`Bearer ${key}`))).message).toContain('was revoked')
    const refused = () => refusalOf(() => there.authenticate(`Bearer ${key}`)).then(Boolean, () => false)
    await waitFor(refused, { timeoutMs: 5_000, what: 'the other node to refuse the revoked key' })
  })

  it('keeps the instant of its first revocation', async () => {
    const clock = createTestClock()
    const apiKeys = createApiKeys({ db, clock, mode: 'test', log })
    const { apiKey } = await apiKeys.create({ name: 'twice', scopes: ['read'] })
    const first = await apiKeys.revoke(apiKey.id)
    clock.setOffset(86_400_000)

    const second = await apiKeys.revoke(apiKey.id)

    expect(second?.revokedAt).toEqual(first?.revokedAt)
    expect(await apiKeys.revoke('019ab000-0000-7000-8000-000000000000')).toBeUndefined()
  })

  it('notes its last use at most once a day', async () => {
    const { key, apiKey } = await keysOf().create({ name: 'used', scopes: ['read'] })
    const lastUse = async () => {
      const { data } = await keysOf().list({ limit: 200 })
      return data.find(({ id }) => id === apiKey.id)?.lastUsedAt
    }
    expect(await lastUse()).toBeUndefined()

    await keysOf().authenticate(`Bearer ${key}`)
    const first = await waitFor(lastUse, { timeoutMs: 5_000, what: 'the last use' })
    await keysOf().authenticate(`Bearer ${key}`)

    expect(await lastUse()).toEqual(first)
    expect(warnings).toEqual([])
  })

  it.each([
    ['nothing', undefined, 'Send the header'],
    ['another scheme', 'Basic c2s6', 'must be "Bearer <API key>"'],
    ['no key', 'Bearer ', 'must be "Bearer <API key>"'],
    ['a word', 'Bearer secret-word', '43 letters and digits'],
    ['an unknown key', `Bearer ${generateKey('test')}`, 'no such API key'],
    ['a live key', `Bearer ${generateKey('live')}`, 'takes test keys only'],
  ])('is refused when it is %s, and never quoted', async (_, authorization, words) => {
    const refusal = await refusalOf(() => keysOf().authenticate(authorization))

    expect(refusal.code).toBe('unauthorized')
    expect(refusal.message).toContain(words)
    expect(refusal.message).not.toContain('secret-word')
    expect(refusal.message).not.toMatch(/sk_(test|live)_[0-9A-Za-z]/)
  })

  it('is refused when only its end differs', async () => {
    const { key } = await keysOf().create({ name: 'near', scopes: ['read'] })
    const near = key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a')

    expect((await refusalOf(() => keysOf().authenticate(`Bearer ${near}`))).code).toBe('unauthorized')
  })

  it('is looked up once by many requests at the same time, and unknown ones have a limit', async () => {
    const held = Promise.withResolvers<never[]>()
    let queries = 0
    const slow: Db = {
      ...db,
      run: async () => {
        queries += 1
        return held.promise
      },
    }
    const apiKeys = keysOf(slow)
    const key = generateKey('test')
    const same = Array.from({ length: 100 }, () => refusalOf(() => apiKeys.authenticate(`Bearer ${key}`)))
    const others = Array.from({ length: 50 }, () =>
      refusalOf(() => apiKeys.authenticate(`Bearer ${generateKey('test')}`)),
    )

    held.resolve([])

    expect(new Set((await Promise.all(same)).map(({ code }) => code))).toEqual(new Set(['unauthorized']))
    expect((await Promise.all(others)).filter(({ code }) => code === 'overloaded')).toHaveLength(19)
    expect(queries).toBe(32)
  })
})

describe('the key of a home', () => {
  it('is made once and taken again', async () => {
    const apiKeys = keysOf()
    const made = await apiKeys.ensureKey(undefined)

    expect(made.created).toBe(true)
    expect(await apiKeys.ensureKey(made.key)).toEqual({ key: made.key, created: false })
    expect(await apiKeys.authenticate(`Bearer ${made.key}`)).toMatchObject({ scopes: ['admin'] })
  })

  it('is registered again in a new database', async () => {
    const key = generateKey('test')

    expect(await keysOf().ensureKey(key)).toEqual({ key, created: true })
    await expect(Promise.resolve(keysOf().authenticate(`Bearer ${key}`))).resolves.toBeDefined()
  })

  it('is a new one when the known one was revoked, is of another mode or no key at all', async () => {
    const apiKeys = keysOf()
    const { key, apiKey } = await apiKeys.create({ name: 'gone', scopes: ['admin'] })
    await apiKeys.revoke(apiKey.id)

    for (const known of [key, generateKey('live'), 'nonsense']) {
      const ensured = await apiKeys.ensureKey(known)
      expect(ensured.created).toBe(true)
      expect(ensured.key).not.toBe(known)
    }
  })
})

describe('a list of keys', () => {
  it('is newest first and goes on after the last one seen', async () => {
    const apiKeys = keysOf()
    for (const name of ['one', 'two', 'three']) await apiKeys.create({ name, scopes: ['read'] })
    const all = await apiKeys.list({ limit: 200 })

    const first = await apiKeys.list({ limit: 2 })
    const last = first.data.at(-1)
    const next = await apiKeys.list({ limit: 1, ...(last && { after: last.id }) })

    expect(all.data.map(({ id }) => id)).toEqual(
      all.data
        .map(({ id }) => id)
        .sort()
        .reverse(),
    )
    expect([...first.data, ...next.data]).toEqual(all.data.slice(0, 3))
    expect(first.hasMore).toBe(true)
    expect(all.hasMore).toBe(false)
  })
})

describe('a scope', () => {
  it('includes the ones below it', () => {
    expect(includesScope(['admin'], 'read')).toBe(true)
    expect(includesScope(['write'], 'read')).toBe(true)
    expect(includesScope(['write'], 'admin')).toBe(false)
    expect(includesScope(['read'], 'write')).toBe(false)
  })
})
