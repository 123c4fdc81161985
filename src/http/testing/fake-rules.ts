import { Refusal } from '../../platform/errors.ts'
import { newId } from '../../platform/ids.ts'
import type { RuleVersion } from '../../reconciliation/index.ts'
import type { ReconciliationService } from '../services.ts'

const AT = new Date(Date.UTC(2026, 2, 4))

/** Versions of rules in memory. Whatever they are tested on, one break is closed. */
export function createFakeRules(
  requireSource: (source: string, pointer: string) => void,
): ReconciliationService['rules'] {
  const versions: RuleVersion[] = []
  const find = (id: string): RuleVersion => {
    const found = versions.find((version) => version.id === id)
    if (found === undefined) throw new Refusal('not_found', 'There is no such version.')
    return found
  }
  const replace = (version: RuleVersion): RuleVersion => {
    versions[versions.findIndex(({ id }) => id === version.id)] = version
    return version
  }
  return {
    list: async () => ({ data: versions.toReversed(), hasMore: false }),
    get: async (id) => find(id),
    draft: async ({ source, settings, reason, actor }) => {
      requireSource(source, '/source')
      const version: RuleVersion = {
        id: newId(),
        source,
        version: versions.length + 1,
        settings,
        reason,
        status: 'draft',
        draftedBy: actor.name,
        draftedAt: AT,
        test: null,
        testedAt: null,
        activatedBy: null,
        activatedAt: null,
        effectiveOn: null,
      }
      versions.push(version)
      return version
    },
    test: async ({ id, days }) => {
      const closed = {
        breaks: 1,
        byCode: { missing_external: 1 },
        examples: [{ code: 'missing_external', subject: 'att_1' }],
      }
      const opened = { breaks: 0, byCode: {}, examples: [] }
      const test = {
        runs: days,
        from: '2026-03-01',
        to: '2026-03-03',
        closed,
        opened,
        matchesBroken: 2,
        matchesGained: 0,
      }
      return replace({ ...find(id), status: 'tested', test, testedAt: AT })
    },
    activate: async ({ id, actor, effectiveOn }) => {
      const version = find(id)
      if (version.status !== 'tested')
        throw new Refusal('rule_state', `It is ${version.status}.`, { facts: { status: version.status } })
      return replace({ ...version, status: 'active', activatedBy: actor.name, activatedAt: AT, effectiveOn })
    },
  }
}
