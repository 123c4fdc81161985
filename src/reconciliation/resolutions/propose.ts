import { hash } from 'node:crypto'
import type { AccountDirectory } from '../../ledger/index.ts'
import { type Actor, audit } from '../../platform/audit/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Db, Tx } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { newId, publicId } from '../../platform/ids.ts'
import { getRun } from '../runs/run.ts'
import { book, mark, shown } from './apply.ts'
import { insertApproval } from './approvals.ts'
import { lockItems, sourceOf } from './items.ts'
import { lapseProposals } from './lapse.ts'
import { type Plan, planResolution } from './plan.ts'
import { refuseUnexplained } from './refuse-misfit.ts'
import {
  type Asked,
  fingerprint,
  fingerprintOf,
  getResolution,
  insertResolution,
  noteBreaks,
  type Resolution,
  type ShownEntry,
  standingOf,
  standingUnmatches,
  unmatchFingerprint,
} from './rows.ts'
import { APPROVAL_MS, type ResolutionSettings } from './settings.ts'
import { takeTurn } from './turn.ts'
import { planUnmatch, type Unmatched, type UnmatchRequest } from './unmatch.ts'
import type { ResolutionRequest, ResolutionVerb } from './verbs.ts'

export type ResolutionDeps = {
  /** For what is booked. */
  readonly db: Db
  readonly directory: AccountDirectory
  readonly clock: Clock
  readonly settings: ResolutionSettings
  /** A folder for work in progress. */
  readonly scratch: string
}

/** What a resolution would do. */
export type Preview = {
  readonly breakIds: readonly string[]
  readonly entry: ShownEntry
  readonly needsApproval: boolean
}

/** The exact change that is approved, as a hash. */
export const changeHash = (verb: ResolutionVerb, plan: Plan): Buffer => {
  const breaks = plan.items.map(({ id }) => id).toSorted()
  const { unmatched } = plan
  return hash('sha256', JSON.stringify(['change/1', verb, breaks, shown(plan), ...pairOf(unmatched)]), 'buffer')
}

function pairOf(unmatched: Unmatched | undefined): readonly unknown[] {
  if (unmatched === undefined) return []
  if (unmatched.is === 'charge') return [unmatched.charge.attemptId, unmatched.line.fileId, unmatched.line.line]
  return [unmatched.arrivalIds, unmatched.place.fileId, unmatched.place.line]
}

/** What would be booked, without doing it. Throws like `propose`. */
export async function preview(
  tx: Tx,
  { settings, clock }: Pick<ResolutionDeps, 'settings' | 'clock'>,
  request: ResolutionRequest,
  actor: Actor,
): Promise<Preview> {
  const ids = idsOf(request)
  await takeTurn(tx, await sourceOf(tx, ids))
  await standing(tx, ids, request, { actor, now: clock.now() })
  const { plan } = await planned(tx, settings, request)
  return { breakIds: plan.items.map(({ id }) => id), entry: shown(plan), needsApproval: plan.needsApproval }
}

const idsOf = (request: ResolutionRequest): readonly string[] => [...new Set([request.breakId, ...request.with])]

/** Behind the turn of the source. */
async function planned(tx: Tx, settings: ResolutionSettings, request: ResolutionRequest) {
  const ids = idsOf(request)
  const source = await sourceOf(tx, ids)
  return { source, plan: await planResolution(tx, await lockItems(tx, source, ids), request, settings) }
}

/**
 * Resolves breaks, or asks for a second person where one is needed. The same request of the same person again gives the same
 * resolution. Throws `not_found`, `break_state`, `break_not_resolvable`, `invalid_request`, `run_in_progress`.
 */
export async function propose(
  tx: Tx,
  { directory, clock, settings }: Omit<ResolutionDeps, 'db' | 'scratch'>,
  request: ResolutionRequest,
  actor: Actor,
): Promise<{ readonly resolution: Resolution; readonly replayed: boolean }> {
  const now = clock.now()
  const ids = idsOf(request)
  await takeTurn(tx, await sourceOf(tx, ids))
  const { known, expired } = await standing(tx, ids, request, { actor, now })
  if (known !== undefined) return { resolution: known, replayed: true }
  for (const { breakIds } of expired) await lapseProposals(tx, breakIds, now, 'Nobody approved it in time.')
  const { source, plan } = await planned(tx, settings, request)
  return carryOut(
    tx,
    { directory, clock },
    { source, request, plan, fingerprint: fingerprint(request, actor.keyId), breakIds: ids },
    actor,
  )
}

