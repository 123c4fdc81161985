import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { audit, type CheckResult } from './audit.ts'
import { openAccounts } from './bookkeeping.ts'
import { browse } from './browse.ts'
import { type Client, createClient } from './client.ts'
import { collectApi } from './collect-api.ts'
import { collectBook } from './collect-book.ts'
import { collectDatabase } from './collect-database.ts'
import { collectFiles } from './collect-files.ts'
import { createConversations } from './conversation.ts'
import { createDeployment, type Deployment } from './deployment.ts'
import { type Facts, factsOf } from './facts.ts'
import { createFaultInjector } from './faults.ts'
import { createKiller, type Killer } from './killer.ts'
import { goThroughNights, NIGHTS, type NightKills } from './nights.ts'
import type { Options } from './options.ts'
import { startProxy } from './proxy.ts'
import { createRandom, type Random } from './random.ts'
import { nightShare, planFaults, planNights } from './schedule.ts'
import { settle } from './settle.ts'
import type { Probe, Snapshot } from './snapshot.ts'
import { createWitness, type Witness } from './witness.ts'
import { startWorkers } from './workers.ts'
import { planEvening, planWorkload } from './workload.ts'

export type CampaignResult = {
  readonly checks: readonly CheckResult[]
  readonly facts: Facts
}

/** The first start makes a database and may have to set the project up. */
const FIRST_START_MS = 180_000
/** A start after a kill, with PostgreSQL's recovery in it, on a busy machine. */
const RESTART_MS = 60_000
/** After the last fault, every conversation has this long to get its answers. */
const ANSWER_MS = 240_000
/** SIGTERM to the end of everything. */
const STOP_MS = 30_000
/** Tries of a merchant that is in a hurry at times, so that answers get lost by time as well. */
const CLIENT_TIMEOUT_MS = [700, 8_000] as const
const PATIENT_TIMEOUT_MS = [30_000, 30_000] as const
/** Nothing is killed any more when this client asks: a server that still does not answer never will. */
const PATIENT_INSISTS_MS = 90_000

/** Runs one campaign against a deployment of its own in `home`. The deployment is stopped when it returns. */
export async function runCampaign(
  options: Options,
  place: { readonly root: string; readonly home: string; readonly ports: readonly number[] },
  say: (sentence: string) => void,
): Promise<CampaignResult> {
  const random = createRandom(`tallystick chaos ${options.seed}`)
  const deployment = createDeployment({ ...place, say })
  const end = new AbortController()
  const witness = createWitness()
  const patient = createClient({
    baseUrl: deployment.url,
    apiKey: () => deployment.run().apiKey,
    random: random.fork('patient'),
    witness,
    timeoutMs: PATIENT_TIMEOUT_MS,
    giveUp: end.signal,
    insistForMs: PATIENT_INSISTS_MS,
  })
  const interrupted = (): void => {
    deployment.abandon()
    process.exit(2)
  }
  process.once('SIGINT', interrupted)
  process.once('SIGTERM', interrupted)
  try {
    await deployment.ready(FIRST_START_MS)
    const servers = place.ports.length === 1 ? '' : ` and ${place.ports.length - 1} more`
    say(`ready: ${deployment.run().url}${servers}, home ${place.home}`)
    await openAccounts({ client: patient, witness })
    const killer = createKiller({ deployment, total: options.kills, random: random.fork('victims'), say })
    await disturb({ options, random, deployment, killer, witness, ports: place.ports, say })
    await calmDown({ client: patient, witness, say })
    const nightKills = await sleep({ options, random, client: patient, deployment, killer, witness, say })
    await calmDown({ client: patient, witness, say })
    say('comparing')
    const probes = endProbes(deployment)
    const snapshot = await takeSnapshot({ client: patient, witness, deployment, probes })
    const stopped = await stopProbe(deployment)
    const logged = deployment.serverLogs.map(logProbe)
    const checks = audit({ ...snapshot, probes: [...snapshot.probes, ...probes, stopped, ...logged] })
    return {
      checks,
      facts: factsOf(snapshot, { kills: killer.killsByVictim(), nightKills, starts: deployment.starts() }),
    }
  } finally {
    end.abort()
    await patient.close()
    deployment.abandon()
    process.off('SIGINT', interrupted)
    process.off('SIGTERM', interrupted)
  }
}

