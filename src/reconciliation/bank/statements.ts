import { type Queryable, statement } from '../../platform/db.ts'
import { INTAKE_CURRENT } from '../../settlement/index.ts'
import type { Place, StatementFile } from './lines.ts'
import { ARRIVAL_STANDS, IS_DECIDED } from './payouts.ts'
import type { BankSource } from './source.ts'

/** Which statements of a bank a run looks at. */

const OF_DAY = statement(
  'reconciliation.statement_of_day',
  `select f.id from intake_file i join settlement_file f on f.id = i.file_id
    where i.source = $1 and ${INTAKE_CURRENT} and i.business_date >= $2 order by i.business_date, f.id limit 1`,
)

/** A current statement that reaches the day: whatever moved on it is there. */
export const statementOfDay = async (db: Queryable, source: string, day: string): Promise<string | undefined> =>
  (await db.run<{ id: string }>(OF_DAY, [source, day]))[0]?.id

// Longer than any payout is looked for; what comes later than that comes with a file that is new.
const DAYS_BACK = 60

const SELECT = `select f.id, f.lines_blob_id as "linesBlobId",
          array(select r.line from intake_line_returned r where r.file_id = f.id order by r.line) as returned`

const FILES = statement(
  'reconciliation.statements_since',
  `${SELECT}
     from intake_file i join settlement_file f on f.id = i.file_id
    where i.source = $1 and ${INTAKE_CURRENT}
      and (i.last_line_on >= $2::date - $3::integer or f.received_at >= $4
           or f.id in (select r.file_id from intake_line_returned r where r.returned_at >= $4)
           or f.id in (select b.file_id from recon_break b where b.source = $1 and b.state = 'open' and b.line is not null))
    order by f.id`,
)

/** The current statements whose lines may be taken in or are open, and those that came, or lines of which came back, since the last run. */
export const statementsSince = (
  db: Queryable,
  { name }: Pick<BankSource, 'name'>,
  day: string,
  since: Date,
): Promise<StatementFile[]> => db.run<StatementFile>(FILES, [name, day, DAYS_BACK, since])

/** Whether the lines of a statement count: it is neither replaced nor withdrawn. */
export const FILE_COUNTS = (fileId: string): string => `exists (
  select from settlement_file f where f.id = ${fileId}
     and not exists (select from intake_file r where r.reissue_of = f.id)
     and not exists (select from settlement_withdrawal w where w.file_id = f.id))`

const ONE = statement('reconciliation.statement_by_id', `${SELECT} from settlement_file f where f.id = $1`)

/** One statement, whether it counts or not. */
export const statementFile = async (db: Queryable, id: string): Promise<StatementFile | undefined> =>
  (await db.run<StatementFile>(ONE, [id]))[0]

const CLAIMED = statement(
  'reconciliation.claimed_bank_lines',
  `select a.file_id as "fileId", a.line from payout_arrival a
    where a.source = $1 and a.file_id = any($2::uuid[]) and ${ARRIVAL_STANDS}
   union
   select b.file_id, b.line from recon_break b
    where b.source = $1 and b.file_id = any($2::uuid[]) and b.line is not null and ${IS_DECIDED}`,
)

/** Lines that are done with: a payout arrived in them, or people decided about them. */
export const claimedLines = (db: Queryable, source: string, files: readonly StatementFile[]): Promise<Place[]> =>
  db.run<Place>(CLAIMED, [source, files.map(({ id }) => id)])
