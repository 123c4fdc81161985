import assert from 'node:assert/strict'
import { type Actor, audit } from '../../platform/audit/index.ts'
import { type Db, type Queryable, statement, violatedConstraint } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { newId, publicId } from '../../platform/ids.ts'
import { exactJson, type Run, type RunStart, startRun } from '../runs/run.ts'
import { type RuleSettings, rulesOf, type Source, type StoredRules } from '../source.ts'
import type { RuleTest } from './trial.ts'

/**
 * The rules of a source, as versions:
 *
 *     draft ─► tested on history (again and again) ─► active from a business day on, by a second person
 *
 * The newest active version whose day has come counts. What was drafted never changes; a mistake is another version.
 */
export type RuleVersion = {
  readonly id: string
  readonly source: string
  readonly version: number
  readonly settings: RuleSettings
  readonly reason: string
  readonly status: 'draft' | 'tested' | 'active'
  readonly draftedBy: string
  readonly draftedAt: Date
  readonly test: RuleTest | null
  readonly testedAt: Date | null
  readonly activatedBy: string | null
  readonly activatedAt: Date | null
  readonly effectiveOn: string | null
}

type Row = Omit<RuleVersion, 'settings' | 'status'> & { readonly settings: StoredRules }

const SELECT = `select v.id, v.source, v.version, v.settings, v.reason, m.name as "draftedBy", v.drafted_at as "draftedAt", v.test,
       v.tested_at as "testedAt", a.name as "activatedBy", v.activated_at as "activatedAt", v.effective_on as "effectiveOn"
  from recon_rule_version v join api_key m on m.id = v.maker_key_id left join api_key a on a.id = v.activator_key_id`

const GET = statement('reconciliation.get_rule_version', `${SELECT} where v.id = $1`)
const LIST = statement(
  'reconciliation.list_rule_versions',
  `${SELECT} where ($1::text is null or v.source = $1) and ($2::uuid is null or v.id < $2) order by v.id desc limit $3`,
)
const COUNTS = statement(
  'reconciliation.rule_version_that_counts',
  `${SELECT} where v.source = $1 and v.effective_on <= $2 order by v.version desc limit 1`,
)
const DRAFT = statement(
  'reconciliation.draft_rule_version',
  `insert into recon_rule_version (id, source, version, settings, reason, maker_key_id, drafted_at)
   select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6 from recon_rule_version where source = $2`,
)
const NOTE_TEST = statement(
  'reconciliation.note_rule_test',
  'update recon_rule_version set test = $2, tested_at = $3 where id = $1 and activated_at is null returning id',
)
const ACTIVATE = statement(
  'reconciliation.activate_rule_version',
  // Behind a newer one that is active it would never count.
  `update recon_rule_version v set activator_key_id = $2, activated_at = $3, effective_on = $4
    where id = $1 and activated_at is null
      and not exists (select from recon_rule_version n where n.source = v.source and n.version > v.version and n.activated_at is not null)
    returning id`,
)

const versionOf = (row: Row): RuleVersion => ({
  ...row,
  settings: rulesOf(row.settings),
  status: row.activatedAt !== null ? 'active' : row.testedAt !== null ? 'tested' : 'draft',
})

export async function listRuleVersions(
  db: Queryable,
  {
    source,
    limit,
    after,
  }: { readonly source?: string | undefined; readonly limit: number; readonly after?: string | undefined },
): Promise<{ readonly data: readonly RuleVersion[]; readonly hasMore: boolean }> {
  const rows = await db.run<Row>(LIST, [source, after, limit + 1])
  return { data: rows.slice(0, limit).map(versionOf), hasMore: rows.length > limit }
}

/** Throws `not_found`. */
export async function getRuleVersion(db: Queryable, id: string): Promise<RuleVersion> {
  const [row] = await db.run<Row>(GET, [id])
  if (row === undefined) throw new Refusal('not_found', `There is no version of rules ${publicId('rul', id)}.`)
  return versionOf(row)
}

/** A source as it is reconciled on a day, and the version of the rules that says so. */
export async function sourceOn(
  db: Queryable,
  source: Source,
  day: string,
): Promise<{ readonly source: Source; readonly ruleVersion: number | null }> {
  const [row] = await db.run<Row>(COUNTS, [source.name, day])
  if (row === undefined) return { source, ruleVersion: null }
  return { source: { ...source, ...rulesOf(row.settings) }, ruleVersion: row.version }
}

