import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Attempt, Report } from '../payments/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Db } from '../platform/db.ts'
import type { Log } from '../platform/log.ts'
import type { LookUp } from '../psp/index.ts'
import type { PspCalls } from './call.ts'
import { claimDue, nextAction } from './claim.ts'
import type { Node } from './node.ts'

export type Executor = {
  /** Carries out attempts that are durable as dispatched by this node. */
  readonly dispatch: (attempts: readonly Attempt[]) => void
  /** Attempts held in memory: waiting or at a PSP. */
  readonly backlog: () => number
  /** Looks at once for attempts that are due. */
  readonly kick: () => void
  /** Drops what waits and is not sent yet: others carry it out. */
  readonly forget: () => void
  readonly start: () => void
  /** Lets calls in flight end and records their outcomes; what waits is left to other nodes or the next start. */
  readonly stop: () => Promise<void>
}

export type ExecutorDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly node: Node
  readonly calls: ReadonlyMap<string, PspCalls>
  readonly record: (report: Report) => Promise<void>
}

type Job = { readonly attempt: Attempt; readonly action: 'send' | 'look_up' }

/** Jobs of one kind at one PSP, a bounded number of them at the same time. */
type Line = { readonly waiting: Job[]; running: number; readonly limit: number }

// Asking is less urgent than charging and must not take its place when a PSP answers slowly.
const LOOK_UPS_AT_ONCE = 16
const CLAIM_MAX = 256
const POLL_MS = 200

export function createExecutor(deps: ExecutorDeps): Executor {
  const { log, node } = deps
  const lines = new Map<string, { send: Line; look_up: Line }>()
  for (const [name, { psp }] of deps.calls) {
    lines.set(name, {
      send: { waiting: [], running: 0, limit: psp.traits.concurrency },
      look_up: { waiting: [], running: 0, limit: LOOK_UPS_AT_ONCE },
    })
  }
  const held = new Set<string>()
  const inFlight = new Set<Promise<void>>()
  let stopping = false
  let wake = Promise.withResolvers<void>()
  let loop: Promise<void> = Promise.resolve()

  const call = async ({ attempt, action }: Job): Promise<LookUp | undefined> => {
    const calls = deps.calls.get(attempt.psp)
    assert(calls !== undefined, `PSP ${attempt.psp} is configured`)
    // Others may have taken this over while we stalled: the lease says so before anything is sent.
    if (!node.leaseHolds()) return undefined
    return action === 'send' ? calls.send(attempt) : calls.lookUp(attempt)
  }

  /** The place at the PSP is free as soon as the PSP has answered: what it said is recorded while the next call runs. */
  const carryOut = async (job: Job, line: Line): Promise<void> => {
    const { attempt, action } = job
    const outcome = await call(job).finally(() => {
      line.running -= 1
      pump(line)
    })
    if (outcome === undefined) return
    const { paymentId, chargeId, id: attemptId } = attempt
    await deps.record({ paymentId, chargeId, attemptId, via: action === 'send' ? 'answer' : 'look_up', outcome })
  }

  const pump = (line: Line): void => {
    while (!stopping && line.running < line.limit) {
      const job = line.waiting.shift()
      if (job === undefined) return
      line.running += 1
      const run = carryOut(job, line)
        .catch((error: unknown) =>
          log.fatal({ err: error, attempt: job.attempt.id }, 'an attempt could not be carried out'),
        )
        .finally(() => {
          held.delete(job.attempt.id)
          inFlight.delete(run)
        })
      inFlight.add(run)
    }
  }

  const put = (job: Job): void => {
    const line = lines.get(job.attempt.psp)?.[job.action]
    if (line === undefined) {
      return log.error(
        { psp: job.attempt.psp, attempt: job.attempt.id },
        'an attempt waits for a PSP that is not configured',
      )
    }
    held.add(job.attempt.id)
    line.waiting.push(job)
    pump(line)
  }

  const claim = async (): Promise<boolean> => {
    const waiting = [...lines.values()].reduce((sum, line) => sum + line.look_up.waiting.length, 0)
    if (waiting >= CLAIM_MAX || !node.leaseHolds()) return false
    const now = deps.clock.now()
    const claimed = await claimDue(deps.db, node.id(), now, CLAIM_MAX)
    for (const attempt of claimed) {
      // Still here, only slow: the claim has renewed its lease.
      if (held.has(attempt.id)) continue
      const retention = deps.calls.get(attempt.psp)?.psp.traits.keyRetentionMs ?? 0
      put({ attempt, action: nextAction(attempt, now, retention) })
    }
    return claimed.length === CLAIM_MAX
  }

  const run = async (): Promise<void> => {
    while (!stopping) {
      const more = await claim().catch((error: unknown) => {
        log.warn({ err: error }, 'due attempts could not be claimed')
        return false
      })
      if (more) continue
      const timer = new AbortController()
      await Promise.race([wake.promise, delay(POLL_MS, undefined, { signal: timer.signal }).catch(() => undefined)])
      timer.abort()
    }
  }

  const forget = (): void => {
    for (const line of lines.values()) {
      for (const job of [...line.send.waiting.splice(0), ...line.look_up.waiting.splice(0)]) held.delete(job.attempt.id)
    }
  }

  return {
    dispatch(attempts) {
      // A node that is stopping leaves them where they are: durable, and taken over when it has signed off.
      if (stopping) return
      for (const attempt of attempts) put({ attempt, action: 'send' })
    },
    backlog: () => held.size,
    kick() {
      wake.resolve()
      wake = Promise.withResolvers()
    },
    forget,
    start() {
      loop = run()
    },
    async stop() {
      stopping = true
      forget()
      wake.resolve()
      await loop
      await Promise.all(inFlight)
    },
  }
}
