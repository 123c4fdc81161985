import type { ReconciliationDeps } from '../service.ts'
import { type RuleTest, testRules } from './trial.ts'
import {
  type Activation,
  activateRules,
  type Draft,
  draftRules,
  getRuleVersion,
  isActive,
  listRuleVersions,
  noteRuleTest,
  type RuleVersion,
} from './versions.ts'

/** Rules of sources as versions: drafted, tested on history, activated by a second person. */
export type Rules = {
  /** Newest first. `after` is the id of the last one seen. */
  readonly list: (filter: {
    readonly source?: string | undefined
    readonly limit: number
    readonly after?: string | undefined
  }) => Promise<{ readonly data: readonly RuleVersion[]; readonly hasMore: boolean }>
  /** Throws `not_found`. */
  readonly get: (id: string) => Promise<RuleVersion>
  /** Throws `source_not_found`. */
  readonly draft: (draft: Draft) => Promise<RuleVersion>
  /** Tries them on the last days that are done. Throws `not_found`, `rule_state`, `overloaded`, `unavailable`. */
  readonly test: (request: { readonly id: string; readonly days: number }) => Promise<RuleVersion>
  /** Throws `not_found`, `rule_state`, `invalid_request`. */
  readonly activate: (activation: Activation) => Promise<RuleVersion>
}

export function createRules(
  deps: Pick<ReconciliationDeps, 'db' | 'scratch' | 'clock'>,
  {
    requireSource,
    computing,
    mayGoOn,
  }: {
    /** Throws `source_not_found`. */
    readonly requireSource: (name: string) => void
    readonly computing: <T>(work: () => Promise<T>) => Promise<T>
    /** Asked before each day of a test. */
    readonly mayGoOn: () => boolean
  },
): Rules {
  const { db, clock } = deps
  return {
    list: (filter) => listRuleVersions(db, filter),
    get: (id) => getRuleVersion(db, id),
    draft: async (draft) => {
      requireSource(draft.source)
      return draftRules(db, draft, clock.now())
    },
    test: async ({ id, days }) => {
      const { source, settings, status } = await getRuleVersion(db, id)
      if (status === 'active') throw isActive(id)
      const test: RuleTest = await computing(() => testRules(deps, { source, settings, days, mayGoOn }))
      return noteRuleTest(db, id, test, clock.now())
    },
    activate: (activation) => activateRules(db, activation, clock.now()),
  }
}
