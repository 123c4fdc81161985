import { type ColumnType, type DuckDb, fileLiteral, literal } from '../../../platform/duckdb.ts'
import { OURS_FILES, type OursFile, oursPath } from '../../ours.ts'
import type { CarriedOurs, CarriedTheirs, MatchRequest } from '../engine.ts'

/**
 * Both sides as tables of DuckDB. Ids are UUIDs there, 16 bytes and no text: of 300,000 records a side that halves the time
 * of all that follows. The reference that a line gives is read as the id of the charge that it names.
 */

/** Lines whose reference is one of ours name a charge; every other reference is a text that means nothing to us. */
const NAMED_CHARGE = `case when regexp_matches(reference, '^att_[0-9a-f]{32}$') then substr(reference, 5)::uuid end`

/** A joined line names several, with a space between. */
const NAMES_SEVERAL = `regexp_matches(reference, '^att_[0-9a-f]{32}( att_[0-9a-f]{32})+$')`

/** Reads each file once it is there; the lines are there first. */
export async function load(duckdb: DuckDb, request: MatchRequest): Promise<void> {
  await request.written.lines
  await loadTheirs(duckdb, request)
  for (const file of ['charge', 'charged_order'] as const) {
    await request.written[file]
    await duckdb.run(`create or replace table ${file} as select * from ${csv(request.folder, file)}`)
  }
  await request.written.entry
  await loadOurs(duckdb, request)
}

/** The table `ours`: today's records and the open ones of earlier days. All are charges. A row is known by its `rowid`. */
async function loadOurs(duckdb: DuckDb, request: MatchRequest): Promise<void> {
  const { day, previousDay, seen } = request.window
  const seenRows = [...seen].map(([chain, seq]) => `(${chain}, ${seq})`).join(', ')
  await duckdb.run(`
    create or replace table booked as
      select coalesce(o.charge_id, e.charge_id) as attempt_id, o.amount as order_amount, e.occurred_ms, e.business_date, e.chain_id, e.batch_seq
        from ${csv(request.folder, 'entry')} e left join charged_order o on o.id = e.payment_order_id;
    create or replace table ours as
      select null::uuid as ours_break, b.attempt_id, c.payment_id, c.psp_reference, c.amount as asked_amount,
             coalesce(b.order_amount, c.amount) as amount, c.currency, b.occurred_ms, b.business_date
        from booked b join charge c on c.id = b.attempt_id
        left join (values ${seenRows}) as s (chain_id, seq) on s.chain_id = b.chain_id
       where b.business_date <= ${literal(day)}
         and (${previousDay === undefined ? 'true' : `b.business_date > ${literal(previousDay)}`} or b.batch_seq > s.seq);
    drop table charge;
    drop table charged_order`)
  await joinOrders(duckdb)
  await appendCarriedOurs(duckdb, request.carriedOurs)
}

/** A charge that stands for several orders is booked once for each: its record is their sum. */
const joinOrders = (duckdb: DuckDb): Promise<void> =>
  duckdb.run(`
    create or replace table split as select attempt_id from ours group by attempt_id having count(*) > 1;
    create or replace table joined as
      select any_value(ours_break) as ours_break, attempt_id, any_value(payment_id) as payment_id, any_value(psp_reference) as psp_reference,
             any_value(asked_amount) as asked_amount, sum(amount)::bigint as amount, any_value(currency) as currency,
             min(occurred_ms) as occurred_ms, min(business_date) as business_date
        from ours semi join split using (attempt_id) group by attempt_id;
    delete from ours where attempt_id in (select attempt_id from split);
    insert into ours by name select * from joined;
    drop table joined;
    drop table split`)

// Smaller than what a day comes to, so that both threads have something to read.
const BUFFER_BYTES = 4 * 1024 * 1024

