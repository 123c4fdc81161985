import assert from 'node:assert/strict'
import { type Queryable, statement, type Tx } from '../../platform/db.ts'
import { newId } from '../../platform/ids.ts'
import type { BankSource } from '../bank/source.ts'
import type { Tolerated } from '../engines/engine.ts'
import type { ProofLine } from '../proof.ts'
import { takeTurnSql } from '../resolutions/turn.ts'
import { type Source, type StoredSource, sourceOf } from '../source.ts'
import { type RunSummary, type StoredSummary, summaryOf } from './run-summary.ts'

export const RUN_STATUSES = ['queued', 'waiting_for_file', 'running', 'completed', 'failed'] as const
export type RunStatus = (typeof RUN_STATUSES)[number]

/**
 * A reconciliation run of one source and business day.
 *
 *     queued ─► waiting_for_file ─► running: match ─► post ─► completed
 *                                       └──────────────┴───► failed, until somebody asks for it again
 *
 * Every step commits with what it did, so that a run that was killed goes on where it stood, on any node.
 */
export type Run = {
  readonly id: string
  readonly source: string
  readonly businessDate: string
  readonly status: RunStatus
  readonly phase: 'match' | 'post' | null
  readonly fileId: string | null
  /** Records of each side, and pairs without a break; null until they were compared. */
  readonly ours: bigint | null
  readonly theirs: bigint | null
  readonly matched: bigint | null
  /** Breaks that are open and that this run found or carried. */
  readonly breaks: bigint | null
  readonly proof: readonly ProofLine[]
  /** Pairs that agree although their amounts are not equal. */
  readonly tolerated: readonly Tolerated[]
  readonly requestedAt: Date
  readonly lateSince: Date | null
  readonly startedAt: Date | null
  readonly completedAt: Date | null
  readonly failure: string | null
  /** How far a running run has come. */
  readonly step: RunStep | null
  readonly recordsRead: bigint | null
  readonly posted: bigint
  readonly bookable: bigint | null
  /** Of the rules by which it decides; null for the settings as they are declared. */
  readonly ruleVersion: number | null
}

export const RUN_STEPS = ['correcting', 'reading', 'resolving', 'matching', 'booking', 'proving'] as const
export type RunStep = (typeof RUN_STEPS)[number]

/** What only the run itself needs. */
export type RunInProgress = Run & {
  readonly outcomeBlobId: string | null
  readonly inputsBlobId: string | null
  readonly reportBlobId: string | null
  readonly verdictSha256: Buffer | null
  readonly settings: Source
  /** Instead of `settings`, where a bank is reconciled. */
  readonly bank: BankSource | undefined
  readonly summary: RunSummary | null
  readonly seenHeads: ReadonlyMap<number, bigint>
  readonly nextFrom: ReadonlyMap<number, bigint>
}

const COLUMNS = `id, source, business_date as "businessDate", status, phase, file_id as "fileId", ours, theirs, matched, breaks, proof,
  requested_at as "requestedAt", late_since as "lateSince", started_at as "startedAt", completed_at as "completedAt", failure,
  outcome_blob_id as "outcomeBlobId", posted, step, records_read as "recordsRead", bookable, rule_version as "ruleVersion",
  inputs_blob_id as "inputsBlobId", report_blob_id as "reportBlobId", verdict_sha256 as "verdictSha256", settings, summary, seen_heads as "seenHeads", next_from as "nextFrom"`

type Row = Omit<RunInProgress, 'proof' | 'tolerated' | 'seenHeads' | 'nextFrom' | 'settings' | 'bank' | 'summary'> & {
  settings: StoredSource & Partial<BankSource>
  summary: StoredSummary | null
  proof: { [Key in keyof ProofLine]: string }[] | null
  seenHeads: Record<string, string> | null
  nextFrom: Record<string, string> | null
}

const headsOf = (stored: Record<string, string> | null): ReadonlyMap<number, bigint> =>
  new Map(Object.entries(stored ?? {}).map(([chain, seq]) => [Number(chain), BigInt(seq)]))

