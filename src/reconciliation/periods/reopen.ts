import { hash } from 'node:crypto'
import { type Actor, audit } from '../../platform/audit/index.ts'
import type { Tx } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { newId, publicId } from '../../platform/ids.ts'
import { type Approval, getApproval, insertApproval, insertDecision, refuseToDecide } from '../resolutions/approvals.ts'
import type { Decision } from '../resolutions/decide.ts'
import { APPROVAL_MS } from '../resolutions/settings.ts'
import { takeTurn } from '../resolutions/turn.ts'
import { getReopening, insertEvent, insertReopening, periodOf } from './rows.ts'

type By = { readonly actor: Actor; readonly now: Date }

/** Asks a second person to open days again. Gives the approval. Throws `period_state`. */
export async function askToReopen(
  tx: Tx,
  {
    source,
    closedThrough,
    reason,
  }: { readonly source: string; readonly closedThrough: string | null; readonly reason: string },
  { actor, now }: By,
): Promise<string> {
  await refuseUnlessLater(tx, source, closedThrough)
  const reopening = { id: newId(), source, closedThrough, reason }
  await insertReopening(tx, reopening, now)
  const approvalId = newId()
  await insertApproval(tx, {
    id: approvalId,
    kind: 'period_reopening',
    subjectId: reopening.id,
    changeHash: hash('sha256', JSON.stringify(['reopening/1', source, closedThrough]), 'buffer'),
    makerKeyId: actor.keyId,
    requestedAt: now,
    expiresAt: new Date(now.getTime() + APPROVAL_MS),
  })
  const detail = { closed_through: closedThrough, reason, approval: publicId('apr', approvalId) }
  await audit(tx, actor, now, [{ action: 'period.reopening_proposed', object: source, detail }])
  return approvalId
}

async function refuseUnlessLater(tx: Tx, source: string, day: string | null): Promise<void> {
  const { closedThrough } = await periodOf(tx, source)
  if (closedThrough !== null && (day === null || day < closedThrough)) return
  throw new Refusal(
    'period_state',
    closedThrough === null ? `No day of ${source} is closed.` : `${source} is closed through ${closedThrough} only.`,
    { facts: { closed_through: closedThrough } },
  )
}

/**
 * The second person's word: the days are open again, or stay closed. Throws `approval_of_own`, `approval_state`, `period_state`,
 * `run_in_progress`.
 */
export async function decideReopening(
  tx: Tx,
  { id, subjectId }: Pick<Approval, 'id' | 'subjectId'>,
  { decision, note }: Pick<Decision, 'decision' | 'note'>,
  { actor, now }: By,
): Promise<void> {
  const reopening = await getReopening(tx, subjectId)
  if (reopening === undefined) throw new Error('what an approval is about is there')
  const { source, closedThrough, reason } = reopening
  await takeTurn(tx, source)
  // Read behind the turn: two people who decide at the same time do it one after the other.
  const approval = await getApproval(tx, now, id)
  if (approval === undefined) throw new Error('what was read is there')
  await refuseToDecide(tx, approval, actor)
  const by = { keyId: actor.keyId, at: now }
  if (decision === 'approved') await refuseUnlessLater(tx, source, closedThrough)
  await insertDecision(tx, id, { decision, note, ...by })
  if (decision === 'approved')
    await insertEvent(tx, source, { kind: 'reopened', closedThrough, reason, approvalId: id, ...by })
  await audit(tx, actor, now, [
    {
      action: decision === 'approved' ? 'period.reopened' : 'approval.rejected',
      object: decision === 'approved' ? source : publicId('apr', id),
      detail: { source, closed_through: closedThrough, note, approval: publicId('apr', id) },
    },
  ])
}
