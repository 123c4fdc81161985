import { type Queryable, statement } from '../platform/db.ts'

const CLOSED_THROUGH = statement('settlement.closed_through', 'select closed_through($1) as day')

/** The last business day of a source of which nothing changes any more; undefined when none is closed. */
export const closedThrough = async (db: Queryable, source: string): Promise<string | undefined> =>
  (await db.run<{ day: string | null }>(CLOSED_THROUGH, [source]))[0]?.day ?? undefined
