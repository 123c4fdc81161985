import assert from 'node:assert/strict'
import { timingSafeEqual } from 'node:crypto'
import { type Actor, audit } from '../audit/index.ts'
import type { Clock } from '../clock.ts'
import type { Db } from '../db.ts'
import { Refusal } from '../errors.ts'
import { newId, publicId } from '../ids.ts'
import { type ApiKey, generateKey, hashOf, type Mode, modeOf, prefixOf, type Scope } from './api-key.ts'
import { findKey, insertKey, listKeys, revokeKey, touchKey } from './api-key-rows.ts'

/** Who sent a request. */
export type Principal = { readonly keyId: string; readonly name: string; readonly scopes: readonly Scope[] }

export type ApiKeys = {
  /** Makes a key. `key` is the only time that anybody sees it. `by` is who asked for it, for the audit log. */
  readonly create: (
    request: { readonly name: string; readonly scopes: readonly Scope[] },
    by?: Actor,
  ) => Promise<{ readonly key: string; readonly apiKey: ApiKey }>
  /** Newest first. `after` is the id of the last one seen. */
  readonly list: (page: {
    readonly limit: number
    readonly after?: string
  }) => Promise<{ readonly data: readonly ApiKey[]; readonly hasMore: boolean }>
  /** Takes effect at once on this node and within `CACHE_MS` on others. Undefined when there is no such key. */
  readonly revoke: (id: string, by?: Actor) => Promise<ApiKey | undefined>
  /** Who sent this `Authorization` header. Throws `unauthorized`. Answers without a promise when it knows the key. */
  readonly authenticate: (authorization: string | undefined) => Principal | Promise<Principal>
  /** The given key if it works here or can be made to, else a new one with scope admin: the key of a home. */
  readonly ensureKey: (known: string | undefined) => Promise<{ readonly key: string; readonly created: boolean }>
}

type Dependencies = {
  readonly db: Db
  readonly clock: Clock
  readonly mode: Mode
  readonly log: { readonly warn: (facts: object, message: string) => void }
}

/** A key revoked on another node is still taken for this long, in milliseconds of real time. */
const CACHE_MS = 2_000
// More keys than any deployment uses within two seconds; the oldest leave first.
const CACHE_MAX = 1_000
// Unknown keys cost a query each: beyond this many at a time callers are told to come back.
const LOOKUPS_MAX = 32
// A day is all a review of access needs to know, and a refused request leaves no trace in the tables.
const TOUCH_MS = 86_400_000

