import { setTimeout as delay } from 'node:timers/promises'
import { isConnectionError, isTransient } from '../../platform/db.ts'
import { Refusal } from '../../platform/errors.ts'
import type { Hold } from '../../platform/exclusive.ts'
import { isShortage } from '../../platform/shortage.ts'
import type { ReconciliationDeps } from '../service.ts'
import { ensureRun, failRun, noteTrouble, type RunInProgress, RunMovedOn, runOfDay } from './run.ts'

/**
 * The runs of one source, day by day, on one node at a time. The rows say how far it is, so that any node goes on where
 * another one stopped.
 */

/** A run that needs longer than this for one step is not waited for: it goes on, and whoever waited is told. */
const OTHER_NODE_MS = 600_000

// A PSP that has no file yet is asked again ever more calmly, and so is a machine whose disk is full.
const RETRY_DELAYS_MS = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000]

/** Whether this node still holds the source, and is not stopping: asked before each step. */
export type MayGoOn = () => boolean

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

export function createWork(
  { db, clock, log, exclusive }: Pick<ReconciliationDeps, 'db' | 'clock' | 'log' | 'exclusive'>,
  source: { readonly name: string },
  given: {
    /** The first day without a completed run, when it is over. */
    readonly dueDay: () => Promise<string | undefined>
    /** Carries a run as far as it goes; false when it has to wait. */
    readonly carryOut: (run: RunInProgress, mayGoOn: MayGoOn) => Promise<boolean>
  },
): NightlyWork {
  const { dueDay } = given
  const { name } = source
  const key = `nightly ${name}`
  let stopped = false
  let misses = 0
  let nextTryAt = 0

  const calmDown = (): void => {
    misses += 1
    nextTryAt = performance.now() + (RETRY_DELAYS_MS[Math.min(misses, RETRY_DELAYS_MS.length) - 1] ?? 0)
  }

  const work = async (mayGoOn: MayGoOn): Promise<void> => {
    for (let day = await dueDay(); day !== undefined && mayGoOn(); day = await dueDay()) {
      const run = await ensureRun(db, source, day, clock.now())
      if (run.status === 'failed') return
      const goesOn = await given.carryOut(run, mayGoOn).catch((error: unknown) => {
        if (passesLater(error)) calmDown()
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
          throw new Refusal('unavailable', `The run of ${name} takes long on another node.`, {
            retryAfterSeconds: 30,
          })
        const day = await dueDay()
        // A file that is not there, or a run that failed, is a state and no reason to wait.
        if (day === undefined || (await standsStill({ db }, name, day))) return
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

async function standsStill({ db }: Pick<ReconciliationDeps, 'db'>, source: string, day: string): Promise<boolean> {
  const run = await runOfDay(db, source, day)
  return run?.status === 'waiting_for_file' || run?.status === 'failed'
}

/** Does the steps of a run. A contradiction fails it, and gives false; what passes by itself is thrown. */
export async function attempt(
  { db, log }: Pick<ReconciliationDeps, 'db' | 'log'>,
  run: RunInProgress,
  mayGoOn: MayGoOn,
  steps: () => Promise<void>,
): Promise<boolean> {
  try {
    await steps()
    return true
  } catch (error) {
    if (error instanceof RunMovedOn || !mayGoOn()) throw error
    if (passesLater(error)) {
      // What is short may be what the note needs; whoever looks sees it in the log as well.
      await noteTrouble(db, run.id, messageOf(error)).catch(() => undefined)
      throw error
    }
    if (isConnectionError(error)) throw error
    // A contradiction is no reason to try again every second: somebody has to look, and to ask for the run again.
    log.fatal({ err: error, run: run.id, source: run.source, day: run.businessDate }, 'a reconciliation run failed')
    await failRun(db, run.id, messageOf(error))
    return false
  }
}

/** What may be over in a while: a shortage, a deadlock or conflict, a time-out. A connection that is lost is known to be back. */
const passesLater = (error: unknown): boolean => isShortage(error) || (isTransient(error) && !isConnectionError(error))

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
