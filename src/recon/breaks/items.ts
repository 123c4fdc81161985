import { type CellValue, type DuckDb, literal } from '../../platform/duckdb.ts'
import { rowsAt } from '../files/lines-at.ts'
import { placeOf } from '../files/part.ts'
import { rawTable, type Side, type SideName, UnreadableInput } from '../side.ts'
import type { Veil } from '../veil.ts'
import { type Baseline, baselineSql } from './baseline.ts'
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
  readonly baseline: Baseline | undefined
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
  const { sides, baseline } = known
  const columns = (name: SideName): string => {
    const [row, raw] = name === 'ours' ? ['o', 'oraw'] : ['t', 'traw']
    const own = ['line', 'ref', 'ms', 'day'].map((column) => `${row}.${column} as ${name}_${column}`)
    return [...own, ...sides[name].columns.map(({ place }) => `${raw}.c${place} as ${name}_c${place}`)].join(', ')
  }
  const members = (name: SideName, row: 'o' | 't'): string =>
    `select p.grp, string_agg(distinct m.line::varchar, ' ') as lines from pair p join ${name}_left m on m.n = p.${row} group by p.grp`
  const hasGroups = (await duckdb.query('select 1 from found where grp is not null limit 1')).length > 0
  const lines = hasGroups
    ? {
        columns: 'ol.lines as ours_lines, tl.lines as theirs_lines',
        joins: `left join (${members('ours', 'o')}) ol on ol.grp = f.grp left join (${members('theirs', 't')}) tl on tl.grp = f.grp`,
      }
    : { columns: 'null as ours_lines, null as theirs_lines', joins: '' }
  const chosen = `
      from found f left join ours_left o on o.n = f.o left join theirs_left t on t.n = f.t
     ${named === undefined ? '' : `where ${literal(named)} in (f.id, o.ref, t.ref, o.key, t.key)`}
     order by ${ORDER} ${limit === undefined ? '' : `limit ${limit}`}`
  const raw = {
    ours: await shownRows(duckdb, sides.ours, `select f.o as n ${chosen}`),
    theirs: await shownRows(duckdb, sides.theirs, `select f.t as n ${chosen}`),
  }
  const rows = duckdb.stream<FoundRow>(`
    select f.id, f.code, f.class, f.due_on, f.difference, f.currency, f.reasons, f.side, f.line, f.ours_amount, f.ours_currency,
           f.theirs_amount, f.theirs_currency, ${baselineSql(baseline)} as baseline, ${columns('ours')}, ${columns('theirs')}, ${lines.columns}
      from (select f.* ${chosen}) f left join ours_left o on o.n = f.o left join ${raw.ours} oraw on oraw.n = f.o
      left join theirs_left t on t.n = f.t left join ${raw.theirs} traw on traw.n = f.t
      ${lines.joins}
     order by ${ORDER}`)
  for await (const piece of rows) yield piece.map((row) => itemOf(row, known))
}

const ORDER = 'f.class, abs(coalesce(f.difference, f.ours_amount, f.theirs_amount, 0)) desc, f.id'

/** Rows that are appended at once: each time costs as much as some hundred rows. */
const MANY_ROWS = 8_192

/** A table that has the rows of these breaks. Of a file that is read each time those are kept that were once asked for. */
async function shownRows(duckdb: DuckDb, { name, plain, columns }: Side, wanted: string): Promise<string> {
  if (plain === undefined) return rawTable(name)
  const table = `${name}_shown`
  const cells = columns.map(({ place }) => place)
  await duckdb.run(
    `create table if not exists ${table} (n integer, ${cells.map((place) => `c${place} varchar`).join(', ')})`,
  )
  const missing = await duckdb.query<{ n: number }>(
    `select distinct n from (${wanted}) where n is not null and n not in (select n from ${table}) order by n`,
  )
  const places = missing.map(({ n }) => n)
  const types = ['integer', ...cells.map(() => 'varchar' as const)] as const
  let found: CellValue[][] = []
  let next = 0
  for await (const rows of rowsAt(plain, places)) {
    for (const fields of rows) found.push([places[next++] ?? null, ...cells.map((place) => fields[place] || null)])
    if (found.length < MANY_ROWS) continue
    await duckdb.append(table, types, found)
    found = []
  }
  await duckdb.append(table, types, found)
  if (next < places.length) throw new UnreadableInput('changed', `${plain.path} became shorter while it was read`)
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
