import type { Db } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import { publicId } from '../../platform/ids.ts'
import { fileOfDay, getFile, type SettlementFile } from '../../settlement/index.ts'
import type { BankSource } from '../bank/source.ts'
import { addDays } from '../calendar.ts'
import { correctionIsDue } from '../corrections/corrections.ts'
import type { Tolerated } from '../engines/engine.ts'
import type { ProofLine } from '../proof.ts'
import { sourceOn } from '../rules/versions.ts'
import type { ReconciledSource, ReconciliationDeps } from '../service.ts'
import type { RuleSettings, Source } from '../source.ts'
import { type Computation, compute } from './compute.ts'
import { firstDay } from './first-day.ts'
import { computationOf } from './past-run.ts'
import { lastCompletedRun, type RunInProgress, runOfDay } from './run.ts'
import { type Change, type WaterfallStep, waterfallOf } from './run-summary.ts'
import { changesOfVerdict } from './verdict-changes.ts'

export type DryRunRequest = {
  readonly businessDate: string
  /** Another file than the one that counts. */
  readonly fileId?: string | undefined
  readonly settings?: RuleSettings | undefined
}

/** What a run would say. */
export type DryRun = {
  readonly source: string
  readonly businessDate: string
  readonly fileId: string
  readonly settings: Source | BankSource
  readonly ours: bigint
  readonly theirs: bigint
  readonly matched: bigint
  /** Breaks that would stand. */
  readonly breaks: bigint
  readonly proof: readonly ProofLine[]
  readonly waterfall: readonly WaterfallStep[]
  /** Pairs that would agree although their amounts are not equal: breaks without the tolerance. */
  readonly tolerated: readonly Tolerated[]
  readonly changes: readonly Change[]
  /** Charges of unknown outcome that the file would resolve. */
  readonly resolved: bigint
  /** Files of earlier days that were replaced or withdrawn would be corrected first; what that does is not in here. */
  readonly correctionsDue: boolean
}

type Deps = Pick<ReconciliationDeps, 'db' | 'scratch'>

/**
 * Compares a day as a run would and changes nothing. A day that has its run is compared with what that run read; the next
 * day with what there is now. Throws `invalid_request`, `run_state`.
 */
export async function dryRun(deps: Deps, given: ReconciledSource, request: DryRunRequest): Promise<DryRun> {
  const { db } = deps
  const { source } = given
  const day = request.businessDate
  const run = await runOfDay(db, source.name, day)
  const isDone = run?.status === 'completed'
  const base = isDone ? await computationOf(deps, run) : await nextComputation(db, given, day, run)
  const file = await fileFor(db, source, request, isDone ? base.fileId : undefined)
  const settings = { ...base.source, ...request.settings }
  const computation = { ...base, source: settings, fileId: file.id }
  const correctionsDue = !isDone && (await correctionIsDue(db, source.name))
  return compute(deps, computation, async ({ counts, verdict, proof, tolerated, snapshot, resolved }) => ({
    source: source.name,
    businessDate: day,
    fileId: file.id,
    settings,
    ...counts,
    breaks: BigInt(verdict.standing.length),
    proof,
    waterfall: waterfallOf(verdict.standing),
    tolerated,
    changes: changesOfVerdict(verdict, snapshot.open),
    resolved: BigInt(resolved),
    correctionsDue,
  }))
}

const refuse = (pointer: string, detail: string): never => {
  throw new Refusal('invalid_request', `${pointer}: ${detail}`, { errors: [{ pointer, detail }] })
}

async function nextComputation(
  db: Db,
  given: ReconciledSource,
  day: string,
  run: RunInProgress | undefined,
): Promise<Omit<Computation, 'fileId'> & { readonly fileId?: never }> {
  const { source } = given
  const previous = await lastCompletedRun(db, source.name)
  const first = await firstDay(db, given)
  if (day < first) refuse('/business_date', `The files of ${source.name} begin on ${first}.`)
  const next = previous === undefined ? first : addDays(previous.businessDate, 1)
  if (day !== next) refuse('/business_date', `The run of ${next} comes first: try that day, or wait for its run.`)
  if (run?.status === 'running' && run.phase === 'post')
    throw new Refusal('run_state', `The run of ${day} is being booked: read it when it is completed.`, {
      facts: { status: run.status },
    })
  return { source: (await sourceOn(db, source, day)).source, day, previous }
}

async function fileFor(
  db: Db,
  source: Source,
  { businessDate: day, fileId }: DryRunRequest,
  used: string | undefined,
): Promise<Pick<SettlementFile, 'id'>> {
  if (fileId !== undefined) {
    const id = publicId('sf', fileId)
    const file = await getFile(db, fileId)
    if (file === undefined || file.source !== source.name)
      return refuse('/file', `There is no settlement file ${id} of ${source.name}.`)
    if (file.linesBlobId === null) return refuse('/file', `The file ${id} was rejected: none of its lines can be used.`)
    if (file.businessDate !== day) return refuse('/file', `The file ${id} is of ${file.businessDate}, not of ${day}.`)
    return file
  }
  if (used !== undefined) return { id: used }
  const file = await fileOfDay(db, source.name, day)
  return file ?? refuse('/business_date', `There is no accepted file of ${day} yet: upload one.`)
}