/** A file of our side as a table expression. */
function csv(folder: string, file: OursFile): string {
  const columns = Object.entries(OURS_FILES[file]).map(([name, type]) => `${literal(name)}: ${literal(type)}`)
  return `read_csv(${fileLiteral(oursPath(folder, file))}, header = false, auto_detect = false, new_line = '\\n', delim = ',', quote = '"', escape = '"',
    buffer_size = ${BUFFER_BYTES}, columns = {${columns.join(', ')}})`
}

const CARRIED_OURS: readonly (readonly [name: string, type: ColumnType])[] = [
  ['ours_break', 'varchar'],
  ['attempt_id', 'varchar'],
  ['payment_id', 'varchar'],
  ['psp_reference', 'varchar'],
  ['asked_amount', 'bigint'],
  ['amount', 'bigint'],
  ['currency', 'varchar'],
  ['occurred_ms', 'bigint'],
  ['business_date', 'varchar'],
]

async function appendCarriedOurs(duckdb: DuckDb, carried: readonly CarriedOurs[]): Promise<void> {
  const rows = carried.map((each) => [
    each.breakId,
    each.attemptId,
    each.paymentId,
    each.pspReference,
    each.amount,
    each.amount,
    each.currency,
    each.occurredMs,
    each.businessDate,
  ])
  await stage(duckdb, 'carried_ours', CARRIED_OURS, rows)
  await duckdb.run('insert into ours by name select * from carried_ours; drop table carried_ours')
}

/**
 * The table `named`: the charges that each joined line names, in their order, each with the PSP's id. A charge that a line names
 * twice makes it no joined line.
 */
const loadNamed = (duckdb: DuckDb): Promise<void> =>
  duckdb.run(`
    create or replace table named as
      select n, position, substr(names[position], 5)::uuid as charge_id, case when len(ids) = len(names) then ids[position] end as psp_reference
        from (select n, names, string_split(psp_reference, ' ') as ids, unnest(range(1, len(names) + 1)) as position
                from (select n, psp_reference, string_split(reference, ' ') as names
                        from theirs where charge_id is null and kind = 'charge' and ${NAMES_SEVERAL})
               where len(list_distinct(names)) = len(names))`)

/**
 * The tables `theirs`, the lines of the day's file and, with `n` below 0, the open ones of earlier files, and `carried_theirs`,
 * where these stand. `n` is otherwise the line.
 */
async function loadTheirs(duckdb: DuckDb, request: MatchRequest): Promise<void> {
  const columns = 'kind, status, reference, psp_reference, amount, fee, currency, occurred_ms'
  await stage(duckdb, 'carried_theirs', CARRIED_THEIRS, request.carriedTheirs.map(carriedTheirs))
  await duckdb.run(`
    create or replace table theirs as
      select line as n, ${NAMED_CHARGE} as charge_id, ${columns} from read_parquet(${fileLiteral(request.linesPath)})
      union all
      select n, ${NAMED_CHARGE}, ${columns} from carried_theirs`)
  await loadNamed(duckdb)
}

const CARRIED_THEIRS: readonly (readonly [name: string, type: ColumnType])[] = [
  ['n', 'integer'],
  ['theirs_break', 'varchar'],
  ['file_id', 'varchar'],
  ['line', 'integer'],
  ['kind', 'varchar'],
  ['status', 'varchar'],
  ['reference', 'varchar'],
  ['psp_reference', 'varchar'],
  ['amount', 'bigint'],
  ['fee', 'bigint'],
  ['currency', 'varchar'],
  ['occurred_ms', 'bigint'],
]

const carriedTheirs = (each: CarriedTheirs, index: number) => [
  -1 - index,
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

/** Fills a new table with rows of our own. */
async function stage(
  duckdb: DuckDb,
  table: string,
  columns: readonly (readonly [name: string, type: ColumnType])[],
  rows: Parameters<DuckDb['append']>[2],
): Promise<void> {
  await duckdb.run(`create or replace table ${table} (${columns.map((column) => column.join(' ')).join(', ')})`)
  await duckdb.append(
    table,
    columns.map(([, type]) => type),
    rows,
  )
}
