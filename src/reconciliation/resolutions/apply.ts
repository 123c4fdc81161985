import { type AccountDirectory, type NewEntry, postEntries } from '../../ledger/index.ts'
import { toColumns } from '../../platform/columns.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { newId } from '../../platform/ids.ts'
import { moveWallets, releasePending } from '../../wallet/index.ts'
import { releaseEntry } from '../entries.ts'
import { type Plan, summed } from './plan.ts'
import type { ShownEntry } from './rows.ts'
import { takeApart } from './take-apart.ts'

const RESOLVE = statement(
  'resolutions.resolve_breaks',
  // Where a live view follows the source, it hears of it.
  `with resolved as (
     update recon_break set state = 'resolved', resolution_id = $1, resolved_at = $2 where id = any($3::uuid[]) and state = 'open' returning id, source)
   insert into live_touched (source, break_id) select source, id from resolved where source in (select s.source from live_source s)`,
)
const SETTLE = statement(
  'resolutions.settle_charges',
  // Each charge is a part of its line, behind those that it had before.
  `insert into settled_charge (resolution_id, settled_at, attempt_id, run_id, file_id, line, revision, part)
   select $1, $2, s.attempt_id, s.run_id, s.file_id, s.line, (select count(*) from unsettled_charge u where u.attempt_id = s.attempt_id),
          s.turn + coalesce((select max(c.part) from settled_charge c where c.file_id = s.file_id and c.line = s.line), 0)
     from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::integer[]) with ordinality as s (attempt_id, run_id, file_id, line, turn)`,
)

/** The plan as it is shown and kept: what its entry and its reversals come to. */
export const shown = ({ postings, takenBack = [], releases }: Plan): ShownEntry => ({
  postings: summed([...takenBack.flatMap((entry) => entry.postings), ...postings]).map(
    ({ account, amount, currency }) => ({
      account: account.name,
      amount: amount.toString(),
      currency,
    }),
  ),
  releases: releases.map(({ orderId, seller, amount, currency }) => ({
    orderId,
    seller,
    amount: amount.toString(),
    currency,
  })),
})

/** Books a plan: wallets and ledger. Gives the id of its entry, or null when it books nothing. */
export async function book(
  tx: Tx,
  directory: AccountDirectory,
  resolutionId: string,
  plan: Plan,
  now: Date,
): Promise<string | null> {
  await moveWallets(tx, plan.moves)
  await releasePending(tx, plan.releases)
  const entry = plan.postings.length === 0 ? undefined : entryOf(resolutionId, plan, now)
  const releases = plan.releases.map((each) => releaseEntry({ ...each, at: now }))
  await postEntries(
    tx,
    directory,
    [...(plan.takenBack ?? []), entry, ...releases].filter((each) => each !== undefined),
    now,
  )
  return entry?.id ?? null
}

function entryOf(resolutionId: string, { items, postings, unmatched }: Plan, now: Date): NewEntry {
  const apart = unmatched?.is === 'charge' ? unmatched.charge.paymentId : undefined
  const payments = new Set([apart, ...items.map(({ ours }) => ours?.paymentId)])
  payments.delete(undefined)
  const [paymentId, ...others] = payments
  return {
    id: newId(),
    kind: 'resolution',
    fact: resolutionId,
    paymentId: others.length === 0 ? paymentId : undefined,
    orderId: undefined,
    reverses: undefined,
    occurredAt: now,
    postings,
  }
}

/** Marks what was booked: the breaks are resolved, charges that were matched by hand are settled, and a pair is apart. */
export async function mark(
  tx: Tx,
  resolutionId: string,
  { items, settles, unmatched }: Plan,
  now: Date,
): Promise<void> {
  if (unmatched !== undefined) return takeApart(tx, resolutionId, unmatched, now)
  await tx.run(RESOLVE, [resolutionId, now, items.map(({ id }) => id)])
  if (settles.length === 0) return
  const rows = settles.map(({ attemptId, line }) => [
    attemptId,
    line.openedInRun,
    line.theirs?.fileId,
    line.theirs?.line,
  ])
  await tx.run(SETTLE, [resolutionId, now, ...toColumns(4, rows)])
}
