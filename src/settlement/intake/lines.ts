import { type CellValue, type ColumnType, type DuckDb, fileLiteral, literal } from '../../platform/duckdb.ts'
import type { SettlementLine } from '../formats/format.ts'
import { localDay } from './expected.ts'

/**
 * The lines of a delivery as a table of DuckDB. A file's lines are kept with the columns that the files of reconciled
 * sources have (lines.ts), and with what a bank's entry says besides: day, texts, references, and whether an earlier file
 * had told it. Amounts are minor units, instants milliseconds since 1970, days ISO dates.
 */
const KEPT: readonly (readonly [name: string, type: ColumnType])[] = [
  ['line', 'integer'],
  ['statement', 'integer'],
  ['kind', 'varchar'],
  ['status', 'varchar'],
  ['psp_reference', 'varchar'],
  ['reference', 'varchar'],
  ['amount', 'bigint'],
  ['fee', 'bigint'],
  ['currency', 'varchar'],
  ['occurred_ms', 'bigint'],
  ['business_date', 'varchar'],
  /** Empty for a booked line, `false` for one that moved no balance. */
  ['booked', 'varchar'],
  ['other_references', 'varchar'],
  ['description', 'varchar'],
]

/** The day of a line by itself: null when it says none, and then its statement's day stands for it. */
const COLUMNS = [['document', 'integer'], ['line_on', 'varchar'], ...KEPT] as const
const TYPES = COLUMNS.map(([, type]) => type)

/** What makes two lines the same entry: everything that they say, but not where they stand. */
export const ENTRY = [
  'account',
  'kind',
  'status',
  'psp_reference',
  'reference',
  'amount',
  'fee',
  'currency',
  'occurred_ms',
  'line_on',
  'booked',
  'other_references',
  'description',
] as const

const STATEMENT_TYPES: readonly ColumnType[] = ['integer', 'integer', 'varchar', 'varchar']

export type PlacedStatement = { readonly account: string; readonly day: string }

export type LineTable = {
  /** Takes lines of a document in. */
  readonly add: (document: number, lines: readonly SettlementLine[]) => Promise<void>
  /** Says which account and day the statements of a document are of. Gives the days of its lines. */
  readonly place: (document: number, statements: readonly PlacedStatement[]) => Promise<Days>
  /** Brings in the entries of a file that was received before, from its Parquet file. `returned`: lines that count again. */
  readonly know: (fileId: string, parquet: string, returned: readonly number[]) => Promise<void>
  /** Takes them out again. */
  readonly forget: (fileId: string) => Promise<void>
  /**
   * Marks the lines of a statement that were told before: as many of each entry as are known. `allNew`: none of them.
   * All of them are known afterwards. Gives how many there are of each kind.
   */
  readonly mark: (
    document: number,
    statement: number,
    allNew: boolean,
  ) => Promise<{ readonly fresh: number; readonly seen: number }>
  /** Says which file what was marked since the last one is of, so that it can be taken out again. */
  readonly belong: (fileId: string) => Promise<void>
  /** Writes the lines of a document to a Parquet file. */
  readonly write: (document: number, parquet: string) => Promise<void>
  /** How the lines of a document differ from those of a file, entry by entry. */
  readonly compare: (document: number, parquet: string) => Promise<{ readonly added: number; readonly gone: number }>
}

export type Days = { readonly first: string | undefined; readonly last: string | undefined }

const rowOf = (document: number, zone: string, line: SettlementLine): readonly CellValue[] => [
  document,
  line.businessDate ?? (line.occurredAt === undefined ? null : localDay(line.occurredAt, zone)),
  line.line,
  line.statement,
  line.kind,
  line.status ?? null,
  line.pspReference ?? null,
  line.reference ?? null,
  line.amount,
  line.fee,
  line.currency,
  line.occurredAt === undefined ? null : BigInt(line.occurredAt.getTime()),
  line.businessDate ?? null,
  line.booked === false ? 'false' : null,
  line.otherReferences === undefined || line.otherReferences.length === 0 ? null : JSON.stringify(line.otherReferences),
  line.description ?? null,
]

const entryColumns = (of: string): string => ENTRY.map((name) => `${of}.${name}`).join(', ')
const sameEntry = (a: string, b: string): string =>
  ENTRY.map((name) => `${a}.${name} is not distinct from ${b}.${name}`).join(' and ')

