import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import type { Attempt } from '../../src/payments/index.ts'
import { createDb, type Db } from '../../src/platform/db.ts'
import { startTicking } from '../../src/platform/tick.ts'
import { createLiveView } from '../../src/reconciliation/index.ts'
import type { Closers } from './closers.ts'
import { requireSound, startDeployment } from './deployment.ts'
import { CHARGES_PER_PAYMENT, type Events, openEvents } from './live-events.ts'
import type { Place } from './machine.ts'
import type { Options } from './options.ts'
import { ratioOf, say } from './report.ts'
import { SOURCE } from './source.ts'
import { type Percentiles, percentilesOf, type Round, round, roundOf, type Spread } from './statistics.ts'

export type LiveRun = {
  readonly settings: Readonly<Record<string, string | number>> & { readonly data: string }
  /** Events per second of a backlog, beside what is asked for. A ratio above 1 keeps up with it. */
  readonly rounds: readonly Round[]
  readonly ratio: Spread
  /** Processor milliseconds of an event: of the process that follows, and of PostgreSQL for it. */
  readonly cpu_ms_per_unit: { readonly server: number; readonly postgres: number }
  /** From when an event is handed in until its record can be seen, its own commit included. */
  readonly latency_ms: Percentiles & { readonly max: number; readonly events: number; readonly per_second: number }
  readonly peak_rss_mb: number
  readonly states: Readonly<Record<string, number>>
}

/** What is asked of it: events per second, with 99 of 100 seen within a second. */
const ASKED_PER_SECOND = 1_000
const EVENTS_PER_PAYMENT = CHARGES_PER_PAYMENT * 2
const AT_ONCE = 1_000
/** As in the server. */
const LOOK_MS = 200

export async function measureLive(options: Options, place: Place, closers: Closers): Promise<LiveRun> {
  // The server of the deployment follows nothing: this process does, so that its processor time is its own.
  const deployment = await startDeployment(place.folder, closers, { TALLYSTICK_LIVE_MATCHING: 'off' })
  const events = openEvents(deployment.databaseUrl, closers)
  const moneyDb = createDb({
    url: deployment.databaseUrl,
    schema: 'tallystick',
    applicationName: 'bench',
    hotPath: true,
  })
  closers.add(() => moneyDb.end())
  // What makes the events works in this process as well: how busy it is says nothing of a node.
  const scratch = join(place.folder, 'live')
  const deps = { db: moneyDb, moneyDb, busyness: () => 0, scratch }
  const view = createLiveView(deps, { sources: [SOURCE], following: true })
  const rounds: Round[] = []
  const cpu = { server: 0, postgres: 0, events: 0 }
  for (let n = 1; n <= options.rounds; n += 1) {
    const count = await storeEvents(events, Math.ceil(options.events / options.rounds))
    await deployment.database.query('vacuum analyze')
    const [before, own, began] = [deployment.cpu().postgres, process.cpuUsage(), performance.now()]
    while (await isBehind(view)) await view.catchUp()
    const seconds = (performance.now() - began) / 1_000
    const { user, system } = process.cpuUsage(own)
    cpu.server += (user + system) / 1_000
    cpu.postgres += deployment.cpu().postgres - before
    cpu.events += count
    rounds.push(roundOf(count / seconds, ASKED_PER_SECOND))
    say(`round ${n}: ${count} events in ${round(seconds)} s, ${Math.round(count / seconds)} a second`)
  }
  const latency = await measureLatency(options, { events, look: view.looks[0], db: moneyDb })
  while (await isBehind(view)) await view.catchUp()
  await requireSound(deployment)
  const states = await statesOf(moneyDb)
  return {
    settings: { ...deployment.settings, data: place.data, file_system: place.fileSystem, events: options.events },
    rounds,
    ratio: ratioOf(rounds),
    cpu_ms_per_unit: { server: round(cpu.server / cpu.events), postgres: round(cpu.postgres / cpu.events) },
    latency_ms: latency,
    peak_rss_mb: Math.round(process.resourceUsage().maxRSS / 1_024),
    states,
  }
}

async function isBehind(view: ReturnType<typeof createLiveView>): Promise<boolean> {
  const { behind } = await view.summary(SOURCE.name)
  return behind.batches > 0n || behind.webhooks > 0n || behind.files > 0n
}

