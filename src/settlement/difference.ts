import type { DuckDb } from '../platform/duckdb.ts'
import { linesIn } from './lines.ts'

/**
 * What is different between two versions of a file, line by line: a line is the same when everything it says is the same,
 * wherever it stands. Equal lines are counted: of two against three, one was added.
 */
export type FileDifference = {
  readonly added: number
  readonly removed: number
  /** Of these, lines with the same references and another content. */
  readonly changed: number
  /** Σ (amount − fee) of what was added, and of what was removed; minor units as text. */
  readonly sums: readonly { readonly currency: string; readonly added: string; readonly removed: string }[]
  /** The first of them, by their lines. */
  readonly examples: readonly DifferentLine[]
}

export type DifferentLine = {
  readonly change: 'added' | 'removed'
  readonly line: number
  readonly kind: string
  readonly reference: string | null
  readonly psp_reference: string | null
  readonly amount: string
  readonly fee: string
  readonly currency: string
}

const MAX_EXAMPLES = 50

/** Everything that a line says, but where it stands. */
const CONTENT = [
  'kind',
  'status',
  'psp_reference',
  'reference',
  'amount',
  'fee',
  'currency',
  'occurred_ms',
  'business_date',
  'other_references',
  'description',
  'booked',
].join(', ')

/**
 * Makes the tables `added` and `removed`: the lines of one Parquet file that the other has not, each as often as it is
 * missing. Without a file before, everything was added; without one after, everything was removed.
 */
export async function compareLines(
  duckdb: DuckDb,
  before: string | undefined,
  after: string | undefined,
): Promise<void> {
  const some = before ?? after
  if (some === undefined) throw new RangeError('there is nothing to compare')
  const numbered = (path: string | undefined): string =>
    `select *, row_number() over (partition by ${CONTENT} order by line) as nth
       from ${linesIn(path ?? some)} where ${path !== undefined}`
  await duckdb.run(`create table before as ${numbered(before)}`)
  await duckdb.run(`create table after as ${numbered(after)}`)
  const same = [...CONTENT.split(', '), 'nth'].map((name) => `l.${name} is not distinct from o.${name}`).join(' and ')
  const missing = (from: string, other: string): string =>
    `select l.* exclude (nth) from ${from} l anti join ${other} o on ${same}`
  await duckdb.run(`create table added as ${missing('after', 'before')}`)
  await duckdb.run(`create table removed as ${missing('before', 'after')}`)
}

type SumRow = { readonly currency: string; readonly added: bigint; readonly removed: bigint }

/** What is different, for people. */
export async function differenceBetween(duckdb: DuckDb, before: string, after: string): Promise<FileDifference> {
  await compareLines(duckdb, before, after)
  const [counts] = await duckdb.query<{ added: bigint; removed: bigint; changed: bigint }>(
    `select (select count(*) from added)::bigint as added, (select count(*) from removed)::bigint as removed,
            (select count(*) from removed r where exists
              (select 1 from added a where a.kind = r.kind and a.reference is not distinct from r.reference
                and a.psp_reference is not distinct from r.psp_reference and coalesce(a.reference, a.psp_reference) is not null))::bigint as changed`,
  )
  const sums = await duckdb.query<SumRow>(
    `select currency, sum(case when change = 'added' then net else 0 end)::bigint as added,
            sum(case when change = 'removed' then net else 0 end)::bigint as removed
       from (select 'added' as change, currency, amount - fee as net from added
              union all select 'removed', currency, amount - fee from removed) group by currency order by currency`,
  )
  const examples = await duckdb.query<DifferentLine>(
    `select * from (select 'added' as change, line, kind, reference, psp_reference, amount::varchar as amount, fee::varchar as fee, currency from added
              union all select 'removed', line, kind, reference, psp_reference, amount::varchar, fee::varchar, currency from removed)
      order by line, change limit ${MAX_EXAMPLES}`,
  )
  return {
    added: Number(counts?.added ?? 0n),
    removed: Number(counts?.removed ?? 0n),
    changed: Number(counts?.changed ?? 0n),
    sums: sums.map(({ currency, added, removed }) => ({ currency, added: String(added), removed: String(removed) })),
    examples,
  }
}