/** `entry` is every line with its account, its day and its rank among the equal ones of its statement. */
const ENTRIES = `create table entry as
  select l.* exclude (line_on), s.account, coalesce(l.line_on, s.day) as line_on, false as seen_before,
         row_number() over (partition by l.document, l.statement, ${ENTRY.map((name) =>
           name === 'account' ? 's.account' : name === 'line_on' ? 'coalesce(l.line_on, s.day)' : `l.${name}`,
         ).join(', ')} order by l.line) as rank
    from line l join statement s on s.document = l.document and s.position = l.statement`

async function createTables(duckdb: DuckDb): Promise<void> {
  await duckdb.run(`create table line (${COLUMNS.map(([name, type]) => `${name} ${type}`).join(', ')})`)
  await duckdb.run('create table statement (document integer, position integer, account varchar, day varchar)')
  await duckdb.run(`${ENTRIES} limit 0`)
  await duckdb.run(
    `create table known as select ${entryColumns('entry')}, 0::bigint as times, '' as file from entry limit 0`,
  )
}

/** @param zone Of the source: of the day on which an instant falls. */
export async function createLines(duckdb: DuckDb, zone: string): Promise<LineTable> {
  await createTables(duckdb)
  const learn = (from: string, fileId = ''): Promise<void> =>
    duckdb.run(`insert into known select ${entryColumns('e')}, count(*), ${literal(fileId)} from ${from} group by all`)
  const count = async (from: string): Promise<number> => {
    const [row] = await duckdb.query<{ n: bigint }>(`select count(*) as n from ${from}`)
    return Number(row?.n ?? 0n)
  }
  const kept = `${KEPT.map(([name]) => name).join(', ')}, account, line_on, seen_before`
  const entriesOf = (from: string): string => `select ${entryColumns('e')} from ${from} e`

  return {
    add: (document, lines) =>
      duckdb.append(
        'line',
        TYPES,
        lines.map((line) => rowOf(document, zone, line)),
      ),
    async place(document, statements) {
      const rows = statements.map(({ account, day }, position) => [document, position, account, day])
      await duckdb.append('statement', STATEMENT_TYPES, rows)
      await duckdb.run(
        `${ENTRIES.replace('create table entry as', 'insert into entry by name')} where l.document = ${document}`,
      )
      const [days] = await duckdb.query<{ first: string | null; last: string | null }>(
        `select min(line_on) as first, max(line_on) as last from entry where document = ${document}`,
      )
      return { first: days?.first ?? undefined, last: days?.last ?? undefined }
    },
    know: (fileId, parquet, returned) =>
      learn(
        `(select * from read_parquet(${fileLiteral(parquet)}) where not seen_before or line in (${['null', ...returned].join(', ')})) e`,
        fileId,
      ),
    forget: (fileId) => duckdb.run(`delete from known where file = ${literal(fileId)}`),
    async mark(document, statement, allNew) {
      const of = `document = ${document} and statement = ${statement}`
      if (!allNew)
        await duckdb.run(
          `update entry set seen_before = true
             from (select ${entryColumns('known')}, sum(times) as times from known group by all) k
            where ${of} and ${sameEntry('entry', 'k')} and entry.rank <= k.times`,
        )
      await learn(`(select * from entry where ${of} and not seen_before) e`)
      const [counts] = await duckdb.query<{ fresh: bigint; seen: bigint }>(
        `select count(*) filter (where not seen_before) as fresh, count(*) filter (where seen_before) as seen from entry where ${of}`,
      )
      return { fresh: Number(counts?.fresh ?? 0n), seen: Number(counts?.seen ?? 0n) }
    },
    belong: (fileId) => duckdb.run(`update known set file = ${literal(fileId)} where file = ''`),
    write: (document, parquet) =>
      duckdb.run(
        `copy (select ${kept} from entry where document = ${document} order by line) to ${literal(parquet)} (format parquet, compression zstd)`,
      ),
    async compare(document, parquet) {
      const [now, before] = [
        entriesOf(`(select * from entry where document = ${document})`),
        entriesOf(`read_parquet(${fileLiteral(parquet)})`),
      ]
      return {
        added: await count(`(${now} except all ${before})`),
        gone: await count(`(${before} except all ${now})`),
      }
    },
  }
}
