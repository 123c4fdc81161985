import assert from 'node:assert/strict'
import { type CellValue, type DuckDb, literal } from '../../platform/duckdb.ts'
import { csvSql, PLAIN_LINE } from '../files/plain-csv.ts'
import { cellOf, FEW_ROWS, type Rows, rawTable, type SideName, type SideSpec } from '../side.ts'
import { trimmedSql } from './canon-quick.ts'
import { columnsOf, createRowReader, Unreadable } from './canon-row.ts'
import { NOTHING_READ, rowSql } from './canon-sql.ts'
import { keySql } from './key-form.ts'
import { apartWord, TOTAL_ALONE, TOTAL_KIND } from './kinds.ts'
import { apartState } from './states.ts'

/**
 * View `ours` or `theirs`: every row of a file in the shape in which rows are compared.
 *
 *     n, line    the row            ref, key   the key as it stands, and in the form of the mapping
 *     amount     minor units, signed; `fee` a positive cost or null; `currency`
 *     ms         the instant, null without a time;  day  the date that stands there
 *     kind       the sender's word;  apart  why the row is no sale and stands apart, or null
 *     status     the sender's word for what became of it;  second  another reference, without case
 *
 * DuckDB reads what is written plainly (canon-sql.ts), all rows at once; the others, and all of a file that has few, are read one
 * by one (canon-row.ts). What is no record at all goes to `unparsed`.
 */
export async function canonicalise(
  duckdb: DuckDb,
  side: Rows,
  spec: SideSpec,
  zone: string,
  isFew = side.rows <= FEW_ROWS,
): Promise<Canonical> {
  const table = rowTable(side.name)
  await duckdb.run(`create table ${table} as ${plainRows(side, spec, { zone, isFew })}`)
  const [plain] = await duckdb.query<Plain>(`
    select count(*) as rows, count(*) filter (amount is not null) as read, count(*) filter (amount is not null and day is null) as undated,
           count(ms) filter (amount is not null) as timed, count(*) filter (amount is not null and ms % 86400000 = 0) as midnights
      from ${table}`)
  assert.equal(Number(plain?.rows), side.rows, 'every row of a file is looked at')
  const others = await readOthers(duckdb, side, spec, zone)
  if (side.isTable) await markSums(duckdb, side)
  const [timed, midnights] = [Number(plain?.timed) + others.timed, Number(plain?.midnights) + others.midnights]
  // A column of dates that a program wrote out with a time of nought.
  await createView(duckdb, side, spec, { isMidnightOnly: timed > 1 && timed === midnights })
  return {
    rounded: others.rounded,
    undated: (spec.date === undefined ? 0 : Number(plain?.undated)) + others.undated,
  }
}

export type Canonical = {
  /** Amounts that are finer than their currency, and were rounded. */
  readonly rounded: number
  /** Dates that could not be read. */
  readonly undated: number
}

type Plain = Readonly<Record<'rows' | 'read' | 'undated' | 'timed' | 'midnights', bigint>>

const rowTable = (name: SideName): string => `${name}_row`

/** Rows in their order, so that `rowid` counts them as `n` does. Without an amount it is one of the others. */
function plainRows(
  side: Rows,
  spec: SideSpec,
  { zone, isFew }: { readonly zone: string; readonly isFew: boolean },
): string {
  const cell = (column: string): string => cellOf(side, column)
  const { currency, times, amount, fee, isFree, at, isTimed, isUndated, isSuspicious } = isFew
    ? NOTHING_READ
    : rowSql(side, spec, zone, cell)
  const isRead = `amount is not null and currency is not null and (fee is not null or is_free) and (stamp is not null or is_undated) and not is_suspicious`
  const texts = textsOf(spec, cell)
  const kept = [...texts.map(([name]) => name), ...(side.plain === undefined ? ['line'] : [])]
    .map((name) => `, ${name}`)
    .join('')
  return `
    select ref, case when ${isRead} then amount end as amount, fee, currency, case when is_timed then epoch_ms(stamp) end as ms,
           stamp::date as day, false as is_total ${kept}
      from (select ref, ${amount} as amount, ${fee} as fee, ${isFree} as is_free, currency, ${at} as stamp, ${isTimed} as is_timed,
                   ${isUndated} as is_undated, ${isSuspicious} as is_suspicious ${kept}
              from (select *, ${currency} as currency, ${times} as times, ${isFew ? keySql(cell(spec.key), 'exact') : trimmedSql(cell(spec.key))} as ref
${texts.map(([name, sql]) => `, ${sql} as ${name}`).join('')} from ${side.plain === undefined ? rawTable(side.name) : csvSql(side.plain)}))`
}

/** The columns that a row has only where its file has them: without any, they would take half of the memory. */
function textsOf(spec: SideSpec, cell: (column: string) => string): readonly (readonly [name: string, sql: string])[] {
  const { kind, status, second, key, keyForm } = spec
  return [
    ...(kind === undefined ? [] : [['kind', `nullif(${cell(kind)}, '')`] as const]),
    ...(status === undefined ? [] : [['status', `nullif(${cell(status)}, '')`] as const]),
    ...(second === undefined ? [] : [['second', keySql(cell(second), 'case')] as const]),
    ...(keyForm === 'loose' ? [['key', keySql(cell(key), 'loose')] as const] : []),
  ]
}

