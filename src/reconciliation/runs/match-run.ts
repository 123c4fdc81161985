import assert from 'node:assert/strict'
import { join } from 'node:path'
import { storeBlob, writeBlobTo } from '../../platform/blob.ts'
import { type Db, statement, type Tx } from '../../platform/db.ts'
import { openDuckDb } from '../../platform/duckdb.ts'
import { Refusal } from '../../platform/errors.ts'
import { withScratch } from '../../platform/scratch.ts'
import { getFile, type StoredStatement } from '../../settlement/index.ts'
import type { OpenBreak, OursRecord, TheirsRecord } from '../break.ts'
import { carryBreaks, clearBreaks, insertBreaks, openBreaks, promoteBreaks } from '../break-rows.ts'
import { businessDateSql, isDayApart, isSameCut } from '../calendar.ts'
import { correctFiles } from '../corrections/correct-files.ts'
import {
  breakOfOurs,
  breakOfPair,
  breakOfTheirs,
  breakOfUnknown,
  contribution,
  promotion,
  type Surroundings,
} from '../decide.ts'
import { createDuckDbEngine } from '../engines/duckdb/match.ts'
import type { CarriedOurs, CarriedTheirs, Engine, Facts, OursColumns, TheirsColumns } from '../engines/engine.ts'
import { exportOurs, type Heads, type OursWindow, readHeads } from '../ours.ts'
import { type ProofLine, prove } from '../proof.ts'
import type { ReconciliationDeps } from '../service.ts'
import { lineKey, settledBefore } from '../settled.ts'
import type { Source } from '../source.ts'
import { type OutcomeSummary, summariseOutcome } from './outcome-summary.ts'
import { resolveByFile } from './resolve.ts'
import { exactJson, lastCompletedRun, lockRun, noteStep, type RunInProgress, RunMovedOn } from './run.ts'
import { writeInputs } from './run-inputs.ts'
import { waterfallOf } from './run-summary.ts'
import { createStepNotes } from './step-notes.ts'
import { type Verdict, verdictSha256 } from './verdict.ts'

type Deps = Pick<ReconciliationDeps, 'db' | 'moneyDb' | 'directory' | 'clock' | 'record' | 'scratch'>

/** What is read of our side at one instant. */
export type Snapshot = {
  readonly heads: Heads
  readonly open: readonly OpenBreak[]
  readonly unknown: readonly OursRecord[]
}

/**
 * The first phase of a run: resolves by the file what is unknown, compares both sides, decides what each difference is, and
 * commits all of it together with the run's totals and proof. Nothing is booked yet. Throws `RunMovedOn` when it may not go
 * on, which it asks before each long step.
 */
export async function matchRun(deps: Deps, source: Source, run: RunInProgress, goesOn: () => boolean): Promise<void> {
  const step = <T>(work: () => Promise<T>): Promise<T> => {
    if (!goesOn()) throw new RunMovedOn(run.id)
    return work()
  }
  await noteStep(deps.db, run.id, 'correcting')
  await step(() => correctFiles(deps, source, run, goesOn))
  await withScratch(deps.scratch, async (folder) => {
    assert(run.fileId !== null, 'a run that compares has its file')
    const file = await getFile(deps.db, run.fileId)
    assert(file !== undefined && file.linesBlobId !== null, 'the file of a run was accepted')
    const previous = await lastCompletedRun(deps.db, source.name)
    const duckdb = await openDuckDb(folder)
    const linesPath = join(folder, 'lines.parquet')
    const lines = writeBlobTo(deps.db, file.linesBlobId, linesPath)
    lines.catch(() => undefined) // The engine, which waits for them, says why they do not come.
    try {
      const engine = createDuckDbEngine(duckdb)
      const steps = createStepNotes(deps.db, run.id)
      const load = (): Promise<Snapshot> =>
        loadSides(deps.db, engine, {
          source,
          day: run.businessDate,
          previous,
          folder,
          linesPath,
          lines,
          fileId: file.id,
          onRead: (entries) => steps.read(entries + file.lineCount),
        })
      await steps.at('reading')
      let snapshot = await step(load)
      await steps.at('resolving')
      // What the file told us is booked by now: our side is read again.
      if ((await step(() => resolveByFile(deps, engine, { source, day: run.businessDate }))) > 0)
        snapshot = await step(load)
      await steps.at('matching')
      const facts = await step(() => engine.match())
      checkTotals(facts, file.statements)
      const outcome = await summariseOutcome(duckdb, facts.outcomePath)
      await step(() => deps.db.transaction((tx) => commit(tx, deps, { source, run, facts, snapshot, outcome, folder })))
    } finally {
      // Whatever failed, and is thrown: nobody writes into the folder any more when it is removed.
      await lines.catch(() => undefined)
      duckdb.close()
    }
  })
}

