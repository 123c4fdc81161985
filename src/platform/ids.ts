import { randomUUIDv7 } from 'node:crypto'
import { Refusal } from './errors.ts'

/** The kinds of things that have an id, as the prefix it carries outside the database. */
export type IdPrefix =
  | 'pay'
  | 'po'
  | 'att'
  | 'je'
  | 'key'
  | 'evt'
  | 'ref'
  | 'dis'
  | 'pyt'
  | 'sf'
  | 'sl'
  | 'run'
  | 'brk'
  | 'res'
  | 'apr'
  | 'reo'
  | 'rul'

/** A new UUIDv7: time-ordered, so that indexes grow at their right edge. */
export const newId = (): string => randomUUIDv7()

/** `pay_` and the UUID's 32 hexadecimal digits. */
export const publicId = (prefix: IdPrefix, uuid: string): string => `${prefix}_${uuid.replaceAll('-', '')}`

const HEX = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/

/** The UUID of a public id, or undefined when the text is not an id of this kind. */
export function uuidOf(prefix: IdPrefix, text: string): string | undefined {
  if (!text.startsWith(`${prefix}_`)) return undefined
  const parts = HEX.exec(text.slice(prefix.length + 1))
  return parts === null ? undefined : parts.slice(1).join('-')
}

/** The UUID of a public id in a path; anything else is `not_found`, because no such thing can exist. */
export function requireUuid(prefix: IdPrefix, text: string): string {
  const uuid = uuidOf(prefix, text)
  if (uuid === undefined)
    throw new Refusal('not_found', `"${text.slice(0, 64)}" is not an id that starts with "${prefix}_".`)
  return uuid
}
