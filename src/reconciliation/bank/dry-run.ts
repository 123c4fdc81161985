import type { Db } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import type { DryRun, DryRunRequest } from '../runs/dry-run.ts'
import { bankComputationOf } from '../runs/past-run.ts'
import { runOfDay } from '../runs/run.ts'
import { waterfallOf } from '../runs/run-summary.ts'
import { changesOfVerdict } from '../runs/verdict-changes.ts'
import type { ReconciliationDeps } from '../service.ts'
import { staleArrivals, staleBreaks, staleResolutions } from './arrivals.ts'
import { type BankComputation, computeBank } from './compute.ts'
import { readInputs } from './inputs.ts'
import type { BankSource } from './source.ts'
import { statementOfDay } from './statements.ts'
import { nextBankDay } from './work.ts'

type Deps = Pick<ReconciliationDeps, 'db' | 'scratch'>

/**
 * Looks for payouts in a bank's statements as a run of a day would, and changes nothing. A day that has its run is computed from
 * what that run read; the next day from what there is now. Throws `invalid_request`, `run_state`.
 */
export async function dryRunBank(deps: Deps, bank: BankSource, request: DryRunRequest): Promise<DryRun> {
  const { db } = deps
  refuseForeign(request)
  const day = request.businessDate
  const run = await runOfDay(db, bank.name, day)
  const isDone = run?.status === 'completed'
  const base = isDone ? await bankComputationOf(deps, run.bank ?? bank, run) : await nextComputation(db, bank, day)
  const source = { ...base.source, ...request.settings }
  const correctionsDue = !isDone && (await isStale(db, bank.name))
  return computeBank(deps, { ...base, source }, async ({ verdict }) => ({
    source: bank.name,
    businessDate: day,
    fileId: base.fileId,
    settings: source,
    ...verdict.counts,
    proof: verdict.proof,
    tolerated: [],
    waterfall: waterfallOf(verdict.standing),
    changes: changesOfVerdict(verdict, base.inputs.open),
    resolved: 0n,
    correctionsDue,
  }))
}

const refuse = (pointer: string, detail: string): never => {
  throw new Refusal('invalid_request', `${pointer}: ${detail}`, { errors: [{ pointer, detail }] })
}

/** What can be tried of a PSP alone. */
function refuseForeign({ fileId, settings }: DryRunRequest): void {
  if (fileId !== undefined)
    refuse('/file', 'The run of a bank reads all of its statements: none is tried in the place of another.')
  for (const [name, pointer] of [
    ['graceMinutes', '/settings/grace_minutes'],
    ['feeSchedule', '/settings/fee_schedule'],
    ['tolerance', '/settings/tolerance'],
  ] as const)
    if (settings?.[name] !== undefined) refuse(pointer, 'A bank has none; "lag_days" can be tried.')
}

async function nextComputation(
  db: Db,
  source: BankSource,
  day: string,
): Promise<BankComputation & { readonly fileId: string }> {
  const next = await nextBankDay(db, source)
  if (next === undefined || day < next)
    return refuse('/business_date', `The runs of ${source.name} begin on ${next ?? 'no day'}.`)
  if (day !== next) refuse('/business_date', `The run of ${next} comes first: try that day, or wait for its run.`)
  const run = await runOfDay(db, source.name, day)
  if (run?.status === 'running')
    throw new Refusal('run_state', `The run of ${day} is under way: read it when it is completed.`, {
      facts: { status: run.status },
    })
  const fileId = await statementOfDay(db, source.name, day)
  if (fileId === undefined)
    return refuse('/business_date', `No statement of ${source.name} reaches ${day} yet: upload one.`)
  return { source, day, inputs: await readInputs(db, source, day), fileId }
}

/** Something is gone of what earlier runs made: a run undoes that first. */
const isStale = async (db: Db, source: string): Promise<boolean> =>
  (await staleArrivals(db, source)).length > 0 ||
  (await staleBreaks(db, source)).length > 0 ||
  (await staleResolutions(db, source)).length > 0
