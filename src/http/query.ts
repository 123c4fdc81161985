import type { preValidationHookHandler } from 'fastify'
import { Refusal } from '../platform/errors.ts'
import { type IdPrefix, uuidOf } from '../platform/ids.ts'

/** How many items a list gives when the caller does not say. */
export const LIMIT_DEFAULT = 50

/** Turns `limit=50` into a number for the schema to judge. A query has no numbers, and nothing else is ever coerced. */
export const readLimit: preValidationHookHandler = (request, _reply, done) => {
  const query: unknown = request.query
  if (typeof query === 'object' && query !== null && 'limit' in query) {
    const { limit } = query
    if (typeof limit === 'string' && /^-?\d{1,9}$/.test(limit)) query.limit = Number(limit)
  }
  done()
}

const INSTANT = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/
// No payment is older, and the database does not know the year 0.
const FIRST_YEAR = 1970
const DAY = /^\d{4}-\d\d-\d\d$/

/** An RFC 3339 instant, or a day, which stands for its first instant in UTC. Undefined for any other text. */
export function parseInstant(text: string): Date | undefined {
  if (!INSTANT.test(text) && !DAY.test(text)) return undefined
  const date = new Date(text)
  if (Number.isNaN(date.getTime())) return undefined
  // The engine takes 30 February for 2 March; a caller who means money by it does not.
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number)
  const lastDay = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return year >= FIRST_YEAR && day <= lastDay ? date : undefined
}

/** The instant of a query parameter. Throws `invalid_parameter`. */
export function instantParameter(name: string, text: string | undefined): Date | undefined {
  if (text === undefined) return undefined
  const instant = parseInstant(text)
  if (instant !== undefined) return instant
  // An unescaped plus sign is a space in a query, the usual reason why an offset is not understood.
  const hint = text.includes(' ') ? ' Write the plus sign of an offset as %2B.' : ''
  const detail = `It must be an instant such as 2026-03-03T14:01:58Z, or a day such as 2026-03-03.${hint}`
  throw new Refusal('invalid_parameter', `?${name}: ${detail}`, { errors: [{ pointer: `?${name}`, detail }] })
}

/** The UUID of a query parameter that is a public id. Throws `invalid_parameter`. */
export function idParameter(
  { name, prefix, what }: { readonly name: string; readonly prefix: IdPrefix; readonly what: string },
  id: string | undefined,
): string | undefined {
  if (id === undefined) return undefined
  const uuid = uuidOf(prefix, id)
  if (uuid !== undefined) return uuid
  const detail = `It must be the id of ${what} (${prefix}_…).`
  throw new Refusal('invalid_parameter', `?${name}: ${detail}`, { errors: [{ pointer: `?${name}`, detail }] })
}
