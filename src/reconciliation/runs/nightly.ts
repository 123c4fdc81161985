import { collectFile, fileOfDay, type SettlementFile } from '../../settlement/index.ts'
import { addDays, endOfDay } from '../calendar.ts'
import { startByRules } from '../rules/versions.ts'
import type { ReconciledSource, ReconciliationDeps } from '../service.ts'
import { clearControlBreaks, noteControlBreak } from './control-break.ts'
import { firstDay } from './first-day.ts'
import { matchRun } from './match-run.ts'
import { postRun } from './post-run.ts'
import { getRun, lastCompletedRun, letWait, type RunInProgress } from './run.ts'
import { noteUnparsedLines } from './unparsed-lines.ts'
import { attempt, createWork, type MayGoOn, type NightlyWork } from './work.ts'

/**
 * The nightly work of one source: day by day, the file is collected and the run carried to its end, then the next day. The
 * rows say how far it is, so that any node goes on where another one stopped; one node at a time does.
 */
export function createNightlyWork(deps: ReconciliationDeps, given: ReconciledSource): NightlyWork {
  const { db, clock } = deps
  const { source } = given
  return createWork(deps, source, {
    async dueDay() {
      const last = await lastCompletedRun(db, source.name)
      const day = last === undefined ? await firstDay(db, given) : addDays(last.businessDate, 1)
      return endOfDay(day, source) <= clock.now() ? day : undefined
    },
    carryOut: (run, mayGoOn) => carryOut(deps, given, run, mayGoOn),
  })
}

/** Carries a run as far as it goes; false when it has to wait for its file. */
async function carryOut(
  deps: ReconciliationDeps,
  given: ReconciledSource,
  run: RunInProgress,
  mayGoOn: MayGoOn,
): Promise<boolean> {
  const { db, clock } = deps
  const { source } = given
  let current = run
  if (current.status !== 'running') {
    const file = await fileFor(deps, given, current)
    if (file === undefined) return false
    await startByRules(db, source, current, { fileId: file.id, at: clock.now() })
    current = (await getRun(db, run.id)) ?? current
  }
  return attempt(deps, run, mayGoOn, async () => {
    if (current.phase === 'match') {
      await clearControlBreaks(db, source.name, current, clock.now())
      await noteUnparsedLines(db, current, clock.now())
      await matchRun(deps, current.settings, current, mayGoOn)
      current = (await getRun(db, run.id)) ?? current
    }
    if (current.phase === 'post') await postRun(deps, current.settings, current, mayGoOn)
  })
}

/** The accepted file of the run's day, collected now if it is there. While it is not, the run waits, and is late at last. */
async function fileFor(
  deps: ReconciliationDeps,
  { source, origin, formats }: ReconciledSource,
  run: RunInProgress,
): Promise<SettlementFile | undefined> {
  const { db, clock, log } = deps
  const day = run.businessDate
  const known = await fileOfDay(db, source.name, day)
  if (known !== undefined) return known
  const received = await collectFile(deps, { source: source.name, origin, formats }, day).catch((error: unknown) => {
    log.warn({ err: error, source: source.name, day }, 'a settlement file could not be fetched')
    return undefined
  })
  if (received?.file.status === 'accepted' && received.file.businessDate === day) return received.file
  if (received !== undefined) await noteControlBreak(db, source.name, run, received.file, clock.now())
  const lateAt = new Date(endOfDay(day, source).getTime() + source.graceMinutes * 60_000)
  const isLate = clock.now() >= lateAt
  if (await letWait(db, run, isLate ? clock.now() : undefined))
    log.error({ source: source.name, day, rejected: received?.file.rejection }, 'a settlement file is late')
  return undefined
}