/** Charges captured and told, which nobody follows yet. Gives how many events there are. */
async function storeEvents(events: Events, wanted: number): Promise<number> {
  let stored = 0
  while (stored < wanted) {
    const charges = await events.accept(Math.min(AT_ONCE, Math.ceil((wanted - stored) / EVENTS_PER_PAYMENT)))
    await Promise.all(charges.map(events.capture))
    await Promise.all(charges.map(events.tell))
    stored += charges.length * 2
  }
  return stored
}

const PIECE_MS = 50
const SEE_EVERY_MS = 20

/** Hands events in at a steady rate, and looks every moment which of them can be seen. */
async function measureLatency(
  { latencySeconds, rate }: Options,
  { events, look, db }: { readonly events: Events; readonly look: (() => Promise<void>) | undefined; readonly db: Db },
): Promise<LiveRun['latency_ms']> {
  assert(look !== undefined, 'a source is followed')
  const ticking = startTicking(LOOK_MS, look, pino({ level: 'warn' }, pino.destination(2)))
  const captures = new Map<string, number>()
  const webhooks = new Map<string, number>()
  const latencies: number[] = []
  const watching = new AbortController()
  const seen = watch(db, { captures, webhooks, latencies }, watching.signal)
  const began = performance.now()
  const pieces = Math.round((latencySeconds * 1_000) / PIECE_MS)
  const payments = Math.max(1, Math.round((rate * PIECE_MS) / 1_000 / EVENTS_PER_PAYMENT))
  let handedIn = 0
  const under: Promise<unknown>[] = []
  for (let n = 0; n < pieces; n += 1) {
    await delay(Math.max(0, began + n * PIECE_MS - performance.now()))
    under.push(handIn(events, payments, { captures, webhooks }))
    handedIn += payments * EVENTS_PER_PAYMENT
  }
  const seconds = (performance.now() - began) / 1_000
  await Promise.all(under)
  const patience = performance.now() + 30_000
  while (captures.size + webhooks.size > 0 && performance.now() < patience) await delay(SEE_EVERY_MS)
  watching.abort()
  await seen
  await ticking.stop()
  assert.equal(captures.size + webhooks.size, 0, 'every event can be seen at last')
  const latency = { ...percentilesOf(latencies), max: round(Math.max(...latencies)) }
  say(`${handedIn} events at ${Math.round(handedIn / seconds)} a second: p99 ${latency.p99} ms`)
  return { ...latency, events: handedIn, per_second: Math.round(handedIn / seconds) }
}

type HandedIn = { readonly captures: Map<string, number>; readonly webhooks: Map<string, number> }

async function handIn(events: Events, payments: number, { captures, webhooks }: HandedIn): Promise<void> {
  const charges = await events.accept(payments)
  const of = (charge: Attempt, at: Map<string, number>, event: (charge: Attempt) => Promise<unknown>) => {
    at.set(charge.id, performance.now())
    return event(charge)
  }
  // Some are told before they are booked, some after.
  await Promise.all(charges.flatMap((each) => [of(each, captures, events.capture), of(each, webhooks, events.tell)]))
}

/** A capture is seen when its record is there; a webhook, when the record is paired with it. */
async function watch(
  db: Db,
  { captures, webhooks, latencies }: HandedIn & { readonly latencies: number[] },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const ids = [...new Set([...captures.keys(), ...webhooks.keys()])]
    const asked = performance.now()
    const rows = await db.query<{ id: string; paired: boolean }>(
      'select id, twin_id is not null as paired from live_item where id = any($1::uuid[])',
      [ids],
    )
    for (const { id, paired } of rows)
      for (const at of paired ? [captures, webhooks] : [captures]) {
        const since = at.get(id)
        if (since !== undefined && since < asked) latencies.push(performance.now() - since)
        if (since !== undefined && since < asked) at.delete(id)
      }
    await delay(SEE_EVERY_MS)
  }
}

async function statesOf(db: Db): Promise<Record<string, number>> {
  const rows = await db.query<{ state: string; items: bigint }>(
    'select state, sum(items) as items from live_total group by state order by state',
  )
  return Object.fromEntries(rows.map(({ state, items }) => [state, Number(items)]))
}
