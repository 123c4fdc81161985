import { statement, type Tx } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId } from '../../platform/ids.ts'
import type { BreakState } from '../break.ts'
import { insertOpened } from '../break-rows.ts'
import { breakOfOurs, breakOfTheirs } from '../decide.ts'
import { lastCompletedRun } from '../runs/run.ts'
import { lapseProposals } from './lapse.ts'
import { linkBreaks, noteBreaks } from './rows.ts'
import type { Unmatched } from './unmatch.ts'

/** Carries out that a pair is taken apart, and puts it together again. */

const UNSETTLE = statement(
  'resolutions.unsettle_pair',
  'insert into unsettled_charge (attempt_id, revision, resolution_id, unsettled_at) values ($1, $2, $3, $4)',
)
const MAKER = statement('resolutions.maker', 'select maker_key_id as "keyId" from break_resolution where id = $1')
const OPENED = statement(
  'resolutions.breaks_of_unmatch',
  `select b.id, b.state, b.attempt_id is not null as "isOurs" from break_resolution_break l join recon_break b on b.id = l.break_id
    where l.resolution_id = $1 order by b.id for update of b`,
)
const SETTLE_AGAIN = statement(
  'resolutions.settle_pair_again',
  `insert into settled_charge (resolution_id, settled_at, attempt_id, run_id, file_id, line, part, revision)
   select $1, $2, s.attempt_id, s.run_id, s.file_id, s.line, s.part, (select count(*) from unsettled_charge c where c.attempt_id = s.attempt_id)
     from unsettled_charge u join settled_charge s on s.attempt_id = u.attempt_id and s.revision = u.revision
    where u.resolution_id = $1`,
)
const CLOSE = statement(
  'resolutions.close_breaks_of_unmatch',
  `update recon_break set state = 'resolved', resolution_id = $1, resolved_at = $2 where id = any($3::uuid[])`,
)

const TOUCHED = statement(
  'resolutions.touched_by_unmatch',
  // Where a live view follows the source, it hears of it.
  `insert into live_touched (source, break_id)
   select b.source, b.id from recon_break b where b.id = any($1::uuid[]) and b.source in (select s.source from live_source s)`,
)

/** Both records of the pair are open, each as the last run of their source would have found it alone. */
export async function takeApart(tx: Tx, resolutionId: string, unmatched: Unmatched, now: Date): Promise<void> {
  const { source, charge, line, revision } = unmatched
  await tx.run(UNSETTLE, [charge.attemptId, revision, resolutionId, now])
  const last = await lastCompletedRun(tx, source)
  if (last === undefined) throw new Error('a source that has a pair has a completed run')
  const around = { day: last.businessDate, source: last.settings }
  const ids = await insertOpened(tx, source, { runId: last.id, day: last.businessDate, at: now }, [
    breakOfOurs({ ...charge, isDuplicate: false }, around),
    breakOfTheirs({ ...line, isDuplicate: false }, around),
  ])
  await linkBreaks(tx, resolutionId, ids)
  await tx.run(TOUCHED, [ids])
  await note(tx, resolutionId, ids, 'unmatched', now)
}

/**
 * Puts a pair together again. A person does that only while both records are open; a run that undoes what is about a line that
 * is gone leaves a charge as it is that something else has become of. Throws `resolution_state`.
 */
export async function putTogether(
  tx: Tx,
  resolutionId: string,
  { at, isForced }: { readonly at: Date; readonly isForced: boolean },
): Promise<void> {
  const opened = await tx.run<{ id: string; state: BreakState; isOurs: boolean }>(OPENED, [resolutionId])
  const moved = opened.find(({ state }) => state !== 'open')
  if (moved !== undefined && !isForced)
    throw new Refusal('resolution_state', `${publicId('brk', moved.id)}, which it opened, is ${moved.state} by now.`, {
      facts: { break: publicId('brk', moved.id), state: moved.state },
    })
  const ids = opened.filter(({ state }) => state === 'open').map(({ id }) => id)
  await lapseProposals(tx, ids, at, 'The pair is together again.')
  if (opened.some(({ state, isOurs }) => isOurs && state === 'open')) await tx.run(SETTLE_AGAIN, [resolutionId, at])
  await tx.run(CLOSE, [resolutionId, at, ids])
  await tx.run(TOUCHED, [ids])
  await note(tx, resolutionId, ids, 'resolved', at)
}

async function note(tx: Tx, resolutionId: string, ids: readonly string[], kind: string, at: Date): Promise<void> {
  const [maker] = await tx.run<{ keyId: string }>(MAKER, [resolutionId])
  await noteBreaks(tx, ids, { kind, detail: `${publicId('res', resolutionId)} unmatch`, keyId: maker?.keyId, at })
}
