import { statement, type Tx } from '../platform/db.ts'

const CLOSE = statement(
  'ledger.close_days',
  `insert into ledger_close (closed_through, closed_at)
   select $1::date, $2 where not exists (select from ledger_close where closed_through >= $1::date)`,
)

/** Accounting days up to and including this one take no more entries, for ever: what comes late is booked on the next. */
export const closeDays = async (tx: Tx, through: string, at: Date): Promise<void> =>
  void (await tx.run(CLOSE, [through, at]))
