import { join } from 'node:path'
import { writeBlobTo } from '../../platform/blob.ts'
import { type Db, statement } from '../../platform/db.ts'
import { fileLiteral } from '../../platform/duckdb.ts'
import { Refusal } from '../../platform/errors.ts'
import { newId, publicId } from '../../platform/ids.ts'
import { type NewBreak, type OpenBreak, REAL_CODES } from '../break.ts'
import { type Computed, compute } from '../runs/compute.ts'
import { computationOf } from '../runs/past-run.ts'
import { getRun, listRuns, type RunInProgress } from '../runs/run.ts'
import type { RunInputs } from '../runs/run-inputs.ts'
import type { ReconciliationDeps } from '../service.ts'
import type { RuleSettings } from '../source.ts'

/**
 * Rules tried on days that are done, before they count: each day is computed again with what its run read, and what the trial
 * left open the day before instead of what the run did. Nothing is changed.
 */
export type RuleTest = {
  readonly runs: number
  readonly from: string
  readonly to: string
  /** Breaks that were real on those days, and are not by the new rules; and the other way round. */
  readonly closed: Tally
  readonly opened: Tally
  /** Pairs without a difference that have one by the new rules, and pairs that lose theirs. */
  readonly matchesBroken: number
  readonly matchesGained: number
}

/** How many, by code, and some of them: charges of ours, or else lines. */
export type Tally = {
  readonly breaks: number
  readonly byCode: Readonly<Record<string, number>>
  readonly examples: readonly { readonly code: string; readonly subject: string }[]
}

type Deps = Pick<ReconciliationDeps, 'db' | 'scratch'>

const EXAMPLES = 20

/** Throws `rule_state` when no day can be computed again, and `unavailable` between two days when it may not go on. */
export async function testRules(
  deps: Deps,
  {
    source,
    settings,
    days,
    mayGoOn,
  }: {
    readonly source: string
    readonly settings: RuleSettings
    readonly days: number
    readonly mayGoOn: () => boolean
  },
): Promise<RuleTest> {
  const runs = await lastRuns(deps.db, source, days)
  const [first, last] = [runs[0], runs.at(-1)]
  if (first === undefined || last === undefined)
    throw new Refusal('rule_state', `No day of ${source} is done that the rules could be tested on.`, {
      facts: { status: 'draft' },
    })
  const real = new Map<string, Found>()
  let trial: Trial | undefined
  const matches = { broken: 0, gained: 0 }
  for (const run of runs) {
    // A month of large days takes minutes, and a server that stops waits for its answers.
    if (!mayGoOn()) throw new Refusal('unavailable', 'The server is stopping.', { retryAfterSeconds: 5 })
    const { past, ...work } = await computationOf(deps, run)
    const open = trial === undefined ? past.open : openInTrial(trial, past)
    const computation = { ...work, source: { ...work.source, ...settings }, past: { ...past, open } }
    trial = await compute(deps, computation, async (computed) => {
      const changed = await changedMatches(deps, run, computed)
      matches.broken += changed.broken
      matches.gained += changed.gained
      for (const found of realIn(computed, open)) real.set(keyOf(found), found)
      return { after: leftOpen(computed, open), before: await leftByRun(deps.db, run) }
    })
  }
  const was = await realBreaksOf(
    deps.db,
    runs.map(({ id }) => id),
  )
  return {
    runs: runs.length,
    from: first.businessDate,
    to: last.businessDate,
    closed: tally([...was].flatMap(([key, found]) => (real.has(key) ? [] : [found]))),
    opened: tally([...real].flatMap(([key, found]) => (was.has(key) ? [] : [found]))),
    matchesBroken: matches.broken,
    matchesGained: matches.gained,
  }
}

/** The last completed runs that kept what they read, the oldest first, without a gap. */
async function lastRuns(db: Db, source: string, days: number): Promise<readonly RunInProgress[]> {
  const { data } = await listRuns(db, { source, status: 'completed', limit: days })
  const runs: RunInProgress[] = []
  for (const { id } of data) {
    const run = await getRun(db, id)
    if (run === undefined || run.inputsBlobId === null) break
    runs.unshift(run)
  }
  return runs
}

/** A break that was real, by its record: one record may be missing on one day and differ on another. */
type Found = { readonly code: string; readonly subject: string }

const keyOf = ({ code, subject }: Found): string => `${code} ${subject}`

/** What the trial leaves open after a day, and which records the run itself left open. */
type Trial = { readonly after: readonly OpenBreak[]; readonly before: ReadonlySet<string> }

/** A break by the record that it is about: a charge of ours, or else a line. */
const subjectOf = ({ ours, theirs }: Pick<NewBreak, 'ours' | 'theirs'>): string =>
  ours === undefined ? `${publicId('sf', theirs?.fileId ?? '')}:${theirs?.line ?? 0}` : publicId('att', ours.attemptId)

/**
 * What is open in the trial on the next day. What people or corrections did in between is done in the trial as well: records that
 * they opened are open, and records that they closed are not.
 */
