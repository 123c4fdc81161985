import { toColumns } from '../../platform/columns.ts'
import { type Queryable, statement, type Tx } from '../../platform/db.ts'
import { ENDED_UNMATCHES } from './apart.ts'
import type { LineBreak } from './caused.ts'
import { ARRIVAL_STANDS, IS_DECIDED } from './payouts.ts'
import type { BankSource } from './source.ts'
import { FILE_COUNTS } from './statements.ts'

/** The rows of arrivals: payouts in lines of a bank's statements. */
export type NewArrival = {
  readonly id: string
  readonly payoutId: string
  readonly fileId: string
  readonly line: number
  readonly lineOn: string
  readonly amount: bigint
  readonly rule: string
}

const INSERT = statement(
  'reconciliation.insert_arrivals',
  `insert into payout_arrival (source, run_id, arrived_at, resolution_id, id, payout_id, file_id, line, line_on, amount, rule)
   select $1, $2, $3, $4, a.* from unnest($5::uuid[], $6::uuid[], $7::uuid[], $8::integer[], $9::date[], $10::bigint[], $11::text[]) as a`,
)
const COLUMNS = 7

export async function insertArrivals(
  tx: Tx,
  {
    source,
    runId,
    resolutionId,
    at,
  }: {
    readonly source: string
    /** The run that found them. */
    readonly runId: string
    /** By which people took them apart and put them together again. */
    readonly resolutionId?: string
    readonly at: Date
  },
  arrivals: readonly NewArrival[],
): Promise<void> {
  if (arrivals.length === 0) return
  const rows = arrivals.map((each) => [
    each.id,
    each.payoutId,
    each.fileId,
    each.line,
    each.lineOn,
    each.amount,
    each.rule,
  ])
  await tx.run(INSERT, [source, runId, at, resolutionId, ...toColumns(COLUMNS, rows)])
}

const STALE = statement(
  'reconciliation.stale_arrivals',
  `select a.id, a.payout_id as "payoutId" from payout_arrival a
    where a.source = $1 and ${ARRIVAL_STANDS}
      and (not ${FILE_COUNTS('a.file_id')}
           or (a.file_id, a.line) in (
                select o.file_id, o.line from payout_undone u join payout_arrival o on o.payout_id = u.payout_id
                 where not exists (select from payout_arrival_undone n where n.arrival_id = o.id)))`,
)

/**
 * Arrivals of which the payout or the statement's line is gone, and those that share the line with one: what is left of them does
 * not come to the line's amount.
 */
export const staleArrivals = (
  db: Queryable,
  source: string,
): Promise<{ readonly id: string; readonly payoutId: string }[]> => db.run(STALE, [source])

const STALE_BREAKS = statement(
  'reconciliation.stale_bank_breaks',
  `select b.id, b.file_id as "fileId", b.line, b.payout_id as "payoutId", b.business_date as "businessDate" from recon_break b
    where b.source = $1 and b.state = 'open'
      and (exists (select from payout_undone u where u.payout_id = b.payout_id)
           or (b.line is not null and not ${FILE_COUNTS('b.file_id')}))`,
)

/** Open breaks of which the payout or the statement's line is gone. */
export const staleBreaks = (db: Queryable, source: string): Promise<LineBreak[]> => db.run(STALE_BREAKS, [source])

const ELSEWHERE = statement(
  'reconciliation.payouts_awaited_elsewhere',
  `select b.id from recon_break b join payout p on p.id = b.payout_id
    where b.source <> $1 and p.psp = any($2::text[]) and b.state = 'open' and b.line is null order by b.id for update of b`,
)

/** Open breaks of another bank about payouts that are awaited at this one by now. */
export const awaitedElsewhere = async (
  tx: Tx,
  { name, psps }: Pick<BankSource, 'name' | 'psps'>,
): Promise<readonly string[]> => (await tx.run<{ id: string }>(ELSEWHERE, [name, psps])).map(({ id }) => id)

const STALE_RESOLUTIONS = statement(
  'reconciliation.stale_bank_resolutions',
  `select b.resolution_id as id from recon_break b
    where b.source = $1 and ${IS_DECIDED}
      and (exists (select from payout_undone u where u.payout_id = b.payout_id)
           or (b.line is not null and not ${FILE_COUNTS('b.file_id')}))
   union
   ${ENDED_UNMATCHES} order by id desc`,
)

/** What people decided about breaks and pairs of which the payout or the statement's line is gone, the newest first. */
export const staleResolutions = async (db: Queryable, source: string): Promise<readonly string[]> =>
  (await db.run<{ id: string }>(STALE_RESOLUTIONS, [source])).map(({ id }) => id)

const UNDO = statement(
  'reconciliation.undo_arrivals',
  `insert into payout_arrival_undone (arrival_id, run_id, resolution_id, undone_at) select a.id, $1, $2, $3 from unnest($4::uuid[]) as a (id)`,
)

/** A run undoes them, or people do. */
export const undoArrivals = async (
  tx: Tx,
  by: { readonly runId: string } | { readonly resolutionId: string },
  at: Date,
  ids: readonly string[],
): Promise<void> => {
  const [runId, resolutionId] = 'runId' in by ? [by.runId, undefined] : [undefined, by.resolutionId]
  if (ids.length > 0) await tx.run(UNDO, [runId, resolutionId, at, ids])
}