/** What is compared, and where its files lie. */
export type Sides = {
  readonly source: Source
  readonly day: string
  /** The run of the day before: where it told this one to begin. */
  readonly previous: Pick<RunInProgress, 'businessDate' | 'nextFrom' | 'seenHeads' | 'settings'> | undefined
  readonly folder: string
  readonly linesPath: string
  readonly lines: Promise<void>
  readonly fileId: string
  /** What a run saw that is computed again; undefined for what there is now. */
  readonly past?: Snapshot | undefined
  /** Charges of which the file alone tells, where that is not recorded. */
  readonly told?: readonly CarriedOurs[]
  readonly onRead?: (entries: bigint) => void
}

/** Reads our side in one snapshot, and lets the engine read what is there while the rest still comes. */
export async function loadSides(db: Db, engine: Engine, sides: Sides): Promise<Snapshot> {
  const { source, day, previous, folder, linesPath, lines, fileId, past, told = [], onRead } = sides
  const compared = comparedByAnotherCut(source, previous)
  let loading: Promise<void> = Promise.resolve()
  try {
    const snapshot = await db.transaction(
      async (tx) => {
        const now = past ?? {
          heads: await readHeads(tx),
          open: await openBreaks(tx, source.name),
          unknown: await unknownOutcomes(tx, source, day),
        }
        const { heads, open } = now
        const since = (seen: Heads | undefined): Heads =>
          new Map([...heads.keys()].map((chain) => [chain, seen?.get(chain) ?? 0n]))
        const written = await exportOurs(
          tx,
          source,
          { from: since(previous?.nextFrom), to: heads, compared },
          folder,
          onRead,
        )
        loading = engine.load({
          folder,
          linesPath,
          fileId,
          written: { ...written, lines },
          // By another cut the days do not tell what was compared: it was not written, and all that was is new.
          window: {
            day,
            previousDay: compared === undefined ? previous?.businessDate : undefined,
            seen: since(previous?.seenHeads),
          },
          carriedOurs: [...open.flatMap(carriedOurs), ...told],
          carriedTheirs: open.flatMap(carriedTheirs),
          feeSchedule: source.feeSchedule,
          tolerance: source.tolerance,
        })
        loading.catch(() => undefined) // It is awaited below, once the transaction has ended.
        await Promise.all(Object.values(written))
        return now
      },
      { isolation: 'repeatable read' },
    )
    await loading
    return snapshot
  } finally {
    // Whatever failed: the engine is at rest before anybody closes it.
    await loading.catch(() => undefined)
  }
}

/**
 * What the run before compared, where its business days were cut elsewhere: today's cut would put some of it into a day that is
 * to come, and some of what it left into one that is done. Moved by a day or more, records would skip a whole day's run.
 */
function comparedByAnotherCut(source: Source, previous: Sides['previous']): OursWindow['compared'] {
  if (previous === undefined || isSameCut(previous.settings, source)) return undefined
  const { businessDate: day, settings: cut, seenHeads: seen } = previous
  if (!isDayApart(day, cut, source)) return { day, cut, seen }
  const named = ({ zone, cutOff, dayNamedBy }: Source): string => `${cutOff} in ${zone}, named by its ${dayNamedBy}`
  const detail = `The business day of ${source.name} was cut at ${named(cut)} in the run of ${day} and is at ${named(source)} now: it must not move by a day or more.`
  throw new Refusal('run_state', detail)
}

function carriedOurs({ id, code, ours }: OpenBreak): CarriedOurs[] {
  // Nothing is booked for an unknown outcome; once it is, the charge comes as a record like every other.
  if (ours === undefined || code === 'pending_outcome') return []
  const { occurredAt, ...record } = ours
  return [{ ...record, breakId: id, occurredMs: BigInt(occurredAt.getTime()) }]
}

function carriedTheirs({ id, theirs }: OpenBreak): CarriedTheirs[] {
  if (theirs === undefined) return []
  const { occurredAt, ...record } = theirs
  return [{ ...record, breakId: id, occurredMs: occurredAt === null ? null : BigInt(occurredAt.getTime()) }]
}