function openInTrial({ after, before }: Trial, { open }: RunInputs): readonly OpenBreak[] {
  const now = new Set(open.map(subjectOf))
  const kept = after.filter((each) => !before.has(subjectOf(each)) || now.has(subjectOf(each)))
  const known = new Set(kept.map(subjectOf))
  return [...kept, ...open.filter((each) => !before.has(subjectOf(each)) && !known.has(subjectOf(each)))]
}

/** One-sided breaks that stand after a day. Those that were found get ids of their own. */
function leftOpen({ verdict }: Computed, open: readonly OpenBreak[]): readonly OpenBreak[] {
  const promoted = new Map(verdict.promoted.map(({ id, code }) => [id, code]))
  const byId = new Map(open.map((each) => [each.id, each]))
  const carried = verdict.carried.flatMap((id) => {
    const each = byId.get(id)
    const code = promoted.get(id)
    if (each === undefined) return []
    return [code === undefined ? each : { ...each, code, class: 'real' as const }]
  })
  const found = verdict.found
    .filter(({ ours, theirs }) => (ours === undefined) !== (theirs === undefined))
    .map(({ code, class: isClass, dueOn, ours, theirs }) => ({
      ...{ id: newId(), code, class: isClass, dueOn: dueOn ?? null, ours, theirs },
    }))
  return [...carried, ...found]
}

/** What became real in a day of the trial. */
function realIn({ verdict }: Computed, open: readonly OpenBreak[]): readonly Found[] {
  const byId = new Map(open.map((each) => [each.id, each]))
  return [
    ...verdict.found
      .filter((each) => each.class === 'real')
      .map((each) => ({ subject: subjectOf(each), code: each.code })),
    ...verdict.promoted.flatMap(({ id, code }) => {
      const each = byId.get(id)
      return each === undefined ? [] : [{ subject: subjectOf(each), code }]
    }),
  ]
}

type Subject = {
  readonly attempt_id: string | null
  readonly file_id: string | null
  readonly line: number | null
  readonly code: string
}

const subjectOfRow = ({ attempt_id, file_id, line }: Subject): string =>
  attempt_id === null ? `${publicId('sf', file_id ?? '')}:${line ?? 0}` : publicId('att', attempt_id)

const LEFT_BY_RUN = statement(
  'reconciliation.left_open_by_run',
  `select b.attempt_id, b.file_id, b.line, b.code from recon_break b
     join (select break_id, bool_or(kind = 'cleared') as cleared from recon_break_event
            where run_id = $1 group by break_id) e on e.break_id = b.id
    where not e.cleared and (b.attempt_id is null) <> (b.line is null)`,
)

const leftByRun = async (db: Db, { id }: RunInProgress): Promise<ReadonlySet<string>> =>
  new Set((await db.run<Subject>(LEFT_BY_RUN, [id])).map(subjectOfRow))

const REAL_BREAKS = statement(
  'reconciliation.real_breaks_of_runs',
  `select b.attempt_id, b.file_id, b.line, e.detail as code from recon_break b join recon_break_event e on e.break_id = b.id
    where e.run_id = any($1::uuid[]) and e.kind in ('opened', 'promoted') and e.detail = any($2::text[])
      and (b.attempt_id is not null or b.line is not null) order by e.at`,
)

/** What became real in runs. A rejected file and the ledger's control are about no record, and no rule decides them. */
const realBreaksOf = async (db: Db, runIds: readonly string[]): Promise<ReadonlyMap<string, Found>> =>
  new Map(
    (await db.run<Subject>(REAL_BREAKS, [runIds, [...REAL_CODES]])).map((row) => {
      const found = { subject: subjectOfRow(row), code: row.code }
      return [keyOf(found), found]
    }),
  )

/** Pairs of the run that the trial finds a difference in, and the other way round. */
async function changedMatches(
  { db }: Deps,
  { outcomeBlobId }: RunInProgress,
  { duckdb, folder, outcomePath }: Computed,
): Promise<{ readonly broken: number; readonly gained: number }> {
  const stored = join(folder, 'stored.parquet')
  await writeBlobTo(db, outcomeBlobId ?? '', stored)
  const clean = (path: string): string =>
    `(select attempt_id, file_id, line from read_parquet(${fileLiteral(path)}) where what = 'pair' and code is null)`
  const [count] = await duckdb.query<{ broken: bigint; gained: bigint }>(
    `select (select count(*) from (${clean(stored)} except all ${clean(outcomePath)})) as broken,
            (select count(*) from (${clean(outcomePath)} except all ${clean(stored)})) as gained`,
  )
  return { broken: Number(count?.broken ?? 0n), gained: Number(count?.gained ?? 0n) }
}

function tally(breaks: readonly Found[]): Tally {
  const byCode: Record<string, number> = {}
  for (const { code } of breaks) byCode[code] = (byCode[code] ?? 0) + 1
  return { breaks: breaks.length, byCode, examples: breaks.slice(0, EXAMPLES) }
}