const isBank = (settings: Partial<BankSource>): settings is BankSource => settings.psps !== undefined

const runOf = ({ summary: stored, ...row }: Row): RunInProgress => {
  const summary = stored === null ? null : summaryOf(stored)
  return {
    ...row,
    settings: sourceOf(row.settings),
    bank: isBank(row.settings) ? row.settings : undefined,
    summary,
    tolerated: summary?.tolerated ?? [],
    proof: (row.proof ?? []).map((line) => ({
      currency: line.currency,
      ours: BigInt(line.ours),
      theirs: BigInt(line.theirs),
      difference: BigInt(line.difference),
      explained: BigInt(line.explained),
      unexplained: BigInt(line.unexplained),
    })),
    seenHeads: headsOf(row.seenHeads),
    nextFrom: headsOf(row.nextFrom),
  }
}

/** JSON whose integers are texts, because JSON numbers lose digits. */
export const exactJson = (value: unknown): string =>
  JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each === 'bigint') return each.toString()
    return each instanceof Map ? Object.fromEntries(each) : each
  })

const ENSURE = statement(
  'reconciliation.ensure_run',
  `insert into recon_run (id, source, business_date, status, settings, requested_at) values ($1, $2, $3, 'queued', $4, $5)
   on conflict (source, business_date) do nothing`,
)
const OF_DAY = statement(
  'reconciliation.run_of_day',
  `select ${COLUMNS} from recon_run where source = $1 and business_date = $2`,
)
const BY_ID = statement('reconciliation.run_by_id', `select ${COLUMNS} from recon_run where id = $1`)
const LOCK = statement('reconciliation.lock_run', `select ${COLUMNS} from recon_run where id = $1 for update`)
const LAST = statement(
  'reconciliation.last_completed_run',
  `select ${COLUMNS} from recon_run where source = $1 and status = 'completed' order by business_date desc limit 1`,
)
const REQUEUE = statement(
  'reconciliation.requeue_run',
  `update recon_run set status = 'queued', failure = null where id = $1 and status = 'failed'`,
)
const WAIT = statement(
  'reconciliation.run_waits',
  `update recon_run set status = 'waiting_for_file', late_since = coalesce(late_since, $2)
    where id = $1 and status in ('queued', 'waiting_for_file')
      and (status, late_since) is distinct from ('waiting_for_file', coalesce(late_since, $2)) returning late_since`,
)
const START = statement(
  'reconciliation.start_run',
  // It waits for a resolution that is under way, and then nobody resolves anything of its source until it is done.
  `update recon_run r set status = 'running', phase = 'match', file_id = $2, started_at = coalesce(started_at, $3), settings = $4,
          rule_version = $5
     from (${takeTurnSql(6)}) as turn
    where r.id = $1 and status in ('queued', 'waiting_for_file')`,
)
const FAIL = statement(
  'reconciliation.fail_run',
  // What is booked in part goes on: it says why it stands, and is tried again.
  `update recon_run set status = case when phase = 'match' then 'failed' else status end, phase = nullif(phase, 'match'), step = null, failure = $2
    where id = $1 and status = 'running'`,
)
const TROUBLE = statement(
  'reconciliation.note_trouble',
  `update recon_run set failure = $2 where id = $1 and status = 'running'`,
)
const LIST = statement(
  'reconciliation.list_runs',
  `select ${COLUMNS} from recon_run
    where ($1::text is null or source = $1) and ($2::text is null or status = $2)
      and ($3::uuid is null or (business_date, id) < (select business_date, id from recon_run where id = $3))
    order by business_date desc, id desc limit $4`,
)

const one = async (
  db: Queryable,
  query: typeof BY_ID,
  values: readonly unknown[],
): Promise<RunInProgress | undefined> => {
  const [row] = await db.run<Row>(query, values)
  return row && runOf(row)
}

const MAX_FAILURE = 2_000 // characters

