import { type Actor, audit } from '../../platform/audit/index.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId } from '../../platform/ids.ts'
import { closedThrough } from '../../settlement/index.ts'
import { decideReopening } from '../periods/reopen.ts'
import { book, mark } from './apply.ts'
import { type Approval, changeHashOf, getApproval, insertDecision, refuseToDecide } from './approvals.ts'
import { lockItems } from './items.ts'
import { lapse } from './lapse.ts'
import { lockForNotes } from './notes.ts'
import { type Plan, planResolution } from './plan.ts'
import { changeHash, type ResolutionDeps } from './propose.ts'
import { getResolution, lockResolution, noteBreaks, type Resolution, requestOf, unmatchRequestOf } from './rows.ts'
import { takeTurn } from './turn.ts'
import { undo } from './undo.ts'
import { planUnmatch } from './unmatch.ts'

/** What somebody says to a request that is not their own. */
export type Decision = {
  readonly id: string
  readonly decision: 'approved' | 'rejected'
  readonly note?: string | undefined
}

const APPLIED = statement(
  'resolutions.applied',
  `update break_resolution set state = 'applied', applied_at = $2, entry_id = $3 where id = $1`,
)
const REJECTED = statement('resolutions.rejected', `update break_resolution set state = 'rejected' where id = $1`)

/**
 * Approves or rejects what waits for a second person. What would be booked now must be what was asked for, else the request lapses.
 * Throws `not_found`, `approval_of_own`, `approval_state`, `run_in_progress`, and `period_state` for a reopening.
 */
export async function decide(deps: ResolutionDeps, { id, decision, note }: Decision, actor: Actor): Promise<Approval> {
  const now = deps.clock.now()
  const lapsed = await deps.db.transaction(async (tx) => {
    const seen = await getApproval(tx, now, id)
    if (seen?.kind === 'period_reopening') {
      await decideReopening(tx, seen, { decision, note }, { actor, now })
      return undefined
    }
    const subject = seen && (await getResolution(tx, seen.subjectId))
    if (subject === undefined) throw new Refusal('not_found', `There is no approval ${publicId('apr', id)}.`)
    if (decision === 'approved') await takeTurn(tx, subject.source)
    // What is written on breaks stands behind their lock, which comes before that of the resolution, as everywhere.
    await lockForNotes(tx, subject.breakIds)
    const resolution = await lockResolution(tx, subject.id)
    // Read behind the lock of what it is about: two people who decide at the same time do it one after the other.
    const approval = await getApproval(tx, now, id)
    if (resolution === undefined || approval === undefined) throw new Error('what was read is there')
    await refuseToDecide(tx, approval, actor)
    if (decision === 'rejected') {
      await insertDecision(tx, id, { decision, keyId: actor.keyId, note, at: now })
      await tx.run(REJECTED, [resolution.id])
      await tell(tx, resolution, { kind: 'rejected', actor, now, note })
      return undefined
    }
    const plan = await planAgain(tx, deps, resolution, id)
    if (typeof plan === 'string') {
      await lapse(tx, resolution, now, plan)
      return plan
    }
    await insertDecision(tx, id, { decision, keyId: actor.keyId, note, at: now })
    const entryId = await book(tx, deps.directory, resolution.id, plan, now)
    await tx.run(APPLIED, [resolution.id, now, entryId])
    await mark(tx, resolution.id, plan, now)
    await tell(tx, resolution, { kind: 'resolved', actor, now, note })
    return undefined
  })
  // The lapse is kept, so the refusal comes behind the commit.
  if (lapsed !== undefined)
    throw new Refusal('approval_state', `${publicId('apr', id)} has lapsed. ${lapsed}`, { facts: { state: 'lapsed' } })
  const approval = await getApproval(deps.db, now, id)
  if (approval === undefined) throw new Error('an approval that was decided is there')
  return approval
}

/** What it would do now, or why that is not what was asked for. */
async function planAgain(
  tx: Tx,
  deps: ResolutionDeps,
  resolution: Resolution,
  approvalId: string,
): Promise<Plan | string> {
  try {
    const plan = await planOf(tx, deps, resolution)
    const agreed = await changeHashOf(tx, approvalId)
    return agreed?.equals(changeHash(resolution.verb, plan))
      ? plan
      : 'What it would book is not what was asked for any more.'
  } catch (error) {
    if (error instanceof Refusal) return error.message
    throw error
  }
}

async function planOf(tx: Tx, deps: ResolutionDeps, { verb, ...rest }: Resolution): Promise<Plan> {
  if (verb === 'unmatch') return planUnmatch(tx, deps, await unmatchRequestOf(tx, { ...rest, verb }))
  const request = await requestOf(tx, { ...rest, verb })
  const items = await lockItems(tx, rest.source, [...new Set([request.breakId, ...request.with])])
  return planResolution(tx, items, request, deps.settings)
}

async function tell(
  tx: Tx,
  { id, breakIds, verb, approvalId }: Resolution,
  {
    kind,
    actor,
    now,
    note,
  }: {
    readonly kind: 'rejected' | 'resolved'
    readonly actor: Actor
    readonly now: Date
    readonly note: string | undefined
  },
): Promise<void> {
  const object = publicId('res', id)
  await noteBreaks(tx, breakIds, { kind, detail: `${object} ${verb}`, keyId: actor.keyId, at: now })
  const detail = {
    verb,
    note,
    approval: publicId('apr', approvalId ?? ''),
    breaks: breakIds.map((each) => publicId('brk', each)),
  }
  await audit(tx, actor, now, [
    {
      action: kind === 'rejected' ? 'approval.rejected' : 'approval.approved',
      object: publicId('apr', approvalId ?? ''),
      detail,
    },
    { action: kind === 'rejected' ? 'resolution.rejected' : 'resolution.applied', object, detail },
  ])
}

/** Takes an applied resolution back. Throws `not_found`, `resolution_state`, `run_in_progress`, `period_closed`. */
export async function undoResolution(
  { db, directory, clock }: ResolutionDeps,
  { id, reason }: { readonly id: string; readonly reason: string },
  actor: Actor,
): Promise<Resolution> {
  const now = clock.now()
  return db.transaction(async (tx) => {
    const seen = await getResolution(tx, id)
    if (seen === undefined) throw new Refusal('not_found', `There is no resolution ${publicId('res', id)}.`)
    await takeTurn(tx, seen.source)
    const resolution = await lockResolution(tx, id)
    if (resolution === undefined) throw new Error('what was read is there')
    if (resolution.state !== 'applied')
      throw new Refusal('resolution_state', `${publicId('res', id)} is ${resolution.state}.`, {
        facts: { state: resolution.state },
      })
    const closed = await closedThrough(tx, resolution.source)
    const appliedOn = resolution.appliedAt?.toISOString().slice(0, 10)
    if (closed !== undefined && appliedOn !== undefined && appliedOn <= closed)
      throw new Refusal('period_closed', `It was applied on ${appliedOn}, and ${closed} is closed.`, {
        facts: { closed_through: closed },
      })
    const breakIds = await undo(tx, directory, resolution, { reason, at: now })
    const object = publicId('res', id)
    await noteBreaks(tx, breakIds, {
      kind: 'reopened',
      detail: `${object} undone: ${reason}`,
      keyId: actor.keyId,
      at: now,
    })
    await audit(tx, actor, now, [
      {
        action: 'resolution.undone',
        object,
        detail: { reason, breaks: breakIds.map((each) => publicId('brk', each)) },
      },
    ])
    const undone = await getResolution(tx, id)
    if (undone === undefined) throw new Error('what was undone is there')
    return undone
  })
}
