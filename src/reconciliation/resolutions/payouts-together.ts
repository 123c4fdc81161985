import { type AccountDirectory, postEntries } from '../../ledger/index.ts'
import { statement, type Tx } from '../../platform/db.ts'
import { newId } from '../../platform/ids.ts'
import { insertArrivals, type NewArrival } from '../bank/arrivals.ts'
import { arrivalEntry } from '../bank/entries.ts'
import { closeOpened } from './take-apart.ts'

/** An arrival that people took back, with what is booked for it. */
export type ApartArrival = Omit<NewArrival, 'id'> & {
  readonly source: string
  readonly runId: string
  readonly psp: string
  readonly currency: string
}

const APART = statement(
  'resolutions.arrivals_taken_back',
  `select a.source, a.run_id as "runId", a.payout_id as "payoutId", a.file_id as "fileId", a.line, a.line_on as "lineOn", a.amount, a.rule,
          p.psp, p.currency
     from payout_arrival_undone u join payout_arrival a on a.id = u.arrival_id join payout p on p.id = a.payout_id
    where u.resolution_id = $1 order by p.business_date, p.id`,
)

/** Those that a resolution took back; none unless it took payouts out of a line of a bank. */
export const arrivalsTakenBack = (tx: Tx, resolutionId: string): Promise<ApartArrival[]> =>
  tx.run<ApartArrival>(APART, [resolutionId])

/** Puts payouts into their line again: booked as of now, like the reversal before it, so that the days between stay as they were. */
export async function putPayoutsTogether(
  tx: Tx,
  directory: AccountDirectory,
  { resolutionId, at }: { readonly resolutionId: string; readonly at: Date },
  taken: readonly ApartArrival[],
): Promise<void> {
  const [first] = taken
  if (first === undefined) return
  await closeOpened(tx, resolutionId, at)
  const arrivals = taken.map((each) => ({ ...each, id: newId() }))
  const { source, runId } = first
  await insertArrivals(tx, { source, runId, resolutionId, at }, arrivals)
  const entries = arrivals.map(({ id, psp, ...moved }) => arrivalEntry(source, psp, id, { ...moved, occurredAt: at }))
  await postEntries(tx, directory, entries, at)
}
