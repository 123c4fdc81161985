import type { Static } from 'typebox'
import { Refusal } from '../platform/errors.ts'
import { type IdPrefix, requireUuid, uuidOf } from '../platform/ids.ts'
import type { ResolutionRequest } from '../reconciliation/index.ts'
import type { NewResolutionSchema } from './schemas/resolution.ts'

type Body = Omit<Static<typeof NewResolutionSchema>, 'dry_run'>

/** A request about a break of the path as the services take it. Throws `not_found`, `invalid_request`. */
export function newResolutionOf(breakId: string, body: Body): ResolutionRequest {
  const { verb, reason, note, as, seller } = body
  return {
    breakId: requireUuid('brk', breakId),
    with: (body.with ?? []).map((id, index) => idIn(`/with/${index}`, 'brk', id)),
    verb,
    reason,
    ...(note !== undefined && { note }),
    ...(as !== undefined && { as }),
    ...(seller !== undefined && { seller }),
    ...(body.platform_fee !== undefined && { platformFee: BigInt(body.platform_fee) }),
    ...(body.order !== undefined && { orderId: idIn('/order', 'po', body.order) }),
  }
}

/** The UUID of an id in a body. */
export function idIn(pointer: string, prefix: IdPrefix, id: string): string {
  const uuid = uuidOf(prefix, id)
  if (uuid !== undefined) return uuid
  const detail = `It must be an id that starts with "${prefix}_".`
  throw new Refusal('invalid_request', `${pointer}: ${detail}`, { errors: [{ pointer, detail }] })
}