type UnknownRow = Omit<OursRecord, 'pspReference'> & { readonly pspReference: string | null }

/** Charges of this day and earlier whose outcome is still unknown. */
const unknownOutcomes = (tx: Tx, source: Source, day: string): Promise<UnknownRow[]> =>
  tx.query<UnknownRow>(
    `select u.* from (
       select id as "attemptId", payment_event_id as "paymentId", psp_reference as "pspReference", amount, currency,
              created_at as "occurredAt", ${businessDateSql('created_at', source)} as "businessDate"
         from attempt where psp = $1 and line_status = 'unknown' and line_due_at is not null and operation = 'charge') u
      where u."businessDate" <= $2::date order by u."attemptId"`,
    [source.name, day],
  )

/** The lines that were compared are those that the intake summed up: nothing was lost on the way. */
export function checkTotals({ totals }: Facts, statements: readonly StoredStatement[]): void {
  const stated = new Map(
    statements.flatMap(({ currency, totals: kinds }) =>
      kinds.map(({ kind, lines, amount }) => [`${currency} ${kind}`, `${lines} lines over ${amount}`]),
    ),
  )
  for (const { currency, kind, lines, amount } of totals)
    assert.equal(
      `${lines} lines over ${amount}`,
      stated.get(`${currency} ${kind}`),
      `${kind} in ${currency} as in the file`,
    )
  assert.equal(totals.length, stated.size, 'every kind of line of the file was compared')
}

const oursRecord = (row: OursColumns): OursRecord => ({
  attemptId: row.attempt_id,
  paymentId: row.payment_id,
  pspReference: row.ours_psp_reference,
  amount: row.ours_amount,
  currency: row.ours_currency,
  occurredAt: new Date(Number(row.ours_ms)),
  businessDate: row.business_date,
})

const theirsRecord = (row: TheirsColumns): TheirsRecord => ({
  fileId: row.file_id,
  line: row.line,
  kind: row.kind,
  status: row.status,
  reference: row.reference,
  pspReference: row.psp_reference,
  amount: row.theirs_amount,
  fee: row.fee,
  currency: row.theirs_currency,
  occurredAt: row.theirs_ms === null ? null : new Date(Number(row.theirs_ms)),
})

/** Puts together what the run says about every record without a clean pair. */
export function judge(
  facts: Pick<Facts, 'differences' | 'cleared' | 'unmatchedOurs' | 'unmatchedTheirs'>,
  { open, unknown }: Pick<Snapshot, 'open' | 'unknown'>,
  settledBefore: ReadonlySet<string>,
  around: Surroundings,
): Verdict {
  const carriedOver = (broken: string | null): boolean => broken !== null
  const isDuplicate = (row: Facts['unmatchedTheirs'][number]): boolean =>
    row.is_duplicate || (row.kind === 'charge' && settledBefore.has(lineKey(row)))
  const waitingForOurs = new Set(
    open.filter(({ code }) => code === 'missing_internal' || code === 'awaiting_internal').map(({ id }) => id),
  )
  const repeated = facts.unmatchedTheirs.flatMap((row) =>
    row.theirs_break !== null && waitingForOurs.has(row.theirs_break) && isDuplicate(row) ? [row.theirs_break] : [],
  )
  const codedAnew = new Set(repeated)
  const found = [
    ...facts.differences.map((pair) =>
      pair.code === null
        ? undefined
        : breakOfPair({
            code: pair.code,
            ours: oursRecord(pair),
            theirs: theirsRecord(pair),
            expectedFee: pair.expected_fee ?? undefined,
          }),
    ),
    ...facts.unmatchedOurs
      .filter((row) => !carriedOver(row.ours_break))
      .map((row) => breakOfOurs({ ...oursRecord(row), isDuplicate: row.is_duplicate }, around)),
    ...facts.unmatchedTheirs
      .filter((row) => !carriedOver(row.theirs_break) || codedAnew.has(row.theirs_break ?? ''))
      .map((row) => breakOfTheirs({ ...theirsRecord(row), isDuplicate: isDuplicate(row) }, around)),
  ].filter((each) => each !== undefined)
  const stillUnknown = new Set(unknown.map(({ attemptId }) => attemptId))
  const pending = open.filter(({ code }) => code === 'pending_outcome')
  const known = pending.filter(({ ours }) => !stillUnknown.has(ours?.attemptId ?? '')).map(({ id }) => id)
  const asked = new Set(pending.map(({ ours }) => ours?.attemptId))
  const unknowns = unknown.filter(({ attemptId }) => !asked.has(attemptId)).map((each) => breakOfUnknown(each, around))
  const gone = new Set([...facts.cleared, ...known, ...repeated])
  const waiting = open.filter(({ id }) => !gone.has(id))
  const promoted = waiting.flatMap((each) => {
    const code = promotion(each, around.day)
    return code === undefined ? [] : [{ id: each.id, code }]
  })
  const promotedTo = new Map(promoted.map(({ id, code }) => [id, code]))
  return {
    found: [...found, ...unknowns],
    cleared: facts.cleared,
    known,
    repeated,
    promoted,
    carried: waiting.map(({ id }) => id),
    standing: [
      ...found,
      ...unknowns,
      ...waiting.map((each) => {
        const code = promotedTo.get(each.id)
        return code === undefined ? each : { ...each, code, class: 'real' as const }
      }),
    ],
  }
}

