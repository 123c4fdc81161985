import { type DuckDb, openDuckDb } from '../platform/duckdb.ts'
import { type Baseline, compareBaseline } from './breaks/baseline.ts'
import { apartOf, matchedOf, proofOf, toleratedOf, totalsOf, unparsedOf } from './breaks/facts.ts'
import { findBreaks } from './breaks/find.ts'
import { type ItemFilter, itemsOf } from './breaks/items.ts'
import type { Item, Summary } from './breaks/result.ts'
import { suggestionsOf } from './breaks/suggestions.ts'
import { createUnparsed, loadSide } from './files/inputs.ts'
import { leftOut } from './mapping/beside.ts'
import { inferMapping } from './mapping/infer.ts'
import { type Mapping, type Overrides, openFields } from './mapping/mapping.ts'
import { unseenIn } from './mapping/unseen.ts'
import { match } from './matching/match.ts'
import { otherOf, textsOf } from './payouts/payout-find.ts'
import { asPayouts, asSavedPayouts, type PayoutSides } from './payouts/payout-sides.ts'
import { outsideOf, payoutsOf } from './payouts/payouts.ts'
import { canonicalise } from './rows/canon.ts'
import { createKeyForms } from './rows/key-form.ts'
import { createStates } from './rows/state-sql.ts'
import type { Settings } from './settings.ts'
import { FEW_ROWS, rawTable, SIDES, type Side, type SideName } from './side.ts'
import { createVeil } from './veil.ts'

export type ReconRequest = {
  readonly paths: Readonly<Record<SideName, string>>
  /** A folder for what does not fit into memory. */
  readonly folder: string
  /** How much is held in memory, such as `100MB`; undefined: the usual. */
  readonly memoryLimit?: string
  readonly settings: Settings
  readonly given: Overrides
  /** A mapping that was saved: nothing is inferred. */
  readonly saved: Mapping | undefined
  readonly anonymise: boolean
  /** Ids of the breaks of a former result. */
  readonly former: readonly string[] | undefined
  /** From what size on a plain CSV file is read by DuckDB. Only a test says it. */
  readonly plainBytes?: number
  /** Asked when the files do not prove how they are compared. Undefined leaves everything unmatched. */
  readonly ask: (mapping: Mapping, sides: Readonly<Record<SideName, Side>>) => Promise<Overrides | undefined>
}

export type Outcome =
  | { readonly kind: 'unsure'; readonly mapping: Mapping; readonly sides: Readonly<Record<SideName, Side>> }
  | {
      readonly kind: 'done'
      readonly summary: Summary
      readonly baseline: Baseline | undefined
      /** Streams breaks, in their order. */
      readonly items: (filter?: ItemFilter) => AsyncIterable<readonly Item[]>
    }

/** Some thousand rows: as long as they are read one by one as DuckDB needs to begin. */
const PLAIN_BYTES = 512 * 1024

/** Compares two files and gives the outcome to `work`, which may stream its breaks. Throws `UnreadableInput`. */
export async function reconcile<T>(request: ReconRequest, work: (outcome: Outcome) => Promise<T>): Promise<T> {
  const duckdb = await openDuckDb(request.folder, request.memoryLimit)
  try {
    return await work(await compare(duckdb, request))
  } finally {
    duckdb.close()
  }
}

