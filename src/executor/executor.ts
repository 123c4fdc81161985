import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import type { Attempt, Recorded, Report } from '../payments/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Db } from '../platform/db.ts'
import type { Log } from '../platform/log.ts'
import type { LookUp } from '../psp/index.ts'
import type { PspCalls } from './call.ts'
import { claimDue, releaseUnknown } from './claim.ts'
import { createLine, type Job, type Line } from './line.ts'
import type { Node } from './node.ts'

export type Executor = {
  /** Carries out attempts that are durable as dispatched by this node; what another node holds is left to it. */
  readonly dispatch: (attempts: readonly Attempt[]) => void
  /** Attempts held in memory: waiting or at a PSP. */
  readonly backlog: () => number
  /** Of these, attempts that came straight from being stored. Each ends when what the PSP said of it is recorded. */
  readonly lead: () => number
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
  readonly record: (report: Report) => Promise<Recorded>
  /** Called when the lead has become smaller. */
  readonly onProgress: () => void
}

// Asking is less urgent than charging and must not take its place when a PSP answers slowly.
const LOOK_UPS_AT_ONCE = 16
const CLAIM_MAX = 256
const POLL_MS = 200
// To record the last answers once they came; a database that is away for longer does not hold up the end.
const STOP_GRACE_MS = 5_000

export function createExecutor(deps: ExecutorDeps): Executor {
  const { log, node } = deps
  const lines = new Map<string, { readonly send: Line; readonly look_up: Line }>()
  for (const [name, { psp }] of deps.calls) {
    lines.set(name, { send: createLine(psp.traits.concurrency), look_up: createLine(LOOK_UPS_AT_ONCE) })
  }
  /** Attempts in memory, and what was claimed for one meanwhile by the node that this process has become. */
  const held = new Map<string, Job | undefined>()
  let lead = 0
  const inFlight = new Set<Promise<void>>()
  const toPump = new Set<Line>()
  let stopping = false
  let wake = Promise.withResolvers<void>()
  let loop: Promise<void> = Promise.resolve()

  /** Others may have taken this over while it waited: our lease says so, right before anything is sent. */
  const mayCall = ({ nodeId }: Job): boolean => node.leaseHolds() && node.id() === nodeId

  const call = (job: Job): Promise<LookUp | undefined> => {
    const { attempt, action } = job
    const calls = deps.calls.get(attempt.psp)
    assert(calls !== undefined, `PSP ${attempt.psp} is configured`)
    return action === 'send' ? calls.send(attempt, () => mayCall(job)) : calls.lookUp(attempt, () => mayCall(job))
  }

  /** The place at the PSP is free as soon as the PSP has answered: what it said is recorded while the next call runs. */
  const carryOut = async (job: Job, line: Line): Promise<'done' | 'dropped'> => {
    const { attempt, action } = job
    let outcome: LookUp | undefined
    try {
      outcome = await call(job)
    } finally {
      line.done()
      pumpSoon(line)
    }
    if (outcome === undefined) return 'dropped'
    const { paymentId, chargeId, id: attemptId } = attempt
    const via = action === 'send' ? 'answer' : 'look_up'
    const sent = job.claimed ? undefined : attempt
    await deps.record({ paymentId, chargeId, attemptId, via, outcome, sent })
    return 'done'
  }

  /** After the current round of I/O events: the calls that follow from answers read in one round leave together. */
  const pumpSoon = (line: Line): void => {
    if (toPump.has(line)) return
    toPump.add(line)
    setImmediate(() => {
      toPump.delete(line)
      pump(line)
    })
  }

  const letGo = ({ attempt, claimed }: Job): void => {
    held.delete(attempt.id)
    if (claimed) return
    lead -= 1
    deps.onProgress()
  }

  const pump = (line: Line): void => {
    // Without touch to the database everything waits: the lease is back in a moment, or the queue is not ours any more.
    while (!stopping && node.leaseHolds()) {
      const job = line.next()
      if (job === undefined) return
      const run = carryOut(job, line)
        .catch((error: unknown) => {
          log.fatal({ err: error, attempt: job.attempt.id }, 'an attempt could not be carried out')
          return 'done' as const
        })
        .then((end) => {
          const claimedAgain = held.get(job.attempt.id)
          letGo(job)
          inFlight.delete(run)
          if (end === 'dropped' && claimedAgain !== undefined) put(claimedAgain)
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
    // Still here, only slow, and the claim has renewed its lease; or here in vain, because its lease was lost meanwhile.
    if (held.has(job.attempt.id)) return void held.set(job.attempt.id, job)
    held.set(job.attempt.id, undefined)
    if (!job.claimed) lead += 1
    line.add(job)
    pump(line)
  }

  const claim = async (): Promise<boolean> => {
    if (!node.leaseHolds() || lines.size === 0) return false
    const nodeId = node.id()
    const rooms = [...lines].map(([psp, { send, look_up }]) => ({
      psp,
      keyRetentionMs: deps.calls.get(psp)?.psp.traits.keyRetentionMs ?? 0,
      send: Math.max(0, CLAIM_MAX - send.claimed()),
      lookUp: Math.max(0, CLAIM_MAX - look_up.claimed()),
    }))
    const { attempts, more } = await claimDue(deps.db, nodeId, deps.clock.now(), rooms)
    for (const attempt of attempts) {
      put({ attempt, nodeId, claimed: true, action: attempt.status === 'dispatched' ? 'send' : 'look_up' })
    }
    return more
  }

  /** After a claim without an answer, what it may have taken is released first. */
  const look = async (inDoubt: boolean): Promise<boolean> => {
    if (inDoubt) await releaseUnknown(deps.db, node.id(), [...held.keys()])
    return claim()
  }

  const run = async (): Promise<void> => {
    let inDoubt = false
    while (!stopping) {
      const more = await look(inDoubt).then(
        (found) => {
          inDoubt = false
          return found
        },
        (error: unknown) => {
          log.warn({ err: error }, 'due attempts could not be claimed')
          inDoubt = true
          return false
        },
      )
      for (const { send, look_up } of lines.values()) {
        pump(send)
        pump(look_up)
      }
      if (more) continue
      const timer = new AbortController()
      await Promise.race([wake.promise, delay(POLL_MS, undefined, { signal: timer.signal }).catch(() => undefined)])
      timer.abort()
    }
  }

  const forget = (): void => {
    for (const { send, look_up } of lines.values()) {
      for (const job of [...send.empty(), ...look_up.empty()]) letGo(job)
    }
  }

  return {
    dispatch(attempts) {
      // A node that is stopping leaves them where they are: durable, and taken over when it has signed off.
      if (stopping) return
      const nodeId = node.id()
      for (const attempt of attempts) {
        if (attempt.nodeId === nodeId) put({ attempt, nodeId, claimed: false, action: 'send' })
      }
    },
    backlog: () => held.size,
    lead: () => lead,
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
      const slowestMs = Math.max(0, ...[...deps.calls.values()].map(({ psp }) => psp.traits.requestTimeoutMs))
      const timer = new AbortController()
      const limit = delay(slowestMs + STOP_GRACE_MS, undefined, { signal: timer.signal }).catch(() => undefined)
      await Promise.race([Promise.all(inFlight), limit])
      timer.abort()
    },
  }
}
