import { hash, randomBytes } from 'node:crypto'

/** What a key may do: `write` may all that `read` may, and `admin` all that `write` may. */
export const SCOPES = ['read', 'write', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** A deployment is test or live for ever, and so is a key. */
export type Mode = 'test' | 'live'

/** An API key as it is kept: without the key. */
export type ApiKey = {
  readonly id: string
  readonly name: string
  /** The first characters of the key, for people and for finding the row. No secret. */
  readonly prefix: string
  readonly scopes: readonly Scope[]
  readonly mode: Mode
  readonly createdAt: Date
  readonly revokedAt: Date | undefined
  readonly lastUsedAt: Date | undefined
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
// 62^43 is just above 2^256, so that 43 characters hold 32 random bytes.
const SECRET_LENGTH = 43
// `sk_test_` and eight characters of the secret: one in 2 × 10^14 collides, and 208 bits stay unseen.
const PREFIX_LENGTH = 16
const KEY = /^sk_(test|live)_[0-9A-Za-z]{43}$/

/** A new key with 256 random bits: `sk_test_…` or `sk_live_…`. */
export function generateKey(mode: Mode): string {
  let left = BigInt(`0x${randomBytes(32).toString('hex')}`)
  let secret = ''
  for (let place = 0; place < SECRET_LENGTH; place += 1) {
    secret = BASE62.charAt(Number(left % 62n)) + secret
    left /= 62n
  }
  return `sk_${mode}_${secret}`
}

/** The mode that a text which has the form of a key is for, or undefined for any other text. */
export function modeOf(key: string): Mode | undefined {
  const mode = KEY.exec(key)?.[1]
  return mode === 'test' || mode === 'live' ? mode : undefined
}

export const prefixOf = (key: string): string => key.slice(0, PREFIX_LENGTH)

/** SHA-256 is enough for a key of 256 random bits: there is nothing to guess, so nothing to slow down. */
export const hashOf = (key: string): Buffer => hash('sha256', key, 'buffer')

/** Whether one of the scopes includes the needed one. */
export function includesScope(scopes: readonly Scope[], needed: Scope): boolean {
  return scopes.some((scope) => SCOPES.indexOf(scope) >= SCOPES.indexOf(needed))
}
