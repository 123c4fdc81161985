import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type ColumnType, type DuckDb, literal } from '../../../platform/duckdb.ts'
import { OURS_FILES, type OursFile, oursPath } from '../../ours.ts'
import type {
  CarriedOurs,
  CarriedTheirs,
  Engine,
  Facts,
  LineWithoutOurs,
  MatchRequest,
  PairColumns,
} from '../engine.ts'
import { PASSES, passSql } from './passes.ts'

/** Reconciliation with DuckDB, on one machine. Nothing here decides what a difference means. */

/** Kinds of lines that stand for a charge or against one. Payouts and fees have proofs of their own. */
const COMPARED = `kind not in ('payout', 'payout_reversal', 'fee')`

/** Words with which a PSP says that a charge is what it should be. */
const GOOD_STATUS = `(status is null or lower(status) in ('captured', 'settled', 'succeeded', 'paid'))`

export function createDuckDbEngine(duckdb: DuckDb): Engine {
  let request: MatchRequest | undefined
  return {
    async load(next) {
      request = next
      await loadOurs(duckdb, next)
      await loadTheirs(duckdb, next)
    },
    withoutOurs: () => linesWithoutOurs(duckdb),
    async match() {
      assert(request !== undefined, 'records are loaded before they are matched')
      await pairUp(duckdb)
      await compare(duckdb, request)
      const outcomePath = join(request.folder, 'outcome.parquet')
      await writeOutcome(duckdb, outcomePath)
      return { ...(await readFacts(duckdb, request)), outcomePath }
    },
  }
}

async function* linesWithoutOurs(duckdb: DuckDb): AsyncGenerator<readonly LineWithoutOurs[]> {
  yield* duckdb.stream<LineWithoutOurs>(`
    select t.reference, t.psp_reference, t.amount, t.currency, t.occurred_ms
      from theirs t left join (select distinct reference from ours) o on o.reference = t.reference
     where t.kind = 'charge' and ${GOOD_STATUS} and t.theirs_break is null and o.reference is null and t.reference is not null
     order by t.line`)
}

const OURS_TABLE = `create or replace table ours (n integer, ours_break varchar, attempt_id varchar, payment_id varchar, reference varchar, psp_reference varchar,
     asked_amount bigint, amount bigint, currency varchar, occurred_ms bigint, business_date varchar)`

/** The table `ours`: today's records and, with numbers below 0, the open ones of earlier days. All are charges. */
async function loadOurs(duckdb: DuckDb, request: MatchRequest): Promise<void> {
  const { day, previousDay, seen } = request.window
  const seenRows = [...seen].map(([chain, seq]) => `(${chain}, ${seq})`).join(', ')
  await duckdb.run(`
    create or replace temp table booked as
      select coalesce(o.charge_id, e.charge_id) as attempt_id, o.amount as order_amount, e.occurred_ms, e.business_date, e.chain_id, e.batch_seq
        from ${csv(request.folder, 'entry')} e left join ${csv(request.folder, 'charged_order')} o
          on o.id = e.payment_order_id;
    ${OURS_TABLE};
    insert into ours
      with mine as (
        select b.*, c.payment_id, c.psp_reference, c.amount as charge_amount, c.currency
          from booked b join ${csv(request.folder, 'charge')} c on c.id = b.attempt_id
          left join (values ${seenRows}) as s (chain_id, seq) on s.chain_id = b.chain_id
         where b.business_date <= ${literal(day)}
           and (${previousDay === undefined ? 'true' : `b.business_date > ${literal(previousDay)}`} or b.batch_seq > s.seq)
      ), split as (
        select attempt_id from mine group by attempt_id having count(*) > 1
      ), one as (
        select attempt_id, payment_id, psp_reference, charge_amount, coalesce(order_amount, charge_amount) as amount, currency, occurred_ms,
               business_date
          from mine anti join split using (attempt_id)
         union all
        select attempt_id, any_value(payment_id), any_value(psp_reference), any_value(charge_amount),
               sum(coalesce(order_amount, charge_amount))::bigint, any_value(currency), min(occurred_ms), min(business_date)
          from mine semi join split using (attempt_id) group by attempt_id
      )
      select row_number() over (), null, attempt_id::varchar, payment_id::varchar, 'att_' || replace(attempt_id::varchar, '-', ''), psp_reference,
             charge_amount, amount, currency, occurred_ms, business_date
        from one`)
  await duckdb.append(
    'ours',
    OURS_TYPES,
    request.carriedOurs.map((each, index) => [-1 - index, ...oursRow(each)]),
  )
}

