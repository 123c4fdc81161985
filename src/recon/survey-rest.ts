import type { DuckDb } from '../platform/duckdb.ts'
import type { Survey } from '../settlement/index.ts'
import { rawTable, type SideName } from './side.ts'

/**
 * Shows a survey what it has not seen of a raw table: of columns with few cells more of them, and whatever could still prove
 * a decimal mark or the order of dates. Cells that are written alike prove the same, so the first one of each is shown.
 * `seen`: the first rows, which the survey has.
 */
export async function surveyRest(duckdb: DuckDb, name: SideName, survey: Survey, seen: number): Promise<void> {
  const raw = rawTable(name)
  for (const { place } of survey.unsettled()) {
    const cell = `c${place}`
    const show = (text: string): void =>
      survey.add({ line: 0, fields: [...Array.from({ length: place }, () => ''), text], problem: undefined })
    const open = () => survey.unsettled().find((each) => each.place === place)
    let from = seen
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
      const alike = duckdb.stream<{ text: string }>(`
        select arg_min(${cell}, n) as text from ${raw} where n >= ${from} and ${PROOF[proof].has(cell)}
         group by ${PROOF[proof].alike(cell)} order by min(n)`)
      for await (const rows of alike) for (const { text } of rows) if (open()?.[proof] === true) show(text)
    }
  }
}

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
