import { statement, type Tx } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId } from '../../platform/ids.ts'
import { undoArrivals } from '../bank/arrivals.ts'
import type { BreakState, NewBreak } from '../break.ts'
import { insertOpened } from '../break-rows.ts'
import { breakOfOurs, breakOfTheirs } from '../decide.ts'
import { lastCompletedRun, type RunInProgress } from '../runs/run.ts'
import { lapseProposals } from './lapse.ts'
import { linkBreaks, noteBreaks } from './rows.ts'
import type { Unmatched, UnmatchedCharge } from './unmatch.ts'

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

/** Both sides of the pair are open, each record as the last run of their source would have found it alone. */
export async function takeApart(tx: Tx, resolutionId: string, unmatched: Unmatched, now: Date): Promise<void> {
  const { source } = unmatched
  const last = await lastCompletedRun(tx, source)
  if (last === undefined) throw new Error('a source that has a pair has a completed run')
  if (unmatched.is === 'charge')
    await tx.run(UNSETTLE, [unmatched.charge.attemptId, unmatched.revision, resolutionId, now])
  else await undoArrivals(tx, { resolutionId }, now, unmatched.arrivalIds)
  const breaks = unmatched.is === 'charge' ? breaksOf(unmatched, last) : unmatched.breaks
  const ids = await insertOpened(tx, source, { runId: last.id, day: last.businessDate, at: now }, breaks)
  await linkBreaks(tx, resolutionId, ids)
  await tx.run(TOUCHED, [ids])
  await note(tx, resolutionId, ids, 'unmatched', now)
}

function breaksOf({ charge, line }: UnmatchedCharge, last: RunInProgress): readonly NewBreak[] {
  const around = { day: last.businessDate, source: last.settings }
  return [
    breakOfOurs({ ...charge, isDuplicate: false }, around),
    breakOfTheirs({ ...line, isDuplicate: false }, around),
  ]
}

type Opened = { readonly id: string; readonly state: BreakState; readonly isOurs: boolean }

/** Throws `resolution_state` unless both sides that taking a pair apart opened are open still. */
export async function refuseMoved(tx: Tx, resolutionId: string): Promise<void> {
  const moved = (await tx.run<Opened>(OPENED, [resolutionId])).find(({ state }) => state !== 'open')
  if (moved !== undefined)
    throw new Refusal('resolution_state', `${publicId('brk', moved.id)}, which it opened, is ${moved.state} by now.`, {
      facts: { break: publicId('brk', moved.id), state: moved.state },
    })
}

/**
 * Puts a charge and its line together again. A run that undoes what is about a line that is gone leaves a charge as it is that
 * something else has become of.
 */
export async function putTogether(tx: Tx, resolutionId: string, at: Date): Promise<void> {
  const closed = await closeOpened(tx, resolutionId, at)
  if (closed.some(({ isOurs }) => isOurs)) await tx.run(SETTLE_AGAIN, [resolutionId, at])
}

/** Closes the breaks that taking a pair apart opened, as far as they are open still, and gives them. */
export async function closeOpened(tx: Tx, resolutionId: string, at: Date): Promise<readonly Opened[]> {
  const open = (await tx.run<Opened>(OPENED, [resolutionId])).filter(({ state }) => state === 'open')
  const ids = open.map(({ id }) => id)
  await lapseProposals(tx, ids, at, 'The pair is together again.')
  await tx.run(CLOSE, [resolutionId, at, ids])
  await tx.run(TOUCHED, [ids])
  await note(tx, resolutionId, ids, 'resolved', at)
  return open
}

async function note(tx: Tx, resolutionId: string, ids: readonly string[], kind: string, at: Date): Promise<void> {
  const [maker] = await tx.run<{ keyId: string }>(MAKER, [resolutionId])
  await noteBreaks(tx, ids, { kind, detail: `${publicId('res', resolutionId)} unmatch`, keyId: maker?.keyId, at })
}
