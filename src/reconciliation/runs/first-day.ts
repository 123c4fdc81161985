import { type Db, isConnectionError } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { firstBusinessDate } from '../../settlement/index.ts'
import type { ReconciledSource } from '../service.ts'

/** The first business day of a source. Throws `unavailable` while it was never asked and does not answer. */
export async function firstDay(
  db: Db,
  { source, origin }: Pick<ReconciledSource, 'source' | 'origin'>,
): Promise<string> {
  try {
    return await firstBusinessDate(db, source.name, origin)
  } catch (cause) {
    if (isConnectionError(cause)) throw cause
    const detail = `${source.name} does not say on which day its files begin: it cannot be reached.`
    throw new Refusal('unavailable', detail, { retryAfterSeconds: 5, cause })
  }
}
