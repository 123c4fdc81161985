import type { ApiClient, Query } from './api-client.ts'
import type { ApiPage } from './api-types.ts'

/** The largest page that the API gives. */
const PAGE_LIMIT = 200

/** Reads pages until there are `limit` items or no more. `next_cursor` goes on behind the last one read. */
export async function readPages<T>(client: ApiClient, path: string, query: Query, limit: number): Promise<ApiPage<T>> {
  const data: T[] = []
  let cursor: string | undefined
  for (;;) {
    const page = await client.get<ApiPage<T>>(path, {
      ...query,
      cursor,
      limit: Math.min(PAGE_LIMIT, limit - data.length),
    })
    data.push(...page.data)
    cursor = page.next_cursor ?? undefined
    if (!page.has_more || cursor === undefined) return { data, has_more: false, next_cursor: null }
    if (data.length >= limit || page.data.length === 0) return { data, has_more: true, next_cursor: cursor }
  }
}
