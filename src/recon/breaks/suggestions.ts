import type { DuckDb } from '../../platform/duckdb.ts'
import type { ColumnSurvey } from '../../settlement/index.ts'
import { rawTable, type SideName } from '../side.ts'
import { type Lone, type Suggestion, suggest } from './suggest.ts'

/** Of so many breaks of a side, those of the most money, suggestions are looked for. */
const MAX_BREAKS = 5_000

/** Characters of a bank's text: more than any has. */
const MOST_TEXT = 140

/** Rows that one side alone has and that nothing explains: a row that is there twice has its partner. */
const CODES = [
  'missing_external',
  'missing_internal',
  'awaiting_settlement',
  'awaiting_internal',
  'cutoff_straddle',
  'payout_in_transit',
]

/** Columns of a side whose texts stand in for a reference that is not there. */
type Texts = Readonly<Partial<Record<SideName, readonly ColumnSurvey[]>>>

/** Likely partners of breaks that one side alone has, by the id of the break. Reads the breaks, and changes nothing of them. */
export async function suggestionsOf(
  duckdb: DuckDb,
  texts: Texts = {},
): Promise<ReadonlyMap<string, readonly Suggestion[]>> {
  const ours = await loneOf(duckdb, 'ours', texts.ours)
  const theirs = ours.length === 0 ? [] : await loneOf(duckdb, 'theirs', texts.theirs)
  return theirs.length === 0 ? new Map() : suggest(ours, theirs)
}

type LoneRow = {
  readonly id: string
  readonly line: number
  readonly ref: string | null
  readonly amount: bigint
  readonly fee: bigint | null
  readonly currency: string
  readonly ms: bigint | null
  readonly day: string | null
}

async function loneOf(duckdb: DuckDb, side: SideName, texts: readonly ColumnSurvey[] = []): Promise<readonly Lone[]> {
  const [own, other] = side === 'ours' ? ['o', 't'] : ['t', 'o']
  const cells = texts.map(({ place }) => `r.c${place}`)
  const reference =
    cells.length === 0 ? 'l.ref' : `coalesce(l.ref, left(concat_ws(' ', ${cells.join(', ')}), ${MOST_TEXT}))`
  const rows = await duckdb.query<LoneRow>(`
    select f.id, l.line, ${reference} as ref, l.amount, l.fee, l.currency, l.ms, l.day
      from found f join ${side}_left l on l.n = f.${own} ${cells.length === 0 ? '' : `join ${rawTable(side)} r on r.n = l.n`}
     where f.${other} is null and f.code in (${CODES.map((code) => `'${code}'`).join(', ')})
     order by abs(l.amount) desc, f.id limit ${MAX_BREAKS}`)
  return rows.map(({ id, line, ref, amount, fee, currency, ms, day }) => {
    const at = ms === null ? (day ?? undefined) : new Date(Number(ms)).toISOString()
    return {
      ...{ id, line, amount, fee: fee ?? undefined, currency, at },
      day: at?.slice(0, 10),
      references: ref === null ? [] : cells.length === 0 ? [ref] : [ref, ...wordsOf(ref)],
    }
  })
}

/** Words of a text that may be a reference. */
const wordsOf = (text: string): readonly string[] =>
  text
    .split(/[\s,;:]+/)
    .filter((word) => word.length >= LEAST_WORD && word !== text && /\d/.test(word))
    .slice(0, MOST_WORDS)

const [LEAST_WORD, MOST_WORDS] = [5, 12]