/** What explains the difference are the breaks that stand, and what the rules tolerate. */
export function proofOf(
  { sums, tolerated }: Pick<Facts, 'sums' | 'tolerated'>,
  { standing }: Pick<Verdict, 'standing'>,
): readonly ProofLine[] {
  const amounts = (side: 'ours' | 'theirs') =>
    sums.filter((sum) => sum.side === side).map(({ currency, amount }) => [currency, amount] as const)
  return prove(amounts('ours'), amounts('theirs'), [
    ...standing.flatMap(contribution),
    ...tolerated.map(({ currency, amount }) => [currency, amount] as const),
  ])
}

const COMMIT = statement(
  'reconciliation.commit_match',
  `update recon_run set phase = 'post', failure = null, ours = $2, theirs = $3, matched = $4, breaks = $5, proof = $6, outcome_blob_id = $7,
          seen_heads = $8, next_from = $9, inputs_blob_id = $10, verdict_sha256 = $11, summary = $12, bookable = $13
    where id = $1`,
)

async function commit(
  tx: Tx,
  { clock }: Deps,
  {
    source,
    run,
    facts,
    snapshot,
    outcome: { matched, bookable },
    folder,
  }: {
    readonly source: Source
    readonly run: RunInProgress
    readonly facts: Facts
    readonly snapshot: Snapshot
    readonly outcome: OutcomeSummary
    readonly folder: string
  },
): Promise<void> {
  await tx.query(`set local statement_timeout = '15min'`)
  // Millions of records that stay open are written to the disk between two statements.
  await tx.query(`set local idle_in_transaction_session_timeout = '15min'`)
  await lockRun(tx, run.id, 'match')
  const around = { day: run.businessDate, source }
  const settled = await settledBefore(tx, source, facts.unmatchedTheirs)
  const verdict = judge(facts, snapshot, settled, around)
  const by = { runId: run.id, day: run.businessDate, at: clock.now() }
  await clearBreaks(tx, by, verdict.cleared, 'Its twin came.')
  await clearBreaks(tx, by, verdict.known, 'Its outcome became known.')
  await clearBreaks(tx, by, verdict.repeated, 'Its charge is settled by another line.')
  await promoteBreaks(tx, by, verdict.promoted)
  await carryBreaks(tx, by, verdict.carried)
  await insertBreaks(tx, source.name, by, verdict.found)
  const proof = proofOf(facts, verdict)
  const outcome = await storeBlob(tx, facts.outcomePath)
  const inputsPath = join(folder, 'inputs.gz')
  await writeInputs(inputsPath, { ...snapshot, settled })
  const inputs = await storeBlob(tx, inputsPath)
  const nextFrom = [...snapshot.heads].map(([chain, head]) => {
    const later = facts.firstLater.get(chain)
    return [chain, later === undefined ? head : later - 1n] as const
  })
  const { counts } = facts
  await tx.run(COMMIT, [
    run.id,
    counts.ours,
    counts.theirs,
    counts.matched,
    verdict.standing.length,
    exactJson(proof),
    outcome.id,
    exactJson(snapshot.heads),
    exactJson(new Map(nextFrom)),
    inputs.id,
    verdictSha256(facts, proof, verdict),
    exactJson({ matched, waterfall: waterfallOf(verdict.standing), tolerated: facts.tolerated }),
    bookable,
  ])
}
