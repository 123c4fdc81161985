import { type Db, type Queryable, statement, type Tx } from '../../platform/db.ts'
import { IS_CURRENT } from '../../settlement/index.ts'
import { lockRun, type RunInProgress, RunMovedOn } from '../runs/run.ts'

/**
 * The rows that say how far the books of a day are corrected. Each correction leads from the version that is in the books to
 * the one that counts; one of a day goes on at a time.
 */
export type Correction = {
  readonly businessDate: string
  readonly position: number
  /** Null where the day had none, or has none now. */
  readonly fileId: string | null
  readonly replacementId: string | null
  /** How many of the lines that are gone, and of those that are new, are dealt with. */
  readonly undone: bigint
  readonly added: bigint
}

/** A day of which another version, or none, is in the books than the one that counts. Only days with a second version or a withdrawal can be one. */
const DUE = statement(
  'reconciliation.due_correction',
  `select d.business_date as "businessDate", c.position, c.completed_at is null and c.position is not null as "isBegun",
          case when c.position is null then r.file_id else c.replacement_id end as "fileId", f.id as "replacementId"
     from (select f.business_date from settlement_file f where f.source = $1 and f.supersedes is not null
           union
           select f.business_date from settlement_withdrawal w join settlement_file f on f.id = w.file_id where f.source = $1) d
     join recon_run r on r.source = $1 and r.business_date = d.business_date and r.status = 'completed'
     left join lateral (select k.position, k.completed_at, k.replacement_id from recon_correction k
                         where k.source = $1 and k.business_date = d.business_date order by k.position desc limit 1) c on true
     left join lateral (select f.id from settlement_file f
                         where f.source = $1 and f.business_date = d.business_date and ${IS_CURRENT} limit 1) f on true
    where (c.position is not null and c.completed_at is null)
       or case when c.position is null then r.file_id else c.replacement_id end is distinct from f.id
    order by d.business_date limit 1`,
)
const BEGIN = statement(
  'reconciliation.begin_correction',
  `insert into recon_correction (source, business_date, position, file_id, replacement_id, run_id) values ($1, $2, $3, $4, $5, $6)`,
)
const READ = statement(
  'reconciliation.read_correction',
  `select business_date as "businessDate", position, file_id as "fileId", replacement_id as "replacementId", undone, added
     from recon_correction where source = $1 and business_date = $2 and completed_at is null`,
)
const MARK = statement(
  'reconciliation.mark_correction',
  `update recon_correction set undone = $6, added = $7
    where source = $1 and business_date = $2 and position = $3 and undone = $4 and added = $5 and completed_at is null
   returning position`,
)
const COMPLETE = statement(
  'reconciliation.complete_correction',
  `update recon_correction set completed_at = $6
    where source = $1 and business_date = $2 and position = $3 and undone = $4 and added = $5 and completed_at is null
   returning position`,
)
const TAKEN_IN = statement(
  'reconciliation.versions_taken_in',
  `select file_id as "fileId"
     from (select file_id, 0 as position from recon_run where source = $1 and business_date = $2
           union all
           select replacement_id, position from recon_correction
            where source = $1 and business_date = $2 and position < $3) v
    order by position`,
)

type Due = Pick<Correction, 'businessDate' | 'fileId' | 'replacementId'> & {
  readonly position: number | null
  readonly isBegun: boolean
}

/**
 * The correction of the earliest day that needs one: one that was begun, or a new one. What takes the place is decided here,
 * once: another version that comes later is another correction.
 */
export const nextCorrection = (db: Db, source: string, run: RunInProgress): Promise<Correction | undefined> =>
  db.transaction(async (tx) => {
    await lockRun(tx, run.id, 'match')
    const [due] = await tx.run<Due>(DUE, [source])
    if (due === undefined) return undefined
    const { businessDate, position, fileId, replacementId } = due
    if (!due.isBegun) await tx.run(BEGIN, [source, businessDate, (position ?? 0) + 1, fileId, replacementId, run.id])
    return (await tx.run<Correction>(READ, [source, businessDate]))[0]
  })

/** Whether a file that a run had used was replaced or withdrawn since. */
export const correctionIsDue = async (db: Queryable, source: string): Promise<boolean> =>
  (await db.run<Due>(DUE, [source])).length > 0

/** The versions whose lines were taken in one after the other before this correction; undefined for none. */
export async function versionsBefore(
  db: Db,
  source: string,
  { businessDate, position }: Correction,
): Promise<readonly (string | undefined)[]> {
  const rows = await db.run<{ fileId: string | null }>(TAKEN_IN, [source, businessDate, position])
  return rows.map(({ fileId }) => fileId ?? undefined)
}

const keyOf = (source: string, { businessDate, position, undone, added }: Correction): readonly unknown[] => [
  source,
  businessDate,
  position,
  undone,
  added,
]

/** Commits with what was dealt with. Throws `RunMovedOn` when another node was faster. */
export async function markCorrection(
  tx: Tx,
  source: string,
  run: RunInProgress,
  from: Correction,
  to: Pick<Correction, 'undone' | 'added'>,
): Promise<void> {
  const marked = await tx.run(MARK, [...keyOf(source, from), to.undone, to.added])
  if (marked.length === 0) throw new RunMovedOn(run.id)
}

export const completeCorrection = (
  db: Db,
  source: string,
  run: RunInProgress,
  correction: Correction,
  at: Date,
): Promise<void> =>
  db.transaction(async (tx) => {
    await lockRun(tx, run.id, 'match')
    const completed = await tx.run(COMPLETE, [...keyOf(source, correction), at])
    if (completed.length === 0) throw new RunMovedOn(run.id)
  })
