import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from './client.ts'
import type { Deployment } from './deployment.ts'
import type { Killer } from './killer.ts'
import type { NightKill } from './schedule.ts'
import { readRuns, type Stage, type StageWatch, watchStage } from './stage.ts'
import { asObject, asText } from './wire.ts'
import type { Witness } from './witness.ts'

export const NIGHTS = 3

/** A stage that is not seen for so long is passed already, or too short: the kill comes anyway. */
const STAGE_WAIT_MS = 12_000
/** A start after a kill, with PostgreSQL's recovery in it, on a busy machine. */
const READY_MS = 60_000
/** With everything running, a night is over long before this. */
const NIGHT_MS = 240_000
/** What a night left undone is done by the servers themselves; after this the clock is helped along once. */
const RUNS_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export type NightKills = Readonly<Record<Stage, number>>

type Deps = {
  /** Nothing but the kills is between it and the servers. */
  readonly client: Client
  readonly witness: Witness
  readonly deployment: Deployment
  readonly killer: Killer
  /** For each night, in order. */
  readonly kills: readonly (readonly NightKill[])[]
  /** Buys what the night is to settle. */
  readonly evening: (night: number) => Promise<void>
  readonly say: (sentence: string) => void
}

/** Moves the test clock on by a day, three times, while the servers and what they need are killed. */
export async function goThroughNights(deps: Deps): Promise<NightKills> {
  const { deployment, kills, say } = deps
  const hits: Record<Stage, number> = { collecting: 0, matching: 0, posting: 0, between: 0 }
  const stages = watchStage(() => deployment.run().databaseUrl)
  try {
    for (let night = 0; night < NIGHTS; night += 1) {
      await deps.evening(night)
      say(`night ${night + 1}: the clock goes on by a day`)
      const over = new AbortController()
      const striking = strike(deps, kills[night] ?? [], { stages, hits, over: over.signal })
      await advanceDay(deps)
      await runsDone(deps)
      over.abort()
      await striking
      await deployment.ready(READY_MS)
      await runsDone(deps)
    }
  } finally {
    await stages.stop()
  }
  return hits
}

/** Carries out the kills of a night, each as soon as its stage is seen. */
async function strike(
  { deployment, killer }: Deps,
  kills: readonly NightKill[],
  night: { readonly stages: StageWatch; readonly hits: Record<Stage, number>; readonly over: AbortSignal },
): Promise<void> {
  const { stages, hits, over } = night
  for (const { stage, victim, afterMs, midway } of kills) {
    const end = performance.now() + STAGE_WAIT_MS
    const isSeen = (): boolean => stages.now() === stage && (!midway || stages.midway())
    while (!isSeen() && performance.now() < end && !over.aborted) await delay(2)
    if (!over.aborted) await delay(afterMs)
    const hit = stages.now()
    hits[hit] += 1
    await killer.kill([victim], ` ${stages.where()}`)
    await deployment.ready(READY_MS)
  }
}

/** Repeats the advance as a client does that had no answer, until the clock has come where it was to go. */
async function advanceDay({ client, witness, say }: Deps): Promise<void> {
  const from = await readClock(client)
  const target = from + DAY_MS
  const end = performance.now() + NIGHT_MS
  for (let now = from; now < target; now = await readClock(client)) {
    if (performance.now() > end) return witness.unexpected(`the clock did not go on by a day in ${NIGHT_MS / 1_000} s`)
    const body = now === from ? { days: 1 } : { hours: Math.ceil((target - now) / HOUR_MS) }
    const reply = await client.once({ method: 'POST', path: ADVANCE, body }).catch(() => undefined)
    if (reply?.status === 200) continue
    say(`the clock did not answer (${reply?.status ?? 'connection lost'})`)
    await delay(500)
  }
}

const ADVANCE = '/v1/test/clock/advance'

async function readClock(client: Client): Promise<number> {
  const { body } = await client.insist({ method: 'GET', path: '/v1/test/clock' })
  return Date.parse(asText(asObject(body, 'clock')['now'], 'now'))
}

/** Waits until the day before today has its completed run, and so has every day before it. */
async function runsDone({ client, witness, deployment, say }: Deps): Promise<void> {
  const begin = performance.now()
  let helped = false
  for (;;) {
    const yesterday = new Date((await readClock(client)) - DAY_MS).toISOString().slice(0, 10)
    // No answer of the database is a night that is not over.
    const runs = await readRuns(deployment.run().databaseUrl).catch(() => [])
    const [last] = runs
    if (runs.every((run) => run.status === 'completed') && last !== undefined && last.day >= yesterday) return
    const waitedMs = performance.now() - begin
    const shown = runs.filter((run) => run.status !== 'completed').map((run) => `${run.day} ${run.status}`)
    if (waitedMs > 2 * RUNS_MS)
      return witness.unexpected(`the run of ${yesterday} is not done: ${shown.join(', ') || 'there is none'}`)
    if (waitedMs > RUNS_MS && !helped) {
      helped = true
      say(`the run of ${yesterday} is not done (${shown.join(', ') || 'none'}): the clock goes on by an hour`)
      await client.once({ method: 'POST', path: ADVANCE, body: { hours: 1 } }).catch(() => undefined)
    }
    await delay(200)
  }
}