export function createApiKeys({ db, clock, mode, log }: Dependencies): ApiKeys {
  const cache = new Map<string, { readonly principal: Principal; readonly until: number }>()
  const lookUps = new Map<string, Promise<Principal>>()
  const touched = new Map<string, number>()
  // Counts revocations, so that what was read before one is not remembered after it.
  let revocations = 0

  const create: ApiKeys['create'] = async ({ name, scopes }, by) => {
    // A second try is for the prefix that another key has already: 1 in 2 × 10^14.
    for (let tries = 0; tries < 3; tries += 1) {
      const key = generateKey(mode)
      const [id, createdAt] = [newId(), clock.now()]
      const apiKey = await db.transaction(async (tx) => {
        const made = await insertKey(tx, {
          ...{ id, name, scopes, mode, createdAt },
          prefix: prefixOf(key),
          hash: hashOf(key),
        })
        if (made !== undefined && by !== undefined)
          await audit(tx, by, createdAt, [
            { action: 'api_key.created', object: publicId('key', id), detail: { name, scopes } },
          ])
        return made
      })
      if (apiKey !== undefined) return { key, apiKey }
    }
    return assert.fail('three new API keys in a row had the prefix of another')
  }

  const touch = (keyId: string): void => {
    const now = performance.now()
    if (now - (touched.get(keyId) ?? Number.NEGATIVE_INFINITY) < TOUCH_MS) return
    remember(touched, keyId, now)
    // Nobody waits for it: that a key was used is not worth a request's time, nor its failure.
    touchKey(db, keyId, clock.now()).catch((error: unknown) => {
      touched.delete(keyId)
      log.warn({ err: error, api_key: keyId }, 'the last use of an API key could not be written')
    })
  }

  const lookUp = async (key: string, digest: Buffer, slot: string): Promise<Principal> => {
    const revocationsBefore = revocations
    const stored = await findKey(db, prefixOf(key))
    if (stored === undefined || !timingSafeEqual(stored.hash, digest)) throw unauthorized('There is no such API key.')
    const { id, name, scopes, revokedAt } = stored.apiKey
    if (revokedAt !== undefined) throw unauthorized(`This API key was revoked at ${revokedAt.toISOString()}.`)
    const principal: Principal = { keyId: id, name, scopes }
    if (revocations === revocationsBefore) {
      remember(cache, slot, { principal, until: performance.now() + CACHE_MS })
    }
    touch(id)
    return principal
  }

  return {
    create,
    list: (page) => listKeys(db, page),
    async revoke(id, by) {
      const now = clock.now()
      const apiKey = await db.transaction(async (tx) => {
        const revoked = await revokeKey(tx, id, now)
        // Once more changes nothing, and is not told.
        if (by !== undefined && revoked?.revokedAt?.getTime() === now.getTime())
          await audit(tx, by, now, [
            { action: 'api_key.revoked', object: publicId('key', id), detail: { name: revoked.name } },
          ])
        return revoked
      })
      revocations += 1
      for (const [slot, { principal }] of cache) if (principal.keyId === id) cache.delete(slot)
      return apiKey
    },
    authenticate(authorization) {
      const key = keyIn(authorization, mode)
      const digest = hashOf(key)
      // The slot is the digest, so that no key stays in memory and looking it up tells nothing about one.
      const slot = digest.toString('base64')
      const cached = cache.get(slot)
      if (cached !== undefined && cached.until > performance.now()) return cached.principal
      const running = lookUps.get(slot)
      if (running !== undefined) return running
      if (lookUps.size >= LOOKUPS_MAX) {
        throw new Refusal('overloaded', 'Too many API keys are being looked up.', { retryAfterSeconds: 1 })
      }
      const found = lookUp(key, digest, slot).finally(() => lookUps.delete(slot))
      lookUps.set(slot, found)
      return found
    },
    async ensureKey(known) {
      if (known !== undefined && modeOf(known) === mode) {
        const digest = hashOf(known)
        const [id, prefix, createdAt] = [newId(), prefixOf(known), clock.now()]
        const restored = { id, name: HOME_KEY, prefix, hash: digest, scopes: ['admin'], mode, createdAt } as const
        if ((await insertKey(db, restored)) !== undefined) return { key: known, created: true }
        const stored = await findKey(db, prefix)
        const works = stored !== undefined && stored.apiKey.revokedAt === undefined
        if (works && timingSafeEqual(stored.hash, digest)) return { key: known, created: false }
      }
      const { key } = await create({ name: HOME_KEY, scopes: ['admin'] })
      return { key, created: true }
    },
  }
}

const HOME_KEY = 'made at start'

/** Puts an entry at the end of a bounded map; the oldest leaves when it is full. */
function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  for (const oldest of map.keys()) {
    if (map.size <= CACHE_MAX) break
    map.delete(oldest)
  }
}

/** The key in an `Authorization` header. Never quotes the header: half a key is a secret, too. */
function keyIn(authorization: string | undefined, mode: Mode): string {
  if (authorization === undefined) throw unauthorized('Send the header "Authorization: Bearer <API key>".')
  const key = /^Bearer +(\S+) *$/i.exec(authorization)?.[1]
  if (key === undefined) throw unauthorized('The Authorization header must be "Bearer <API key>".')
  const keyMode = modeOf(key)
  if (keyMode === undefined) throw unauthorized('An API key is "sk_test_" or "sk_live_" and 43 letters and digits.')
  if (keyMode !== mode) {
    throw unauthorized(`This is a ${keyMode} key, and this deployment takes ${mode} keys only ("sk_${mode}_…").`)
  }
  return key
}

const unauthorized = (detail: string): Refusal => new Refusal('unauthorized', detail)
