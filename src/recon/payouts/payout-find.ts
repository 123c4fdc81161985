import type { DuckDb } from '../../platform/duckdb.ts'
import { type ColumnSurvey, wordsOf } from '../../settlement/index.ts'
import { couldBeKey } from '../files/sample.ts'
import type { Overrides } from '../mapping/mapping.ts'
import { cellOf, rawTable, SIDES, type Side, type SideName } from '../side.ts'

/**
 * Whether one side has rows that name the payout they are in, and the other one a line for each payout: a report of a PSP and a
 * statement of a bank. A line belongs to the payout whose id stands in it, in a cell of its own or within a text.
 */
export type PayoutFind = {
  /** The side of many rows, and its column of ids. */
  readonly side: SideName
  readonly column: string
  /** Ids that stand in lines of the other side. Table `payout_line` (n, id) has the lines. */
  readonly named: number
}

export const otherOf = (side: SideName): SideName => (side === 'ours' ? 'theirs' : 'ours')

/** More lines are no statement of a bank, and more payouts no report that anybody reads. */
const [MAX_LINES, MAX_PAYOUTS] = [100_000, 200_000]
/** So many lines tell whether any names a payout. */
const SAMPLE_LINES = 2_000

type Sides = Readonly<Record<SideName, Side>>

export async function findPayouts(duckdb: DuckDb, sides: Sides, given: Overrides): Promise<PayoutFind | undefined> {
  for (const side of SIDES)
    for (const { name } of sides[side].columns.filter(mayBePayout)) {
      if (![undefined, name].includes(given.key?.[side])) continue
      const found = await findLines(duckdb, sides, side, name)
      if (found !== undefined) return found
    }
  return undefined
}

function mayBePayout(column: ColumnSurvey): boolean {
  const words = wordsOf(column.name)
  return PAYOUT.test(words) && !OTHER.test(words) && couldBeKey(column)
}

const PAYOUT = /\b(payouts?|settlements?|disbursements?|batch|transfers?|deposits?|remittances?)\b/
const OTHER =
  /\b(date|day|at|on|time|utc|amount|fees?|cost|currency|status|state|type|kind|method|gross|net|group|description|descriptor|country|delay)\b/

/** Writes table `payout_line`. Undefined when ids hardly repeat, none is named, or lines name them as often as rows do. */
export async function findLines(
  duckdb: DuckDb,
  sides: Sides,
  side: SideName,
  column: string,
): Promise<PayoutFind | undefined> {
  const bank = sides[otherOf(side)]
  const cell = `trim(${cellOf(sides[side], column)})`
  const [count] = await duckdb.query<{ rows: bigint; ids: bigint }>(
    `select count(${cell}) as rows, count(distinct nullif(${cell}, '')) as ids from ${rawTable(side)}`,
  )
  const ids = Number(count?.ids)
  if (bank.rows > MAX_LINES || ids === 0 || ids > MAX_PAYOUTS || Number(count?.rows) < ids * LEAST_ROWS)
    return undefined
  await duckdb.run(`
    create or replace table payout_id as
      select letters, any_value(id) as id
        from (select distinct ${cell} as id, ${lettersSql(cell)} as letters from ${rawTable(side)} where ${cell} <> '')
       where length(letters) >= ${SHORTEST} and regexp_matches(letters, '\\p{N}') group by letters having count(*) = 1`)
  const every = Math.ceil(bank.rows / SAMPLE_LINES)
  if (every > 1 && (await readLines(duckdb, bank, `where n % ${every} = 0`)).lines === 0) return undefined
  const { lines, named } = await readLines(duckdb, bank, '')
  if (named === 0) return undefined
  const { currency } = sides[side].alone
  const code = currency !== undefined && 'column' in currency ? cellOf(sides[side], currency.column) : `''`
  const [paid] = await duckdb.query<{ payouts: bigint }>(`
    select count(*) as payouts from (select distinct ${cell}, ${code} from ${rawTable(side)} where ${cell} in (select id from payout_line))`)
  // A ledger of our own names the payout in every row.
  return lines > 1 + Number(paid?.payouts) * 1.2 ? undefined : { side, column, named }
}

/** With fewer rows to an id on average it is a reference of its own that is there twice now and then. */
const LEAST_ROWS = 2

/** An id of fewer letters and digits stands in a text by chance. */
const SHORTEST = 5
/** Marks within an id are often lost on the way: so many words in a row may be one. */
const MOST_WORDS = 5

const lettersSql = (cell: string): string => `regexp_replace(upper(${cell}), '[^\\p{L}\\p{N}]', '', 'g')`

/** Columns of a bank in which the id of a payout may stand. */
export const textsOf = ({ columns }: Pick<Side, 'columns'>): readonly ColumnSurvey[] =>
  columns.filter((column) => couldBeKey(column) || column.numbers < column.filled / 2)

/** A line that names two payouts that are as long is of neither. */
async function readLines(duckdb: DuckDb, bank: Side, where: string): Promise<{ lines: number; named: number }> {
  const texts = textsOf(bank)
  if (texts.length === 0) return { lines: 0, named: 0 }
  await duckdb.run(`
    create or replace table payout_line as
      with token as (
        select n, list_filter(string_split_regex(upper(text), '[^\\p{L}\\p{N}]+'), word -> word <> '')[:80] as words
          from (select n, unnest([${texts.map(({ place }) => `c${place}`).join(', ')}]) as text from ${rawTable(bank.name)} ${where})
         where text is not null
      ), run as (
        select distinct n, array_to_string(words[i:i + more], '') as letters
          from (select n, words, unnest(range(1, len(words) + 1)) as i from token), (select unnest(range(${MOST_WORDS})) as more)
         where i + more <= len(words)
      )
      select n, any_value(id) as id
        from (select n, id from run join payout_id using (letters)
             qualify rank() over (partition by n order by length(letters) desc) = 1)
       group by n having count(*) = 1`)
  const [found] = await duckdb.query<{ lines: bigint; named: bigint }>(
    'select count(*) as lines, count(distinct id) as named from payout_line',
  )
  return { lines: Number(found?.lines), named: Number(found?.named) }
}