/** The run of a day, made when there is none. */
export async function ensureRun(
  db: Queryable,
  source: Pick<Source, 'name'>,
  day: string,
  now: Date,
): Promise<RunInProgress> {
  await db.run(ENSURE, [newId(), source.name, day, exactJson(source), now])
  const run = await one(db, OF_DAY, [source.name, day])
  assert(run !== undefined, 'a run that was made is there')
  return run
}

export const runOfDay = (db: Queryable, source: string, day: string): Promise<RunInProgress | undefined> =>
  one(db, OF_DAY, [source, day])
export const getRun = (db: Queryable, id: string): Promise<RunInProgress | undefined> => one(db, BY_ID, [id])
export const lastCompletedRun = (db: Queryable, source: string): Promise<RunInProgress | undefined> =>
  one(db, LAST, [source])
/** What a run begins with. It goes on by these settings, whatever becomes of them. */
export type RunStart = {
  readonly fileId: string
  readonly at: Date
  readonly settings: Pick<Source, 'name'>
  readonly ruleVersion: number | null
}

export const requeue = async (db: Queryable, id: string): Promise<void> => void (await db.run(REQUEUE, [id]))
export const startRun = async (
  db: Queryable,
  { id, source }: Pick<Run, 'id' | 'source'>,
  start: RunStart,
): Promise<void> =>
  void (await db.run(START, [id, start.fileId, start.at, exactJson(start.settings), start.ruleVersion, source]))
export const failRun = async (db: Queryable, id: string, failure: string): Promise<void> =>
  void (await db.run(FAIL, [id, failure.slice(0, MAX_FAILURE)]))

/** Why a run stands that is tried again by itself. It is forgotten when the run goes on. */
export const noteTrouble = async (db: Queryable, id: string, trouble: string): Promise<void> =>
  void (await db.run(TROUBLE, [id, trouble.slice(0, MAX_FAILURE)]))

const STEP = statement(
  'reconciliation.note_step',
  `update recon_run set step = $2, records_read = coalesce($3, records_read) where id = $1 and status = 'running'`,
)

const READ = statement(
  'reconciliation.note_records_read',
  `update recon_run set records_read = $2 where id = $1 and status = 'running' and step = 'reading'`,
)

/** Where a run stands, for whoever watches it: half a dozen times in a run. */
export const noteStep = async (db: Queryable, id: string, step: RunStep, recordsRead?: bigint): Promise<void> =>
  void (await db.run(STEP, [id, step, recordsRead]))

export const noteRecordsRead = async (db: Queryable, id: string, records: bigint): Promise<void> =>
  void (await db.run(READ, [id, records]))

/** The run waits for its file. True for the one call that finds it late for the first time. */
export async function letWait(db: Queryable, run: Run, lateSince: Date | undefined): Promise<boolean> {
  const changed = await db.run(WAIT, [run.id, lateSince])
  return changed.length > 0 && run.lateSince === null && lateSince !== undefined
}

/** The run, locked until the transaction ends, in the phase in which the caller believes it to be. */
export async function lockRun(tx: Tx, id: string, phase: 'match' | 'post'): Promise<RunInProgress> {
  const run = await one(tx, LOCK, [id])
  if (run?.status !== 'running' || run.phase !== phase) throw new RunMovedOn(id)
  return run
}

/** The run is another node's now, or is left to one: what this node was about to write is written or will be. */
export class RunMovedOn extends Error {
  constructor(id: string) {
    super(`run ${id} goes on elsewhere`)
    this.name = 'RunMovedOn'
  }
}

export type RunFilter = {
  readonly source?: string | undefined
  readonly status?: RunStatus | undefined
  readonly limit: number
  readonly after?: string | undefined
}

/** Newest business day first. `after` is the id of the last one seen. */
export async function listRuns(
  db: Queryable,
  { source, status, limit, after }: RunFilter,
): Promise<{ readonly data: readonly Run[]; readonly hasMore: boolean }> {
  const rows = await db.run<Row>(LIST, [source, status, after, limit + 1])
  return { data: rows.slice(0, limit).map(runOf), hasMore: rows.length > limit }
}
