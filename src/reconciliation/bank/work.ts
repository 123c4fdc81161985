import { type Db, statement } from '../../platform/db.ts'
import { addDays, endOfDay } from '../calendar.ts'
import { firstDay } from '../runs/first-day.ts'
import { getRun, lastCompletedRun, letWait, type RunInProgress, runOfDay, startRun } from '../runs/run.ts'
import { attempt, createWork, type MayGoOn, type NightlyWork } from '../runs/work.ts'
import type { ReconciledSource, ReconciliationDeps } from '../service.ts'
import { businessDayFrom } from './business-days.ts'
import { completeBankRun, matchBankRun } from './run.ts'
import { type BankSource, cutOf } from './source.ts'
import { statementOfDay } from './statements.ts'

/** The runs of one bank, a run for each of its business days, once a statement reaches the day. */
export function createBankWork(
  deps: ReconciliationDeps,
  source: BankSource,
  psps: readonly ReconciledSource[],
): NightlyWork {
  const { db, clock } = deps
  return createWork(deps, source, {
    async dueDay() {
      const day = await nextBankDay(db, source)
      return day !== undefined && endOfDay(day, cutOf(source)) <= clock.now() ? day : undefined
    },
    carryOut: (run, mayGoOn) => carryOut(deps, { source, psps }, run, mayGoOn),
  })
}

/** The first business day without a completed run; undefined for a bank that was never declared. */
export async function nextBankDay(db: Db, source: BankSource): Promise<string | undefined> {
  const last = await lastCompletedRun(db, source.name)
  const from = last === undefined ? await firstBankDay({ db }, source) : addDays(last.businessDate, 1)
  return from === undefined ? undefined : businessDayFrom(from, source.calendar)
}

const DECLARED = statement(
  'reconciliation.bank_declared_on',
  `select (declared_at at time zone $2)::date as day from intake_source where name = $1`,
)

/** The local day on which the bank was declared: nothing was awaited before. */
export const firstBankDay = async (
  { db }: Pick<ReconciliationDeps, 'db'>,
  { name, zone }: BankSource,
): Promise<string | undefined> => (await db.run<{ day: string }>(DECLARED, [name, zone]))[0]?.day

/** Whether the runs of a PSP have told of its payouts up to an instant, or wait for something that is late or broken. */
async function hasGoneAsFar(
  { db }: Pick<ReconciliationDeps, 'db'>,
  given: ReconciledSource,
  until: Date,
): Promise<boolean> {
  const { source } = given
  const last = await lastCompletedRun(db, source.name)
  const day = last === undefined ? await firstDay(db, given) : addDays(last.businessDate, 1)
  if (endOfDay(day, source) > until) return true
  const run = await runOfDay(db, source.name, day)
  return run?.status === 'failed' || (run?.lateSince ?? null) !== null
}

async function carryOut(
  deps: ReconciliationDeps,
  { source, psps }: { readonly source: BankSource; readonly psps: readonly ReconciledSource[] },
  run: RunInProgress,
  mayGoOn: MayGoOn,
): Promise<boolean> {
  const { db, clock } = deps
  let current = run
  if (current.status !== 'running') {
    const end = endOfDay(run.businessDate, cutOf(source))
    const ready = await Promise.all(psps.map((psp) => hasGoneAsFar(deps, psp, end)))
    const fileId = await statementOfDay(db, source.name, run.businessDate)
    if (fileId === undefined || ready.includes(false)) {
      // The intake says when a statement is late: a run only waits.
      await letWait(db, run, undefined)
      return false
    }
    await startRun(db, run, { fileId, at: clock.now(), settings: source, ruleVersion: null })
    current = (await getRun(db, run.id)) ?? current
  }
  return attempt(deps, run, mayGoOn, async () => {
    if (current.phase === 'match') {
      await matchBankRun(deps, source, current, mayGoOn)
      current = (await getRun(db, run.id)) ?? current
    }
    if (current.phase === 'post') await completeBankRun(deps, source, current)
  })
}
