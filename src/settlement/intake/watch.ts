import type { Clock } from '../../platform/clock.ts'
import { Refusal } from '../../platform/errors.ts'
import type { Exclusive, Hold } from '../../platform/exclusive.ts'
import { type CollectDeps, collectOnce } from './collect.ts'
import { latenessOf } from './expected.ts'
import type { Collect, IntakeSource } from './source.ts'
import { noteLate, noteLook, type WatchState, watchStates } from './state.ts'
import { newestDays } from './store.ts'

/**
 * Watches one source: looks at it when the business clock says so, on one node at a time, and raises one alarm when its
 * file is late. When the next look is due stands in the database, so that any node goes on where another one stopped.
 */
export type Watch = {
  /** Does what is due, if nobody else is at it; cheap when nothing is. */
  readonly look: () => Promise<void>
  /** Does what is due now and resolves when it is done, whoever did it. Throws `unavailable` when that takes too long. */
  readonly catchUp: () => Promise<void>
  /** Lets go of what is under way, and leaves it to other nodes, or to the next start. */
  readonly stop: () => void
}

export type WatchDeps = CollectDeps & { readonly exclusive: Exclusive; readonly clock: Clock }

const MINUTE_MS = 60_000
/** How long a look on another node is waited for. */
const OTHER_NODE_MS = 600_000
const LONG_AGO = new Date(0)

const isCollected = (source: IntakeSource): source is IntakeSource & { readonly collect: Collect } =>
  source.collect !== undefined

export function createWatch(deps: WatchDeps, source: IntakeSource): Watch {
  const { db, clock, exclusive } = deps
  const stopping = new AbortController()
  // When there is something to ask the database about at the earliest; another node can only make it later.
  let lookAt = LONG_AGO
  let lateAt = LONG_AGO

  const readState = async (): Promise<WatchState | undefined> => (await watchStates(db, [source.name])).get(source.name)
  const isDue = async (): Promise<boolean> => {
    if (!isCollected(source) || stopping.signal.aborted || clock.now() < lookAt) return false
    lookAt = (await readState())?.nextLookAt ?? LONG_AGO
    return clock.now() >= lookAt
  }

  const collect = async (hold: Hold): Promise<void> => {
    // Another node may have looked between our question and our turn.
    if (!isCollected(source) || !(await isDue())) return
    const at = clock.now()
    const mayGoOn = (): boolean => !stopping.signal.aborted && hold.holds()
    const signal = AbortSignal.any([stopping.signal, hold.signal])
    const { problem } = await collectOnce(deps, source, { mayGoOn, signal })
    if (!mayGoOn()) return
    lookAt = new Date(at.getTime() + source.everyMinutes * MINUTE_MS)
    await noteLook(db, source.name, { at, problem, nextAt: lookAt })
  }

  const raiseAlarm = async (): Promise<void> => {
    const { expected } = source
    const now = clock.now()
    if (expected === undefined || now < lateAt) return
    const state = await readState()
    if (state === undefined) return
    const newest = (await newestDays(db, [source.name], now)).get(source.name)
    const schedule = { ...expected, zone: source.zone }
    const { next, lateSince } = latenessOf(schedule, state.declaredAt, newest, now)
    lateAt = lateSince === undefined ? next.by : new Date(now.getTime() + MINUTE_MS)
    if ((await noteLate(db, source.name, lateSince)) && lateSince !== undefined)
      deps.log.error(
        { source: source.name, day: next.businessDate, by: next.by, problem: state.lookProblem },
        'a settlement file is late',
      )
  }

  return {
    async look() {
      if (await isDue()) await exclusive.run(`intake ${source.name}`, collect, { waitMs: 0 })
      await raiseAlarm()
    },
    async catchUp() {
      if (await isDue()) {
        const done = await exclusive.run(`intake ${source.name}`, collect, { waitMs: OTHER_NODE_MS })
        if (done === undefined)
          throw new Refusal('unavailable', `Collecting from ${source.name} takes long on another node.`, {
            retryAfterSeconds: 30,
          })
      }
      await raiseAlarm()
    },
    stop: () => stopping.abort(new Error('the server is stopping')),
  }
}