/** A file of our side as a table expression. */
function csv(folder: string, file: OursFile): string {
  const columns = Object.entries(OURS_FILES[file]).map(([name, type]) => `${literal(name)}: ${literal(type)}`)
  return `read_csv(${literal(oursPath(folder, file))}, header = false, auto_detect = false, new_line = '\\n', delim = ',', quote = '"', escape = '"',
    columns = {${columns.join(', ')}})`
}

const OURS_TYPES: readonly ColumnType[] = [
  'integer',
  'varchar',
  'varchar',
  'varchar',
  'varchar',
  'varchar',
  'bigint',
  'bigint',
  'varchar',
  'bigint',
  'varchar',
]

const oursRow = (each: CarriedOurs) => [
  each.breakId,
  each.attemptId,
  each.paymentId,
  `att_${each.attemptId.replaceAll('-', '')}`,
  each.pspReference,
  each.amount,
  each.amount,
  each.currency,
  each.occurredMs,
  each.businessDate,
]

/** The table `theirs`: the lines of the day's file and, with numbers below 0, the open ones of earlier files. */
async function loadTheirs(duckdb: DuckDb, request: MatchRequest): Promise<void> {
  await duckdb.run(`
    create or replace table theirs (n integer, theirs_break varchar, file_id varchar, line integer, kind varchar, status varchar, reference varchar,
      psp_reference varchar, amount bigint, fee bigint, currency varchar, occurred_ms bigint);
    insert into theirs
      select line, null, ${literal(request.fileId)}, line, kind, status, reference, psp_reference, amount, fee, currency, occurred_ms
        from read_parquet(${literal(request.linesPath)})`)
  await duckdb.append(
    'theirs',
    THEIRS_TYPES,
    request.carriedTheirs.map((each, index) => [-1 - index, ...theirsRow(each)]),
  )
}

const THEIRS_TYPES: readonly ColumnType[] = [
  'integer',
  'varchar',
  'varchar',
  'integer',
  'varchar',
  'varchar',
  'varchar',
  'varchar',
  'bigint',
  'bigint',
  'varchar',
  'bigint',
]

const theirsRow = (each: CarriedTheirs) => [
  each.breakId,
  each.fileId,
  each.line,
  each.kind,
  each.status,
  each.reference,
  each.pspReference,
  each.amount,
  each.fee,
  each.currency,
  each.occurredMs,
]

/** The table `pair`: which record of ours goes with which line, and by which rule. Every record is in one pair at most. */
async function pairUp(duckdb: DuckDb): Promise<void> {
  await duckdb.run('create or replace table pair (o integer, t integer, rule varchar)')
  for (const pass of PASSES) for (const sql of passSql(pass)) await duckdb.run(sql)
}

/** The table `compared`: pairs with both records and what differs, the weightiest difference first. */
async function compare(duckdb: DuckDb, { feeSchedule }: MatchRequest): Promise<void> {
  const expected =
    feeSchedule === undefined
      ? 'null::bigint'
      : `(((case when o.currency = t.currency then o.amount else t.amount end)::hugeint * ${feeSchedule.ratePpm} + 500000) // 1000000 + ${feeSchedule.fixed})::bigint`
  await duckdb.run(`
    create or replace table compared as
      select c.*,
             case when ours_currency <> theirs_currency then 'currency_mismatch'
                  when not ${GOOD_STATUS} then 'status_mismatch'
                  when ours_amount <> theirs_amount then 'amount_mismatch'
                  when asked_amount <> ours_amount then 'split_mismatch'
                  when expected_fee is not null and fee <> expected_fee then 'fee_mismatch' end as code
        from (select p.rule, p.o, p.t, o.attempt_id, o.payment_id, o.reference as ours_reference, o.psp_reference as ours_psp_reference, o.asked_amount, o.amount as ours_amount,
                     o.currency as ours_currency, o.occurred_ms as ours_ms, o.business_date, o.ours_break,
                     t.file_id, t.line, t.kind, t.status, t.reference, t.psp_reference, t.amount as theirs_amount, t.fee,
                     t.currency as theirs_currency, t.occurred_ms as theirs_ms, t.theirs_break, ${expected} as expected_fee
                from pair p join ours o on o.n = p.o join theirs t on t.n = p.t) c`)
}

