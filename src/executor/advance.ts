import { setTimeout as delay } from 'node:timers/promises'
import { IN_FLIGHT } from '../payments/index.ts'
import type { TestClock } from '../platform/clock.ts'
import { type Db, statement } from '../platform/db.ts'
import { Refusal } from '../platform/errors.ts'
import type { Exclusive, Hold } from '../platform/exclusive.ts'
import type { Log } from '../platform/log.ts'
import type { Psp, PspTestClock } from '../psp/psp.ts'
import { clockChannel, nodesBehind } from './follow-clock.ts'
import type { WebhookInbox } from './inbox.ts'

/** The test clock: moves business time forward, through every instant at which something is due. */
export type ClockControl = { readonly advance: (ms: number) => Promise<Date> }

const SET_OFFSET = statement(
  'executor.set_clock',
  `with moved as (update deployment set clock_offset_ms = greatest(clock_offset_ms, $1) returning clock_offset_ms)
   select clock_offset_ms, pg_notify($2, '') from moved`,
)

const LOOK_AT_ALL = statement(
  'executor.look_at_all',
  `with open as (select id from attempt where line_due_at is not null and node_id is null for update skip locked)
   update attempt a set due_at = now() from open where a.id = open.id`,
)

/** Work of our PSPs that is in somebody's hands, or due and not yet taken; and webhooks that are stored and not handled. */
const BUSY = statement(
  'executor.busy',
  `select (select count(*) from (${IN_FLIGHT}) a
            where created_at <= $1 and (node_id is not null or due_at <= now()) and psp = any($2::text[]))
        + (select count(*) from psp_webhook where handled_at is null) as busy`,
)

// Longer than a PSP's slowest answers one after the other; a campaign that keeps its server busier than that hears of it.
const QUIET_TIMEOUT_MS = 120_000
const STEPS_MAX = 10_000
// Of another advance, which may be a year long.
const TURN_TIMEOUT_MS = 120_000
// A node that says nothing for this long has lost its lease and sends nothing until it has read the clock again.
const FOLLOW_TIMEOUT_MS = 5_000
const DAY_MS = 86_400_000
// Twenty years: enough for any test, and dates stay dates.
const OFFSET_MAX_MS = 7_300 * DAY_MS

/** A PSP that does not move its clock, because it is away or shared with a deployment that is ahead, is no bug of ours. */
async function ask<T>(psp: Psp, call: (clock: PspTestClock) => Promise<T>): Promise<T | undefined> {
  if (psp.testClock === undefined) return undefined
  try {
    return await call(psp.testClock)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new Refusal('unavailable', `The clock of ${psp.name} did not move: ${why}`, { retryAfterSeconds: 5, cause })
  }
}

function refuseTooFar(offsetMs: number): void {
  if (offsetMs <= OFFSET_MAX_MS) return
  const detail = `The test clock runs at most ${OFFSET_MAX_MS / DAY_MS} days ahead of the real one; start with an empty data folder instead.`
  throw new Refusal('invalid_request', detail, { errors: [{ pointer: '', detail }] })
}

const stopped = (why: string): Refusal =>
  new Refusal('unavailable', `${why} The clock stands where it is.`, { retryAfterSeconds: 5 })

export function createClockControl(deps: {
  readonly db: Db
  readonly schema: string
  /** Advances on two nodes in parallel add up, so they come one after the other. */
  readonly exclusive: Exclusive
  readonly clock: TestClock
  readonly log: Log
  readonly psps: readonly Psp[]
  readonly inbox: WebhookInbox
  readonly kick: () => void
  readonly idle: () => Promise<void>
  /** What comes due at the end of a business day besides charges; called after every step. */
  readonly onStep: () => Promise<void>
}): ClockControl {
  const { db, clock } = deps
  let running: Promise<unknown> = Promise.resolve()

  const quiet = async (since: Date): Promise<void> => {
    const end = performance.now() + QUIET_TIMEOUT_MS
    for (;;) {
      deps.kick()
      await deps.inbox.sweep()
      await deps.inbox.idle()
      await deps.idle()
      const [row] = await db.run<{ busy: bigint }>(BUSY, [since, deps.psps.map((psp) => psp.name)])
      if (row?.busy === 0n) return
      if (performance.now() > end) {
        throw new Refusal('unavailable', `${row?.busy} attempts are still in progress; the clock stands where it is.`, {
          retryAfterSeconds: 5,
        })
      }
      await delay(20)
    }
  }

  /** What the database says counts for everybody. */
  const setOffset = async (offsetMs: number): Promise<number> => {
    const [row] = await db.run<{ clock_offset_ms: bigint }>(SET_OFFSET, [offsetMs, clockChannel(deps.schema)])
    const agreedMs = Number(row?.clock_offset_ms ?? BigInt(offsetMs))
    clock.setOffset(agreedMs)
    return agreedMs
  }

  /** No node begins anything by the old time any more, and what it had begun is stored. */
  const followed = async (offsetMs: number): Promise<void> => {
    const end = performance.now() + FOLLOW_TIMEOUT_MS
    for (;;) {
      const behind = await nodesBehind(db, deps.schema, offsetMs)
      if (behind === 0) return
      if (performance.now() > end) return deps.log.warn({ behind }, 'the clock moved on without nodes that are stalled')
      await delay(5)
    }
  }

  /** Everything in progress ends, the clock moves everywhere, what that makes due is done. */
  const moveTo = async (offsetMs: number): Promise<void> => {
    const agreedMs = await setOffset(offsetMs)
    await followed(agreedMs)
    for (const psp of deps.psps) await ask(psp, (its) => its.setOffset(agreedMs))
    const reached = clock.now()
    await quiet(reached)
    await db.run(LOOK_AT_ALL)
    await quiet(reached)
    await deps.onStep()
  }

  const nextDueAt = async (): Promise<number> => {
    const dues = await Promise.all(deps.psps.map((psp) => ask(psp, (its) => its.nextDueAt())))
    return Math.min(...dues.map((due) => due?.getTime() ?? Number.POSITIVE_INFINITY))
  }

  const advance = async (ms: number, hold: Hold): Promise<Date> => {
    // Another node may have moved it since we last heard.
    const target = (await setOffset(clock.offsetMs())) + ms
    refuseTooFar(target)
    await quiet(clock.now())
    for (let step = 0; step < STEPS_MAX; step += 1) {
      if (!hold.holds()) throw stopped('The database went away while the clock was advanced.')
      const due = (await nextDueAt()) - Date.now()
      // The instant itself has to have come, so one millisecond past it. What is due already was done by the last step.
      await moveTo(due > clock.offsetMs() && due < target ? Math.ceil(due) + 1 : target)
      if (clock.offsetMs() >= target) return clock.now()
    }
    throw new Error(`the clock did not reach its target in ${STEPS_MAX} steps`)
  }

  return {
    advance(ms) {
      // One at a time here, so that those who wait take up one connection.
      const next = running.then(async () => {
        const work = (hold: Hold): Promise<Date> => advance(ms, hold)
        const done = await deps.exclusive.run('clock', work, { waitMs: TURN_TIMEOUT_MS })
        if (done === undefined) throw stopped('Another node has been advancing the clock for two minutes.')
        return done.result
      })
      running = next.catch((error: unknown) => deps.log.warn({ err: error }, 'the clock stopped on its way'))
      return next
    },
  }
}
