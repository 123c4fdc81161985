import { type DuckDb, literal } from '../../platform/duckdb.ts'
import { rowsAt } from '../files/lines-at.ts'
import { placeOf } from '../files/part.ts'
import { rawTable, type Side, type SideName } from '../side.ts'
import type { Veil } from '../veil.ts'
import type { BreakClass, Code } from './decide.ts'
import type { Hint, Item, Row } from './result.ts'
import type { Suggestion } from './suggest.ts'

type FoundRow = {
  readonly id: string
  readonly code: Code
  readonly class: BreakClass
  readonly due_on: string | null
  readonly difference: bigint | null
  readonly currency: string | null
  readonly reasons: string
  readonly side: SideName | null
  readonly line: number | null
  readonly ours_amount: bigint | null
  readonly ours_currency: string | null
  readonly theirs_amount: bigint | null
  readonly theirs_currency: string | null
  readonly baseline: 'new' | 'aged' | null
} & Readonly<Record<`${'ours' | 'theirs'}_${string}`, unknown>>

/** What is known beside the breaks themselves. */
export type Known = {
  readonly sides: Readonly<Record<SideName, Side>>
  readonly veil: Veil
  readonly suggestions: ReadonlyMap<string, readonly Suggestion[]>
}

export type ItemFilter = { readonly limit?: number; readonly named?: string }

/**
 * Breaks, the real ones first, then those of the most money. `named`: only those with this id, or with this reference on
 * either side.
 */
export async function* itemsOf(
  duckdb: DuckDb,
  known: Known,
  { limit, named }: ItemFilter = {},
): AsyncGenerator<readonly Item[]> {
  const { sides } = known
  const columns = (name: SideName): string => {
    const [row, raw] = name === 'ours' ? ['o', 'oraw'] : ['t', 'traw']
    const own = ['line', 'ref', 'ms', 'day'].map((column) => `${row}.${column} as ${name}_${column}`)
    return [...own, ...sides[name].columns.map(({ place }) => `${raw}.c${place} as ${name}_c${place}`)].join(', ')
  }
  const shown = { ours: await shownRows(duckdb, sides.ours), theirs: await shownRows(duckdb, sides.theirs) }
  const members = (name: SideName, row: 'o' | 't'): string =>
    `select p.grp, string_agg(distinct m.line::varchar, ' ') as lines from pair p join ${name}_left m on m.n = p.${row} group by p.grp`
  const hasGroups = (await duckdb.query('select 1 from found where grp is not null limit 1')).length > 0
  const lines = hasGroups
    ? {
        columns: 'ol.lines as ours_lines, tl.lines as theirs_lines',
        joins: `left join (${members('ours', 'o')}) ol on ol.grp = f.grp left join (${members('theirs', 't')}) tl on tl.grp = f.grp`,
      }
    : { columns: 'null as ours_lines, null as theirs_lines', joins: '' }
  const rows = duckdb.stream<FoundRow>(`
    select f.id, f.code, f.class, f.due_on, f.difference, f.currency, f.reasons, f.side, f.line, f.ours_amount, f.ours_currency,
           f.theirs_amount, f.theirs_currency, f.baseline, ${columns('ours')}, ${columns('theirs')}, ${lines.columns}
      from found f left join ours_left o on o.n = f.o left join ${shown.ours} oraw on oraw.n = f.o
      left join theirs_left t on t.n = f.t left join ${shown.theirs} traw on traw.n = f.t
      ${lines.joins}
     ${named === undefined ? '' : `where ${literal(named)} in (f.id, o.ref, t.ref, o.key, t.key)`}
     order by f.class, abs(coalesce(f.difference, f.ours_amount, f.theirs_amount, 0)) desc, f.id
     ${limit === undefined ? '' : `limit ${limit}`}`)
  for await (const piece of rows) yield piece.map((row) => itemOf(row, known))
}

/** A table that has the rows of all breaks. Those of a file that is read each time are kept from the first time on. */
async function shownRows(duckdb: DuckDb, { name, plain, columns }: Side): Promise<string> {
  if (plain === undefined) return rawTable(name)
  const [table, row] = [`${name}_shown`, name === 'ours' ? 'o' : 't']
  if ((await duckdb.query(`select 1 from duckdb_tables() where table_name = '${table}'`)).length > 0) return table
  const cells = columns.map(({ place }) => place)
  await duckdb.run(`create table ${table} (n integer, ${cells.map((place) => `c${place} varchar`).join(', ')})`)
  const found = await duckdb.query<{ n: number }>(
    `select distinct ${row} as n from found where ${row} is not null order by n`,
  )
  const places = found.map(({ n }) => n)
  const types = ['integer', ...cells.map(() => 'varchar' as const)] as const
  let next = 0
  for await (const rows of rowsAt(plain, places))
    await duckdb.append(
      table,
      types,
      rows.map((fields) => [places[next++] ?? null, ...cells.map((place) => fields[place] || null)]),
    )
  return table
}

function itemOf(row: FoundRow, { sides, veil, suggestions }: Known): Item {
  const other = sides[row['ours_line'] === null ? 'ours' : 'theirs']
  return {
    id: row.id,
    code: row.code,
    class: row.class,
    dueOn: row.due_on ?? undefined,
    ours: rowOf(row, sides.ours, veil),
    theirs: rowOf(row, sides.theirs, veil),
    difference: row.difference ?? undefined,
    currency: row.currency ?? undefined,
    reasons: (JSON.parse(row.reasons) as readonly string[]).map(veil.sentence),
    suggestions: (suggestions.get(row.id) ?? []).map((each) => hintOf(each, other, veil)),
    baseline: row.baseline ?? undefined,
  }
}

const hintOf = ({ score, reasons, candidates }: Suggestion, side: Side, veil: Veil): Hint => ({
  score,
  reasons,
  rows: candidates.map(({ id, line, references: [reference], amount, currency, at }) => ({
    id,
    ...rowAt(side, line),
    reference: reference === undefined ? undefined : veil.reference(reference),
    amount,
    currency,
    occurredAt: at,
  })),
})

function rowAt(side: Side, line: number): Pick<Row, 'row' | 'file'> {
  const { file, line: own } = placeOf(side, line)
  return { row: own, file }
}

function rowOf(row: FoundRow, side: Side, veil: Veil): Row | undefined {
  const { name } = side
  const at = <T>(column: string): T | null => row[`${name}_${column}`] as T | null
  if (row.side === name && row.line !== null)
    return {
      ...rowAt(side, row.line),
      rows: undefined,
      reference: undefined,
      amount: undefined,
      currency: undefined,
      occurredAt: undefined,
      cells: [],
    }
  const line = at<number>('line')
  if (line === null) return undefined
  const [key, ms, lines] = [at<string>('ref'), at<bigint>('ms'), at<string>('lines')]
  return {
    ...rowAt(side, line),
    rows: lines
      ?.split(' ')
      .map(Number)
      .toSorted((a, b) => a - b)
      .map((each) => placeOf(side, each)),
    reference: key === null ? undefined : veil.reference(key),
    amount: at<bigint>('amount') ?? undefined,
    currency: at<string>('currency') ?? undefined,
    occurredAt: ms === null ? (at<string>('day') ?? undefined) : new Date(Number(ms)).toISOString(),
    cells: side.columns.flatMap((column) => {
      const text = at<string>(`c${column.place}`)
      return text === null ? [] : [[column.name, veil.cell(name, column.name, text)] as const]
    }),
  }
}
