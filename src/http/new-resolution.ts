import type { Static } from 'typebox'
import { Refusal } from '../platform/errors.ts'
import { type IdPrefix, requireUuid, uuidOf } from '../platform/ids.ts'
import type { ResolutionRequest } from '../reconciliation/index.ts'
import type { NewResolutionSchema } from './schemas/resolution.ts'

type Fields = Omit<Static<typeof NewResolutionSchema>, 'dry_run' | 'with'>
type Body = Fields & { readonly with?: string[] }

/** A request about a break of the path as the services take it. Throws `not_found`, `invalid_request`. */
export const newResolutionOf = (breakId: string, body: Body): ResolutionRequest => ({
  breakId: requireUuid('brk', breakId),
  with: (body.with ?? []).map((id, index) => idIn(`/with/${index}`, 'brk', id)),
  ...resolutionFieldsOf(body, ''),
})

/** What is wanted, wherever in a body it stands. */
export function resolutionFieldsOf(body: Fields, at: string): Omit<ResolutionRequest, 'breakId' | 'with'> {
  const { verb, reason, note, as, seller, platform_fee: platformFee, order } = body
  return {
    verb,
    reason,
    ...(note !== undefined && { note }),
    ...(as !== undefined && { as }),
    ...(seller !== undefined && { seller }),
    ...(platformFee !== undefined && { platformFee: BigInt(platformFee) }),
    ...(order !== undefined && { orderId: idIn(`${at}/order`, 'po', order) }),
  }
}

/** The UUID of an id in a body. */
export function idIn(pointer: string, prefix: IdPrefix, id: string): string {
  const uuid = uuidOf(prefix, id)
  if (uuid !== undefined) return uuid
  const detail = `It must be an id that starts with "${prefix}_".`
  throw new Refusal('invalid_request', `${pointer}: ${detail}`, { errors: [{ pointer, detail }] })
}
