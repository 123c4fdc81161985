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

const SAME = [...CONTENT.split(', '), 'nth'].map((name) => `b.${name} is not distinct from a.${name}`).join(' and ')

/**
 * Makes the tables `added` and `removed`: the lines of one table expression that the other has not, each as often as it is
 * missing. Of equal lines the first ones are the same. Columns of `before` beyond those of a line go on into `removed`.
 */
export async function compareLines(duckdb: DuckDb, before: string, after: string): Promise<void> {
  const numbered = `row_number() over (partition by ${CONTENT} order by line) as nth`
  await duckdb.run(`
    create or replace table before as select *, ${numbered} from ${before};
    create or replace table after as select *, ${numbered} from ${after};
    create or replace table added as select a.* exclude (nth) from after a anti join before b on ${SAME};
    create or replace table removed as select b.* exclude (nth) from before b anti join after a on ${SAME}`)
}

/** Of two that were just compared, what both have: the lines of `after`, with those columns of `before`. */
export const keptLines = (columns: readonly string[]): string =>
  `(select a.* exclude (nth), ${columns.map((name) => `b.${name}`).join(', ')} from after a join before b on ${SAME})`

type SumRow = { readonly currency: string; readonly added: bigint; readonly removed: bigint }

/** What is different between two Parquet files of lines, for people. */
export async function differenceBetween(duckdb: DuckDb, before: string, after: string): Promise<FileDifference> {
  await compareLines(duckdb, linesIn(before), linesIn(after))
  const [counts] = await duckdb.query<{ added: bigint; removed: bigint; changed: bigint }>(
    `select (select count(*) from added)::bigint as added, (select count(*) from removed)::bigint as removed,
            (select count(*) from removed r where exists
              (select 1 from added a where a.kind = r.kind and a.reference is not distinct from r.reference
                and a.psp_reference is not distinct from r.psp_reference and coalesce(a.reference, a.psp_reference) is not null))::bigint as changed`,
  )
  const sums = await duckdb.query<SumRow>(
    `select currency, sum(case when change = 'added' then net else 0 end) as added,
            sum(case when change = 'removed' then net else 0 end) as removed
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