export type Draft = {
  readonly source: string
  readonly settings: RuleSettings
  readonly reason: string
  readonly actor: Actor
}

/** Two drafts at once get numbers of their own. */
export async function draftRules(db: Db, { source, settings, reason, actor }: Draft, at: Date): Promise<RuleVersion> {
  const id = newId()
  await db.transaction(async (tx) => {
    await tx.query('lock table recon_rule_version in share row exclusive mode')
    await tx.run(DRAFT, [id, source, exactJson(settings), reason, actor.keyId, at])
    await audit(tx, actor, at, [{ action: 'rules.drafted', object: publicId('rul', id), detail: { source, reason } }])
  })
  return getRuleVersion(db, id)
}

export async function noteRuleTest(db: Db, id: string, test: RuleTest, at: Date): Promise<RuleVersion> {
  const noted = await db.run(NOTE_TEST, [id, JSON.stringify(test), at])
  if (noted.length === 0) throw isActive(id)
  return getRuleVersion(db, id)
}

export const isActive = (id: string): Refusal =>
  new Refusal('rule_state', `The version ${publicId('rul', id)} is active already: it stays as it is.`, {
    facts: { status: 'active' },
  })

export type Activation = { readonly id: string; readonly actor: Actor; readonly effectiveOn: string }

/** Throws `not_found`, `rule_state`, `approval_of_own`, `invalid_request`. */
export async function activateRules(db: Db, { id, actor, effectiveOn }: Activation, at: Date): Promise<RuleVersion> {
  const version = await getRuleVersion(db, id)
  if (version.status === 'active') throw isActive(id)
  if (version.status === 'draft')
    throw new Refusal('rule_state', 'It is a draft: test it on history first.', { facts: { status: 'draft' } })
  const detail = { source: version.source, version: version.version, effective_on: effectiveOn }
  try {
    await db.transaction(async (tx) => {
      const activated = await tx.run(ACTIVATE, [id, actor.keyId, at, effectiveOn])
      if (activated.length === 0) throw await whyNotActivated(tx, id)
      await audit(tx, actor, at, [{ action: 'rules.activated', object: publicId('rul', id), detail }])
    })
  } catch (error) {
    throw refusalOf(error, effectiveOn) ?? error
  }
  const activated = await getRuleVersion(db, id)
  assert(activated.status === 'active', 'a version that was activated is active')
  return activated
}

async function whyNotActivated(tx: Queryable, id: string): Promise<Refusal> {
  const { status, source, version } = await getRuleVersion(tx, id)
  if (status === 'active') return isActive(id)
  const detail = `A newer version of the rules of ${source} than ${version} is active, and counts before it: draft it again.`
  return new Refusal('rule_state', detail, { facts: { status } })
}

/** What the database refused, as a sentence for whoever asked. */
function refusalOf(error: unknown, effectiveOn: string): Refusal | undefined {
  switch (violatedConstraint(error)) {
    case 'recon_rule_version_needs_two_people':
      return new Refusal(
        'approval_of_own',
        'Nobody activates what they drafted: another person does, with a key of their own.',
      )
    case 'recon_rule_version_changes_no_past': {
      const detail = `The run of ${effectiveOn}, or of a later day, has begun: take a day that is not done.`
      return new Refusal('invalid_request', `/effective_on: ${detail}`, {
        errors: [{ pointer: '/effective_on', detail }],
      })
    }
    default:
      return undefined
  }
}

/**
 * Begins a run by the rules that count on its day, while nobody activates others: from then on they would change a day that has
 * its run, and are refused.
 */
export const startByRules = (
  db: Db,
  declared: Source,
  run: Run,
  start: Pick<RunStart, 'fileId' | 'at'>,
): Promise<void> =>
  db.transaction(async (tx) => {
    await tx.query('lock table recon_rule_version in share mode')
    const { source: settings, ruleVersion } = await sourceOn(tx, declared, run.businessDate)
    await startRun(tx, run, { ...start, settings, ruleVersion })
  })