/** Does what is planned, or asks a second person for it. */
async function carryOut(
  tx: Tx,
  { directory, clock }: Pick<ResolutionDeps, 'directory' | 'clock'>,
  asked: {
    readonly source: string
    readonly request: Asked
    readonly plan: Plan
    readonly fingerprint: Buffer
    readonly breakIds: readonly string[]
  },
  actor: Actor,
): Promise<{ readonly resolution: Resolution; readonly replayed: boolean }> {
  const now = clock.now()
  const { plan, request, breakIds: ids } = asked
  const id = newId()
  const given = { ...asked, id, entry: shown(plan), makerKeyId: actor.keyId, proposedAt: now }
  if (plan.needsApproval) {
    const approvalId = newId()
    await insertApproval(tx, {
      id: approvalId,
      kind: 'resolution',
      subjectId: id,
      changeHash: changeHash(request.verb, plan),
      makerKeyId: actor.keyId,
      requestedAt: now,
      expiresAt: new Date(now.getTime() + APPROVAL_MS),
    })
    await insertResolution(tx, { ...given, state: 'proposed', approvalId, appliedAt: null, entryId: null })
  } else {
    const entryId = await book(tx, directory, id, plan, now)
    await insertResolution(tx, { ...given, state: 'applied', approvalId: null, appliedAt: now, entryId })
    await mark(tx, id, plan, now)
  }
  const kind = plan.needsApproval ? 'proposed' : 'resolved'
  await noteBreaks(tx, ids, { kind, detail: `${publicId('res', id)} ${request.verb}`, keyId: actor.keyId, at: now })
  await audit(tx, actor, now, [deedOf(`resolution.${kind === 'resolved' ? 'applied' : 'proposed'}`, given)])
  const resolution = await getResolution(tx, id)
  if (resolution === undefined) throw new Error('a resolution that was stored is there')
  return { resolution, replayed: false }
}

/**
 * Takes a pair of a run apart, or asks for a second person. The same request of the same person again gives the same resolution
 * while it holds. Throws like `planUnmatch`, and `run_in_progress`.
 */
export async function unmatch(
  tx: Tx,
  deps: Omit<ResolutionDeps, 'db'>,
  request: UnmatchRequest,
  actor: Actor,
): Promise<{ readonly resolution: Resolution; readonly replayed: boolean }> {
  const source = await turnOf(tx, request)
  const known = await standingUnmatch(tx, request, { actor, now: deps.clock.now() })
  if (known !== undefined) return { resolution: known, replayed: true }
  const plan = await planUnmatch(tx, deps, request)
  const asked = { ...request, verb: 'unmatch' as const }
  const fingerprinted = unmatchFingerprint(request, actor.keyId)
  return carryOut(tx, deps, { source, request: asked, plan, fingerprint: fingerprinted, breakIds: [] }, actor)
}

/** What that would book, without doing it. Throws like `unmatch`. */
export async function previewUnmatch(
  tx: Tx,
  deps: Omit<ResolutionDeps, 'db'>,
  request: UnmatchRequest,
  actor: Actor,
): Promise<Preview> {
  await turnOf(tx, request)
  await standingUnmatch(tx, request, { actor, now: deps.clock.now() })
  const plan = await planUnmatch(tx, deps, request)
  return { breakIds: [], entry: shown(plan), needsApproval: plan.needsApproval }
}

async function turnOf(tx: Tx, { runId, reason, note }: UnmatchRequest): Promise<string> {
  refuseUnexplained(reason, note)
  const run = await getRun(tx, runId)
  if (run === undefined) throw new Refusal('not_found', `There is no reconciliation run ${publicId('run', runId)}.`)
  await takeTurn(tx, run.source)
  return run.source
}

/** One that holds or waits for the pair: the same one, when it is the same request, and else a refusal. */
async function standingUnmatch(
  tx: Tx,
  request: UnmatchRequest,
  { actor, now }: { readonly actor: Actor; readonly now: Date },
): Promise<Resolution | undefined> {
  for (const each of await standingUnmatches(tx, request)) {
    if (isExpired(each, now)) continue
    if ((await fingerprintOf(tx, each.id))?.equals(unmatchFingerprint(request, actor.keyId))) return each
    if (each.state === 'proposed')
      throw new Refusal('break_state', `${publicId('res', each.id)} about it waits for a second person.`, {
        facts: { resolution: publicId('res', each.id) },
      })
  }
  return undefined
}

const deedOf = (
  action: string,
  { id, request, breakIds, entry }: { id: string; request: Asked; breakIds: readonly string[]; entry: ShownEntry },
) => ({
  action,
  object: publicId('res', id),
  detail: {
    verb: request.verb,
    reason: request.reason,
    note: request.note,
    breaks: breakIds.map((each) => publicId('brk', each)),
    entry: entry.postings,
  },
})

/**
 * A resolution that stands for one of the breaks: the same one, when it is the same request, and else a refusal; and those that
 * nobody approved in time.
 */
async function standing(
  tx: Tx,
  ids: readonly string[],
  request: ResolutionRequest,
  { actor, now }: { readonly actor: Actor; readonly now: Date },
): Promise<{ readonly known: Resolution | undefined; readonly expired: readonly Resolution[] }> {
  const expired: Resolution[] = []
  for (const each of await standingOf(tx, ids)) {
    if ((await fingerprintOf(tx, each.id))?.equals(fingerprint(request, actor.keyId))) {
      if (each.state === 'applied' || !isExpired(each, now)) return { known: each, expired }
    }
    if (each.state !== 'proposed') continue // Of a break that is not open, which is refused as such.
    if (isExpired(each, now)) {
      expired.push(each)
      continue
    }
    throw new Refusal('break_state', `${publicId('res', each.id)} about it waits for a second person.`, {
      facts: { resolution: publicId('res', each.id) },
    })
  }
  return { known: undefined, expired }
}

const isExpired = ({ proposedAt, state }: Resolution, now: Date): boolean =>
  state === 'proposed' && proposedAt.getTime() + APPROVAL_MS <= now.getTime()
