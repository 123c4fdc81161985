import { setTimeout as delay } from 'node:timers/promises'
import { isTransient } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import type { Hold } from '../platform/exclusive.ts'
import { isShortage } from '../platform/shortage.ts'
import { collectFile, fileOfDay, type SettlementFile } from '../settlement/index.ts'
import { addDays, endOfDay } from './calendar.ts'
import { clearControlBreaks, noteControlBreak } from './control-break.ts'
import { firstDay } from './first-day.ts'
import { matchRun } from './match-run.ts'
import { postRun } from './post-run.ts'
import {
  ensureRun,
  failRun,
  getRun,
  lastCompletedRun,
  letWait,
  noteTrouble,
  type RunInProgress,
  RunMovedOn,
  runOfDay,
  startRun,
} from './run.ts'
import type { ReconciledSource, ReconciliationDeps } from './service.ts'

/**
 * The nightly work of one source: day by day, the file is collected and the run carried to its end, then the next day. The
 * rows say how far it is, so that any node goes on where another one stopped; one node at a time does.
 */

/** A run that needs longer than this for one step is not waited for: it goes on, and whoever waited is told. */
const OTHER_NODE_MS = 600_000

// A PSP that has no file yet is asked again ever more calmly, and so is a machine whose disk is full.
const RETRY_DELAYS_MS = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000]

/** Whether this node still holds the source, and is not stopping: asked before each step. */
type MayGoOn = () => boolean

export type NightlyWork = {
  /** Does what is due, if nobody else is at it and the PSP was not asked a moment ago. */
  readonly look: () => Promise<void>
  /** Does everything that is due now and resolves when it is done, whoever did it. Throws `unavailable` when it is not. */
  readonly catchUp: () => Promise<void>
  /** Something came that may be what the run waits for: the next look does not wait any longer. */
  readonly hurry: () => void
  /** Leaves what is not done to other nodes, or to the next start. */
  readonly stop: () => void
}

export function createNightlyWork(deps: ReconciliationDeps, given: ReconciledSource): NightlyWork {
  const { db, clock, log, exclusive } = deps
  const { source } = given
  const key = `nightly ${source.name}`
  let stopped = false
  let misses = 0
  let nextTryAt = 0

  /** The first day without a completed run, when it is over. */
  const dueDay = async (): Promise<string | undefined> => {
    const last = await lastCompletedRun(db, source.name)
    const day = last === undefined ? await firstDay(db, given) : addDays(last.businessDate, 1)
    return endOfDay(day, source) <= clock.now() ? day : undefined
  }

  const calmDown = (): void => {
    misses += 1
    nextTryAt = performance.now() + (RETRY_DELAYS_MS[Math.min(misses, RETRY_DELAYS_MS.length) - 1] ?? 0)
  }

  const work = async (mayGoOn: MayGoOn): Promise<void> => {
    for (let day = await dueDay(); day !== undefined && mayGoOn(); day = await dueDay()) {
      const run = await ensureRun(db, source, day, clock.now())
      if (run.status === 'failed') return
      const goesOn = await carryOut(deps, given, run, mayGoOn).catch((error: unknown) => {
        if (isShortage(error)) calmDown()
        throw error
      })
      if (!goesOn) return calmDown()
      misses = 0
      nextTryAt = 0
    }
  }

  const guarded = async (hold: Hold): Promise<void> => {
    try {
      await work(() => !stopped && hold.holds())
    } catch (error) {
      if (!(error instanceof RunMovedOn)) throw error
      log.info({ err: error }, 'a run is left to another node')
    }
  }

  return {
    async look() {
      if (performance.now() < nextTryAt || (await dueDay()) === undefined) return
      await exclusive.run(key, guarded, { waitMs: 0 })
    },
    async catchUp() {
      for (let tries = 0; !stopped && (await dueDay()) !== undefined && tries < 3; tries += 1) {
        const done = await exclusive.run(key, guarded, { waitMs: OTHER_NODE_MS })
        if (done === undefined)
          throw new Refusal('unavailable', `The run of ${source.name} takes long on another node.`, {
            retryAfterSeconds: 30,
          })
        const day = await dueDay()
        // A file that is not there, or a run that failed, is a state and no reason to wait.
        if (day === undefined || (await standsStill(deps, source.name, day))) return
        await delay(50)
      }
    },
    hurry() {
      misses = 0
      nextTryAt = 0
    },
    stop() {
      stopped = true
    },
  }
}

async function standsStill({ db }: ReconciliationDeps, source: string, day: string): Promise<boolean> {
  const run = await runOfDay(db, source, day)
  return run?.status === 'waiting_for_file' || run?.status === 'failed'
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
    await startRun(db, current, file.id, clock.now())
    current = (await getRun(db, run.id)) ?? current
  }
  try {
    if (current.phase === 'match') {
      await clearControlBreaks(db, source.name, current, clock.now())
      await matchRun(deps, source, current, mayGoOn)
      current = (await getRun(db, run.id)) ?? current
    }
    if (current.phase === 'post') await postRun(deps, source, current, mayGoOn)
    return true
  } catch (error) {
    if (error instanceof RunMovedOn || isTransient(error) || !mayGoOn()) throw error
    if (isShortage(error)) {
      // What is short may be what the note needs; whoever looks sees it in the log as well.
      await noteTrouble(db, run.id, messageOf(error)).catch(() => undefined)
      throw error
    }
    // A contradiction is no reason to try again every second: somebody has to look, and to ask for the run again.
    deps.log.fatal(
      { err: error, run: run.id, source: source.name, day: run.businessDate },
      'a reconciliation run failed',
    )
    await failRun(db, run.id, messageOf(error))
    return false
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

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
