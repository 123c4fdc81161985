import type { DuckDb } from '../../platform/duckdb.ts'
import type { ColumnSurvey } from '../../settlement/index.ts'
import { currencyOf, decimalsIn } from '../rows/currency-code.ts'
import { rawTable, SIDES, type Side, type SideName } from '../side.ts'
import { choices, isCurrencyColumn } from './infer-currency.ts'
import type { Overrides } from './mapping.ts'

type Sides = Readonly<Record<SideName, Side>>

/**
 * The sides with every code of their currency columns, where one that comes late in a long file decides: the other side names no
 * currency and takes the only one there is, or none that was seen has decimals, so that nothing tells major units from minor.
 */
export async function withAllCodes(duckdb: DuckDb, sides: Sides, { currency }: Overrides): Promise<Sides> {
  const [ours, theirs] = SIDES.map((name) => choices(sides[name], currency?.[name]).length > 0)
  return {
    ours: await complete(duckdb, sides.ours, theirs === false),
    theirs: await complete(duckdb, sides.theirs, ours === false),
  }
}

async function complete(duckdb: DuckDb, side: Side, isAsked: boolean): Promise<Side> {
  const columns: ColumnSurvey[] = []
  for (const column of side.columns) {
    const isOpen =
      isCurrencyColumn(column) && column.filled < side.rows && (isAsked || ![...column.values].some(hasDecimals))
    columns.push(isOpen ? { ...column, values: await codesOf(duckdb, side, column) } : column)
  }
  return { ...side, columns }
}

function hasDecimals(text: string): boolean {
  const code = currencyOf(text)
  return code !== undefined && decimalsIn(code) > 0
}

async function codesOf(duckdb: DuckDb, { name }: Side, { place, values }: ColumnSurvey): Promise<ReadonlySet<string>> {
  const cell = `c${place}`
  const rows = await duckdb.query<{ text: string }>(`
    select distinct trim(${cell}) as text from ${rawTable(name)} where length(trim(${cell})) = 3 order by text`)
  return new Set([...values, ...rows.map(({ text }) => text).filter((text) => currencyOf(text) !== undefined)])
}