async function compare(duckdb: DuckDb, request: ReconRequest): Promise<Outcome> {
  const { paths, folder, settings, plainBytes = PLAIN_BYTES } = request
  await createUnparsed(duckdb)
  const loaded = {
    ours: await loadSide(duckdb, 'ours', { path: paths.ours, folder, zone: settings.ours.zone, plainBytes }),
    theirs: await loadSide(duckdb, 'theirs', { path: paths.theirs, folder, zone: settings.theirs.zone, plainBytes }),
  }
  await prepare(duckdb, loaded)
  const payouts = await payoutSidesOf(duckdb, loaded, request)
  const { sides, mapping } = payouts ?? { sides: loaded, mapping: await mappingOf(duckdb, loaded, request) }
  const { specs } = mapping
  if (specs === undefined || openFields(mapping).length > 0) return { kind: 'unsure', mapping, sides }
  const read = payouts?.specs ?? specs
  const canonical = {
    ours: await canonicalise(duckdb, sides.ours, read.ours, settings.ours.zone),
    theirs: await canonicalise(duckdb, sides.theirs, read.theirs, settings.theirs.zone),
  }
  const hasStatus = { ours: specs.ours.status !== undefined, theirs: specs.theirs.status !== undefined }
  const strange = {
    ours: await createStates(duckdb, 'ours', hasStatus.ours),
    theirs: await createStates(duckdb, 'theirs', hasStatus.theirs),
  }
  await match(duckdb, settings)
  const { asOf } = await findBreaks(duckdb, settings, { sides, hasStatus, payouts: payouts?.side })
  const baseline = await compareBaseline(duckdb, request.former)
  const byCode = await totalsOf(duckdb)
  const countOf = (name: 'real' | 'temporary'): number =>
    byCode.filter((each) => each.class === name).reduce((sum, { count }) => sum + count, 0)
  const unparsed = await unparsedOf(duckdb)
  const veil = createVeil(specs, request.anonymise)
  const notes = [
    ...SIDES.flatMap((name) => [...sides[name].notes, ...notesOf(name, canonical[name])]),
    ...mapping.notes,
    ...(payouts === undefined ? unseenIn(sides, specs) : []),
    ...SIDES.flatMap((name) => strangeStates(`${name}.${specs[name].status}`, strange[name])).map(veil.sentence),
  ]
  const summary: Summary = {
    verdict: countOf('real') === 0 ? 'clean' : 'breaks',
    inputs: [sides.ours, sides.theirs].map(({ name, path, sha256, format, shape, parts }) => ({
      side: name, path, sha256, format, shape, rows: loaded[name].rows, unparsed: unparsed[name], parts,
    })), // biome-ignore format: one shape
    mapping,
    period: { ...(await periodOf(duckdb)), asOf },
    ...(await matchedOf(duckdb)),
    real: countOf('real'),
    temporary: countOf('temporary'),
    byCode,
    ...(await proofOf(duckdb)),
    tolerated: await toleratedOf(duckdb),
    apart: [...(await apartOf(duckdb)), ...(payouts === undefined ? [] : outsideOf(payouts))],
    payouts: payouts && (await payoutsOf(duckdb, payouts, veil)),
    notes,
  }
  const suggestions = await suggestionsOf(
    duckdb,
    payouts && { [otherOf(payouts.side)]: textsOf(loaded[otherOf(payouts.side)]) },
  )
  const known = { sides, veil, suggestions, baseline }
  return { kind: 'done', summary, baseline, items: (filter) => itemsOf(duckdb, known, filter) }
}

type Sides = Readonly<Record<SideName, Side>>

const payoutSidesOf = (
  duckdb: DuckDb,
  sides: Sides,
  { saved, given }: ReconRequest,
): Promise<PayoutSides | undefined> =>
  saved === undefined ? asPayouts(duckdb, sides, given) : asSavedPayouts(duckdb, sides, saved)

async function mappingOf(duckdb: DuckDb, sides: Sides, { saved, given, ask }: ReconRequest): Promise<Mapping> {
  if (saved?.specs !== undefined) return { ...saved, notes: leftOut(sides, saved.specs) }
  const mapping = await inferMapping(duckdb, sides, given)
  if (openFields(mapping).length === 0) return mapping
  const answers = await ask(mapping, sides)
  return answers === undefined ? mapping : inferMapping(duckdb, sides, { ...given, ...answers })
}

/** For few rows a second thread, and a plan that was thought about for long, cost more than they save. */
async function prepare(duckdb: DuckDb, sides: Readonly<Record<SideName, Side>>): Promise<void> {
  const isFew = SIDES.every((side) => sides[side].rows <= FEW_ROWS)
  if (isFew) await duckdb.run('set threads = 1; pragma disable_optimizer')
  await createKeyForms(duckdb, isFew && (await areAscii(duckdb, sides)) ? 'ascii' : 'any')
}

async function areAscii(duckdb: DuckDb, sides: Readonly<Record<SideName, Side>>): Promise<boolean> {
  const others = SIDES.map((side) => {
    const row = `concat(${sides[side].columns.map(({ place }) => `c${place}`).join(', ')})`
    return `(select 1 from ${rawTable(side)} where strlen(${row}) <> length(${row}) limit 1)`
  })
  return (await duckdb.query(others.join(' union all '))).length === 0
}

async function periodOf(duckdb: DuckDb): Promise<{ from: string | undefined; to: string | undefined }> {
  const [row] = await duckdb.query<{ from: string | null; to: string | null }>(`
    select min(day)::varchar as from, max(day)::varchar as to
      from (select day from ours where apart is null union all select day from theirs where apart is null)`)
  return { from: row?.from ?? undefined, to: row?.to ?? undefined }
}

const notesOf = (side: SideName, { rounded, undated }: { rounded: number; undated: number }): readonly string[] => [
  ...(rounded > 0 ? [`${rounded} amounts of ${side} are finer than their currency and were rounded`] : []),
  ...(undated > 0 ? [`${undated} dates of ${side} are empty or cannot be read`] : []),
]

const MOST_WORDS = 5

const strangeStates = (column: string, words: readonly string[]): readonly string[] => {
  if (words.length === 0) return []
  const shown = words.toSorted().slice(0, MOST_WORDS).map((word) => `"${word.slice(0, 40)}"`) // biome-ignore format: one line
  const more = words.length > MOST_WORDS ? ` and ${words.length - MOST_WORDS} more` : ''
  return [`what ${column} says is not compared where it says ${shown.join(', ')}${more}`]
}