/** What the ledger is concerned with; texts of either side are found by charge and line. */
const BOOKED_THEIRS = `t.file_id, t.line, t.kind, t.amount as theirs_amount, t.fee, t.currency as theirs_currency, t.occurred_ms as theirs_ms,
  t.theirs_break`
const OURS_SELECT = `o.attempt_id, o.payment_id, o.psp_reference as ours_psp_reference, o.amount as ours_amount, o.currency as ours_currency,
  o.occurred_ms as ours_ms, o.business_date, o.ours_break`
const THEIRS_SELECT = `t.file_id, t.line, t.kind, t.status, t.reference, t.psp_reference, t.amount as theirs_amount, t.fee,
  t.currency as theirs_currency, t.occurred_ms as theirs_ms, t.theirs_break`

/**
 * Every record of the day with what became of it: pairs in the order of their lines, then lines without a record of ours,
 * then payouts and other lines that stand for themselves, last what only we have. `ordinal` counts the rows, from 0.
 */
async function writeOutcome(duckdb: DuckDb, path: string): Promise<void> {
  await duckdb.run(`
    copy (
      select row_number() over (order by part, n, attempt_id) - 1 as ordinal, * exclude (n)
        from (select 1 as part, t as n, 'pair' as what, rule, code, attempt_id, payment_id, ours_amount, ours_currency, ours_ms, ours_break,
                     file_id, line, kind, theirs_amount, fee, theirs_currency, theirs_ms, theirs_break, expected_fee
                from compared
              union all by name
              select 2 as part, t.n, 'theirs_only' as what, ${BOOKED_THEIRS} from theirs t anti join pair p on p.t = t.n where t.${COMPARED}
              union all by name
              select 3 as part, t.n, 'line' as what, ${BOOKED_THEIRS} from theirs t where not (t.${COMPARED})
              union all by name
              select 4 as part, 0 as n, 'ours_only' as what, o.attempt_id, o.payment_id, o.amount as ours_amount, o.currency as ours_currency,
                     o.occurred_ms as ours_ms, o.ours_break
                from ours o anti join pair p on p.o = o.n)
       order by ordinal
    ) to ${literal(path)} (format parquet, compression zstd)`)
}

async function readFacts(duckdb: DuckDb, request: MatchRequest): Promise<Omit<Facts, 'outcomePath'>> {
  const [counts] = await duckdb.query<Facts['counts']>(`
    select (select count(*) from ours) as ours, (select count(*) from theirs where ${COMPARED}) as theirs,
           (select count(*) from compared where code is null) as matched`)
  const later = await duckdb.query<{ chain_id: number; first: bigint }>(
    `select chain_id, min(batch_seq) as first from booked where business_date > ${literal(request.window.day)} group by chain_id`,
  )
  return {
    counts: counts ?? { ours: 0n, theirs: 0n, matched: 0n },
    sums: await duckdb.query(`
      select 'ours' as side, currency, sum(amount)::bigint as amount from ours group by currency
      union all
      select 'theirs', currency, sum(amount)::bigint from theirs where ${COMPARED} group by currency`),
    totals: await duckdb.query(`
      select currency, kind, count(*) as lines, sum(amount)::bigint as amount from theirs where theirs_break is null group by currency, kind`),
    differences: await duckdb.query<PairColumns>(
      'select * exclude (o, t) from compared where code is not null order by attempt_id',
    ),
    cleared: (
      await duckdb.query<{ id: string }>(`
        select ours_break as id from compared where ours_break is not null
        union all select theirs_break from compared where theirs_break is not null order by id`)
    ).map(({ id }) => id),
    unmatchedOurs: await duckdb.query(`
      select ${OURS_SELECT}, coalesce(o.reference in (select ours_reference from compared), false) as is_duplicate
        from ours o anti join pair p on p.o = o.n order by o.attempt_id`),
    unmatchedTheirs: await duckdb.query(`
      select ${THEIRS_SELECT},
             t.kind = 'charge' and (coalesce(t.reference in (select ours_reference from compared), false)
               or coalesce(t.psp_reference in (select psp_reference from compared where psp_reference is not null), false)) as is_duplicate
        from theirs t anti join pair p on p.t = t.n where t.${COMPARED} order by t.file_id, t.line`),
    firstLater: new Map(later.map((row) => [row.chain_id, row.first])),
  }
}