type CellRow = { readonly n: number; readonly line: number } & Readonly<Record<string, string | number | null>>

type Others = { rounded: number; undated: number; timed: number; midnights: number }

async function readOthers(duckdb: DuckDb, side: Rows, spec: SideSpec, zone: string): Promise<Others> {
  const { name } = side
  const table = rowTable(name)
  await duckdb.run(`create table ${name}_value (n integer, amount bigint, fee bigint, currency varchar, ms bigint, day varchar, is_total bigint);
    create table ${name}_other as select rowid::integer as n from ${table} where amount is null`)
  const counts: Others = { rounded: 0, undated: 0, timed: 0, midnights: 0 }
  const cells = new Map(columnsOf(spec).map((column) => [column, cellOf(side, column)]))
  const read = createRowReader(side, spec, zone)
  const wanted = ['n', 'line', ...new Set(cells.values())].map((column) => `r.${column}`).join(', ')
  const others = duckdb.stream<CellRow>(
    `select ${wanted} from ${rawTable(name)} r semi join ${name}_other w on w.n = r.n order by r.n`,
  )
  for await (const rows of others) {
    const [values, rejected]: [CellValue[][], CellValue[][]] = [[], []]
    for (const row of rows) {
      const textOf = (column: string): string => {
        const text = row[cells.get(column) ?? '']
        return typeof text === 'string' ? text : ''
      }
      try {
        const { amount, fee, currency, ms, day, isTotal, ...about } = read(textOf)
        values.push([row.n, amount, fee, currency, ms, day, isTotal ? 1n : 0n])
        if (!about.isExact) counts.rounded += 1
        if (about.isUndated) counts.undated += 1
        if (ms !== null) counts.timed += 1
        if (about.isMidnight) counts.midnights += 1
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error
        const place = side.columns.find((column) => column.name === error.column)?.place ?? -1
        rejected.push([name, row.line, place + 1, error.code, error.message])
      }
    }
    await duckdb.append(`${name}_value`, VALUE_TYPES, values)
    await duckdb.append('unparsed', ['varchar', 'integer', 'integer', 'varchar', 'varchar'], rejected)
  }
  await duckdb.run(`
    update ${table} set amount = v.amount, fee = v.fee, currency = v.currency::currency_code, ms = v.ms, day = v.day::date, is_total = v.is_total = 1
      from ${name}_value v where ${table}.rowid = v.n;
    drop table ${name}_value; drop table ${name}_other`)
  return counts
}

const VALUE_TYPES = ['integer', 'bigint', 'bigint', 'varchar', 'bigint', 'varchar', 'bigint'] as const

/** A row without a reference and a date is a sum when one of its cells says so, as under a column of dates. */
async function markSums(duckdb: DuckDb, { name, columns }: Rows): Promise<void> {
  const table = rowTable(name)
  const isNameless = 'ref is null and day is null and amount is not null'
  if ((await duckdb.query(`select 1 from ${table} where ${isNameless} limit 1`)).length === 0) return
  const says = columns.map(({ place }) => `regexp_full_match(r.c${place}, ${literal(TOTAL_ALONE)})`)
  await duckdb.run(`
    update ${table} set is_total = true from ${rawTable(name)} r where r.n = ${table}.rowid and ${isNameless} and (${says.join(' or ')})`)
}

async function createView(
  duckdb: DuckDb,
  { name, plain }: Rows,
  spec: SideSpec,
  { isMidnightOnly }: { readonly isMidnightOnly: boolean },
): Promise<void> {
  const key = { exact: 'ref', case: 'upper(ref)', loose: 'key' }[spec.keyForm]
  await duckdb.run(`
    create view ${name} as
      select rowid::integer as n, ${plain === undefined ? 'line' : `rowid::integer + ${PLAIN_LINE} as line`}, ref, ${key} as key, amount, fee, currency,
             ${isMidnightOnly ? 'null::bigint' : 'ms'} as ms, day,
             ${(['kind', 'status', 'second'] as const).map((name) => (spec[name] === undefined ? `null::varchar as ${name}` : name)).join(', ')}, ${await apartSql(duckdb, name, spec)} as apart
        from ${rowTable(name)} where amount is not null`)
}

/** A file has few words for its kinds and states, however many rows. */
async function apartSql(duckdb: DuckDb, name: SideName, spec: SideSpec): Promise<string> {
  const caseOf = async (column: 'kind' | 'status', meaning: (word: string) => string | undefined): Promise<string> => {
    if (spec[column] === undefined) return 'null'
    const words = await duckdb.query<{ word: string }>(
      `select distinct ${column} as word from ${rowTable(name)} where ${column} is not null`,
    )
    const known = words.flatMap(({ word }) => {
      const means = meaning(word)
      return means === undefined ? [] : [`when ${literal(word)} then ${literal(means)}`]
    })
    return known.length === 0 ? 'null' : `case ${column} ${known.join(' ')} end`
  }
  return `case when is_total then '${TOTAL_KIND}' else coalesce(${await caseOf('kind', apartWord)}, ${await caseOf('status', apartState)}) end`
}
