import type { DuckDb } from '../../platform/duckdb.ts'
import type { Survey } from '../../settlement/index.ts'
import { rawTable, type SideName } from '../side.ts'

/** The first rows, which the survey has, and a table in which all rows are that could prove the decimal mark of some columns. */
export type Seen = {
  readonly rows: number
  readonly proofs: { readonly table: string; readonly places: readonly number[] }
}

/**
 * Shows a survey what it has not seen of a raw table: of columns with few cells more of them, and whatever could still prove
 * a decimal mark or the order of dates. Cells that are written alike prove the same, so the first one of each is shown.
 */
export async function surveyRest(duckdb: DuckDb, name: SideName, survey: Survey, seen: Seen): Promise<void> {
  const raw = rawTable(name)
  for (const { place } of survey.unsettled()) {
    const cell = `c${place}`
    const show = (text: string): void =>
      survey.add({ line: 0, fields: [...Array.from({ length: place }, () => ''), text], problem: undefined })
    const open = () => survey.unsettled().find((each) => each.place === place)
    let from = seen.rows
    for (let missing = open()?.missing ?? 0; missing > 0; missing = open()?.missing ?? 0) {
      const rows = await duckdb.query<{ n: number; text: string }>(
        `select n, ${cell} as text from ${raw} where n >= ${from} and ${cell} is not null order by n limit ${missing}`,
      )
      for (const { text } of rows) show(text)
      from = (rows.at(-1)?.n ?? from) + 1
      if (rows.length < missing) break
    }
    if ((open()?.missing ?? 0) > 0) continue
    for (const proof of ['mark', 'order'] as const) {
      if (open()?.[proof] !== true) continue
      const isHeld = proof === 'mark' && seen.proofs.places.includes(place)
      const [rows, n] = isHeld ? [seen.proofs.table, 'rowid'] : [`(from ${raw} where n >= ${from})`, 'n']
      const alike = duckdb.stream<{ text: string }>(`
        select arg_min(${cell}, ${n}) as text from ${rows} where ${PROOF[proof].has(cell)}
         group by ${PROOF[proof].alike(cell)} order by min(${n})`)
      for await (const texts of alike) for (const { text } of texts) if (open()?.[proof] === true) show(text)
    }
  }
}

/** Whether a cell could prove its decimal mark. */
export const couldProveMark = (cell: string): string => PROOF.mark.has(cell)

/** Amounts of as many digits, in which only a nought is told from the others; dates without their times. */
const PROOF = {
  mark: {
    has: (cell: string): string => `(contains(${cell}, '.') or contains(${cell}, ','))`,
    alike: (cell: string): string => `regexp_replace(${cell}, '[1-9]', '1', 'g')`,
  },
  order: {
    has: (cell: string): string => `${cell} is not null`,
    alike: (cell: string): string => `regexp_replace(${cell}, '[T ,]+\\d{1,2}:\\d\\d.*$', '')`,
  },
}
