import { Refusal } from '../platform/errors.ts'

/** A cursor is the base64url of where the page ended. Callers pass it back and read nothing in it. */
export const cursorOf = (position: string): string => Buffer.from(position, 'utf8').toString('base64url')

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/
const POSITION_IN_ENTRY = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}\/\d{1,4}$/
const POSITION = /^\d{1,12}$/
const ACCOUNT = /^[^\p{Cc}\p{Cs}]{1,280}$/u

export const uuidCursor = (cursor: string | undefined): string | undefined => read(cursor, UUID)
export const statementCursor = (cursor: string | undefined): string | undefined => read(cursor, POSITION_IN_ENTRY)
/** A place in the outcome of a run. */
export const positionCursor = (cursor: string | undefined): bigint | undefined => {
  const position = read(cursor, POSITION)
  return position === undefined ? undefined : BigInt(position)
}
export const accountCursor = (cursor: string | undefined): string | undefined => read(cursor, ACCOUNT)

/** Where the page before ended, or undefined without a cursor. Throws `invalid_parameter` for one we did not make. */
function read(cursor: string | undefined, form: RegExp): string | undefined {
  if (cursor === undefined) return undefined
  const position = Buffer.from(cursor, 'base64url').toString('utf8')
  if (form.test(position) && cursorOf(position) === cursor) return position
  const detail = 'It is not a cursor of this list. Send the `next_cursor` of the page before, as it is.'
  throw new Refusal('invalid_parameter', `?cursor: ${detail}`, { errors: [{ pointer: '?cursor', detail }] })
}

/** The wire form of a page. */
export function pageBody<T, B>(
  page: { readonly data: readonly T[]; readonly hasMore: boolean },
  bodyOf: (item: T) => B,
  positionOf: (item: T) => string,
): { data: B[]; has_more: boolean; next_cursor: string | null } {
  const last = page.data.at(-1)
  return {
    data: page.data.map(bodyOf),
    has_more: page.hasMore,
    next_cursor: page.hasMore && last !== undefined ? cursorOf(positionOf(last)) : null,
  }
}
