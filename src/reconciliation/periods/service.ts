import type { Actor } from '../../platform/audit/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Db } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { type Approval, getApproval } from '../resolutions/approvals.ts'
import { closePeriod } from './close.ts'
import { askToReopen } from './reopen.ts'
import { type Period, periodOf } from './rows.ts'

/** The closing of business days. Ids are UUIDs. */
export type Periods = {
  readonly list: () => Promise<readonly Period[]>
  /** One person closes. Throws `source_not_found`, `period_state`, `run_in_progress`. */
  readonly close: (
    request: { readonly source: string; readonly through: string; readonly reason: string },
    actor: Actor,
  ) => Promise<Period>
  /** Two people open again: this asks the second one. Throws `source_not_found`, `period_state`. */
  readonly reopen: (
    request: { readonly source: string; readonly closedThrough: string | null; readonly reason: string },
    actor: Actor,
  ) => Promise<Approval>
}

export function createPeriods(
  { db, clock }: { readonly db: Db; readonly clock: Clock },
  sources: readonly string[],
): Periods {
  const require = (source: string): void => {
    if (sources.includes(source)) return
    const detail = `There is no reconciled source "${source}"; there is ${sources.join(', ') || 'none'}.`
    throw new Refusal('source_not_found', detail, { errors: [{ pointer: '{source}', detail }] })
  }
  return {
    list: () => Promise.all(sources.map((source) => periodOf(db, source))),
    async close(request, actor) {
      require(request.source)
      await db.transaction((tx) => closePeriod(tx, { ...request, sources }, { actor, now: clock.now() }))
      return periodOf(db, request.source)
    },
    async reopen(request, actor) {
      require(request.source)
      const now = clock.now()
      const id = await db.transaction((tx) => askToReopen(tx, request, { actor, now }))
      const approval = await getApproval(db, now, id)
      if (approval === undefined) throw new Error('an approval that was stored is there')
      return approval
    },
  }
}
