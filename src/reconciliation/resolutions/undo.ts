import {
  type AccountDirectory,
  type AccountType,
  type NewEntry,
  type Posting,
  postEntries,
} from '../../ledger/index.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { newId } from '../../platform/ids.ts'
import { moveWallets, planMoves, type WalletChange } from '../../wallet/index.ts'
import { STANDS } from '../settled.ts'
import { ordersOf } from './own-booking.ts'
import { arrivalsTakenBack, putPayoutsTogether } from './payouts-together.ts'
import { sellerPostings, summed } from './plan.ts'
import type { Resolution } from './rows.ts'
import { putTogether, refuseMoved } from './take-apart.ts'

const POSTINGS = statement(
  'resolutions.postings_of_entry',
  `select a.name, a.type, p.amount, p.currency from posting p join ledger_account a on a.id = p.account_id where p.entry_id = $1 order by p.position`,
)
const CHARGES = statement(
  'resolutions.charges',
  `select b.attempt_id as id from break_resolution_break l join recon_break b on b.id = l.break_id
    where l.resolution_id = $1 and b.attempt_id is not null`,
)
const UNSETTLE = statement(
  'resolutions.unsettle_charges',
  `insert into unsettled_charge (attempt_id, revision, resolution_id, unsettled_at)
   select s.attempt_id, s.revision, $1, $2 from settled_charge s where s.resolution_id = $1 and ${STANDS}`,
)
const REOPEN = statement(
  'resolutions.reopen_breaks',
  `with reopened as (
     update recon_break set state = 'open', resolution_id = null, resolved_at = null, reopened_at = $2 where resolution_id = $1 returning id, source),
   told as (insert into live_touched (source, break_id) select source, id from reopened where source in (select s.source from live_source s))
   select id from reopened`,
)
const UNDONE = statement(
  'resolutions.undone',
  `update break_resolution set state = 'undone', undone_at = $2, undo_reason = $3, undo_entry_id = $4 where id = $1`,
)

/**
 * Undoes an applied resolution: its entry gets its reversal, charges that it settled are not any more, and its breaks are open
 * again; a pair that it took apart is one again. What sellers got of their orders meanwhile stays with them. Gives the breaks that
 * are open again. `isForced`: a run does it, because what it is about is gone. Throws `resolution_state` when something else has
 * become of a pair.
 */
export async function undo(
  tx: Tx,
  directory: AccountDirectory,
  resolution: Resolution,
  { reason, at, isForced = false }: { readonly reason: string; readonly at: Date; readonly isForced?: boolean },
): Promise<readonly string[]> {
  const { id, entryId, verb } = resolution
  if (verb === 'unmatch' && !isForced) await refuseMoved(tx, id)
  const payouts = verb === 'unmatch' ? await arrivalsTakenBack(tx, id) : []
  const isOfBank = payouts.length > 0
  // The payouts stay as they are then, and what is booked for the line goes with its break: see bank/undo.ts.
  const isLeft = isOfBank && isForced
  const entry = entryId === null || isLeft ? undefined : await reversal(tx, resolution, entryId, at)
  await tx.run(UNSETTLE, [id, at])
  if (entry !== undefined) await postEntries(tx, directory, [entry], at)
  const reopened = await tx.run<{ id: string }>(REOPEN, [id, at])
  if (isOfBank && !isLeft) await putPayoutsTogether(tx, directory, { resolutionId: id, at }, payouts)
  else if (verb === 'unmatch' && !isOfBank) await putTogether(tx, id, at)
  await tx.run(UNDONE, [id, at, reason, entry?.id])
  return reopened.map((row) => row.id)
}

type Row = { readonly name: string; readonly type: AccountType; readonly amount: bigint; readonly currency: string }

const SELLER = /^seller:(.*):(pending|available|receivable)$/

async function reversal(tx: Tx, { id }: Resolution, entryId: string, at: Date): Promise<NewEntry> {
  const rows = await tx.run<Row>(POSTINGS, [entryId])
  const charges = await tx.run<{ id: string }>(CHARGES, [id])
  const orders = await ordersOf(
    tx,
    charges.map((each) => each.id),
  )
  const isReleased = (seller: string): boolean => orders.some((order) => order.seller === seller && order.isReleased)
  const postings: Posting[] = []
  const changes: WalletChange[] = []
  for (const { name, type, amount, currency } of rows) {
    const [, seller, bucket] = SELLER.exec(name) ?? []
    if (seller === undefined) postings.push({ account: { name, type }, amount: -amount, currency })
    else if (bucket === 'receivable') changes.push({ seller, currency, amount, where: 'owed' })
    else {
      const where = bucket === 'available' || isReleased(seller) ? 'available' : 'pending'
      changes.push({ seller, currency, amount, where })
    }
  }
  const moves = await planMoves(tx, changes)
  await moveWallets(tx, moves)
  return {
    id: newId(),
    kind: 'resolution_undone',
    fact: id,
    paymentId: undefined,
    orderId: undefined,
    reverses: entryId,
    occurredAt: at,
    postings: summed([...postings, ...moves.flatMap(sellerPostings)]),
  }
}
