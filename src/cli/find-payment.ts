import type { ApiClient } from './api-client.ts'
import type { ApiSearch } from './api-types.ts'
import { CliFailure, EXIT } from './failure.ts'

/** What an id leads to: the payments behind it, and the hits themselves, which may belong to no payment. */
export type Found = { readonly payments: readonly string[]; readonly hits: ApiSearch['data'] }

/** Finds the payments of any id: `pay_…` is one itself, everything else is searched for. Throws when nothing is known. */
export async function findPayments(client: ApiClient, id: string): Promise<Found> {
  if (id.startsWith('pay_')) return { payments: [id], hits: [] }
  const { data: hits } = await client.get<ApiSearch>('/v1/search', { q: id })
  const payments = hits.flatMap((hit) => hit.payment ?? (hit.object === 'payment' ? [hit.id] : []))
  if (hits.length === 0) {
    throw new CliFailure({
      message: `Nothing is known by the id ${id}`,
      next: 'npx tallystick payments list',
      exitCode: EXIT.negative,
      code: 'not_found',
    })
  }
  return { payments: [...new Set(payments)], hits }
}