/** The work and the faults together, until both are through. */
async function disturb(deps: {
  readonly options: Options
  readonly random: Random
  readonly deployment: Deployment
  readonly killer: Killer
  readonly witness: Witness
  readonly ports: readonly number[]
  readonly say: (sentence: string) => void
}): Promise<void> {
  const { options, random, deployment, killer, witness, say } = deps
  const giveUp = new AbortController()
  const proxy = await startProxy({ targetPorts: deps.ports, random: random.fork('proxy') })
  const stopBrowsing = new AbortController()
  const client = createClient({
    baseUrl: () => `http://127.0.0.1:${proxy.port}`,
    apiKey: () => deployment.run().apiKey,
    random: random.fork('client'),
    witness,
    timeoutMs: CLIENT_TIMEOUT_MS,
    giveUp: giveUp.signal,
  })
  const injector = createFaultInjector({
    deployment,
    proxy,
    steps: planFaults(random.fork('faults'), options.kills - nightShare(options.kills)),
    killer,
    say: (sentence) => say(`${sentence} · ${workers.started()}/${units.length} begun, ${workers.open()} open`),
  })
  const units = planWorkload(random.fork('workload'), options.payments)
  const workers = startWorkers({
    units,
    concurrency: options.concurrency,
    conversations: createConversations({ client, witness }),
    witness,
    random: random.fork('conversations'),
    progress: injector.progress,
    giveUp: giveUp.signal,
  })
  const browsing = browse({ client, witness, random: random.fork('browse'), signal: stopBrowsing.signal })
  try {
    await injector.run()
    say(`${killer.killed()} kills done; the last checkouts run without faults`)
    await deployment.ready(RESTART_MS)
    await injector.calm()
    await Promise.race([workers.done, delay(ANSWER_MS, undefined, { ref: false })])
    if (workers.open() > 0) say(`${workers.open()} conversations still had no answer after ${ANSWER_MS / 1_000} s`)
  } finally {
    stopBrowsing.abort()
    giveUp.abort()
    await browsing
    await workers.done
    await client.close()
    await proxy.close()
  }
}

/** Three nights, each after an evening on which more is bought, and with kills while their runs go on. */
async function sleep(deps: {
  readonly options: Options
  readonly random: Random
  readonly client: Client
  readonly deployment: Deployment
  readonly killer: Killer
  readonly witness: Witness
  readonly say: (sentence: string) => void
}): Promise<NightKills> {
  const { options, random, client, deployment, killer, witness, say } = deps
  const kills = planNights(random.fork('night kills'), NIGHTS, options.kills - killer.killed())
  const evening = async (night: number): Promise<void> => {
    const own = random.fork(`evening ${night}`)
    await startWorkers({
      units: planEvening(own, night),
      concurrency: options.concurrency,
      conversations: createConversations({ client, witness }),
      witness,
      random: own.fork('conversations'),
      progress: () => 1,
      giveUp: AbortSignal.timeout(ANSWER_MS),
    }).done
    await calmDown({ client, witness, say })
  }
  return goThroughNights({ client, witness, deployment, killer, kills, evening, say })
}

/** Nothing may be under way any more but what waits for its night. */
async function calmDown(deps: {
  readonly client: Client
  readonly witness: Witness
  readonly say: (sentence: string) => void
}): Promise<void> {
  const { client, witness, say } = deps
  const asked = new Map(
    witness
      .testimony()
      .keys.flatMap((history) =>
        history.answers.flatMap((answer) => ('accepted' in answer ? [[answer.accepted, history.asked] as const] : [])),
      ),
  )
  const stuck = await settle({ client, askedOf: (id) => asked.get(id), say })
  for (const sentence of stuck) witness.unexpected(sentence)
  say(stuck.length === 0 ? 'settled' : `${stuck.length} payments never ended; going on all the same`)
}

function endProbes(deployment: Deployment): readonly Probe[] {
  return deployment.ends().map((end, index) => {
    // A start that fails while PostgreSQL is being killed is for the init system; a server that was ready stays.
    const ok = end.wasKilled || !end.wasReady
    return {
      name: 'server',
      subject: `end ${index + 1}`,
      ok,
      detail: ok ? '' : `ended by itself with code ${end.code}`,
    }
  })
}

async function takeSnapshot(deps: {
  readonly client: Client
  readonly witness: Witness
  readonly deployment: Deployment
  readonly probes: readonly Probe[]
}): Promise<Snapshot> {
  const { client, witness, deployment } = deps
  const run = deployment.run()
  const stored = await collectDatabase(run.databaseUrl, 'tallystick')
  const sellers = [
    ...new Set([...stored.orders.map((order) => order.seller), ...stored.walletRows.map((row) => row.seller)]),
  ]
  const seen = await collectApi(client, sellers)
  const nights = { ...stored.nights, ...(await collectFiles(run.simulatorUrl)) }
  return { ...witness.testimony(), ...stored, ...seen, nights, book: await collectBook(run.simulatorUrl) }
}

/** What the server calls fatal is a bug of its own, whatever was done to it. */
function logProbe(file: string): Probe {
  const fatal = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"level":60'))
  const shown = fatal.slice(0, 5).map((line) => line.slice(0, 400))
  const detail = fatal.length === 0 ? '' : `${fatal.length} fatal lines, such as\n${shown.join('\n')}`
  return { name: 'server', subject: 'log', ok: fatal.length === 0, detail }
}

async function stopProbe(deployment: Deployment): Promise<Probe> {
  const { codes, leftOver } = await deployment.stop(STOP_MS)
  const complaints = [
    ...codes.filter((code) => code !== 0).map((code) => `SIGTERM ended a server with code ${code}`),
    ...leftOver.map((process) => `still running: ${process}`),
  ]
  return { name: 'server', subject: 'SIGTERM', ok: complaints.length === 0, detail: complaints.join(', ') }
}
