import type { Closers } from './closers.ts'
import { type Deployment, requireSound, rowCounts, startDeployment } from './deployment.ts'
import { type LoadGenerator, startLoadGenerator } from './load-process.ts'
import type { Place } from './machine.ts'
import type { Options } from './options.ts'
import { type Latency, loadWithPayments, measureLatency, type Stretch } from './payment-load.ts'
import { CLIENTS, type Pgbench, prepareTpcB } from './pgbench.ts'
import { type Baseline, type CpuPerUnit, cpuPerTransaction, cpuPerUnit, ratioOf, say } from './report.ts'
import { type Round, round, roundOf, type Spread } from './statistics.ts'
import { cpuBetween } from './usage.ts'

/** What was measured on one place. */
export type PaymentRun = {
  readonly settings: Readonly<Record<string, string | number>>
  readonly rounds: readonly Round[]
  readonly ratio: Spread
  readonly cpu_ms_per_unit: CpuPerUnit
  readonly baseline_cpu_ms_per_unit?: { readonly postgres: number; readonly pgbench: number }
  readonly latency_ms?: Latency
  readonly peak_rss_mb: number
  readonly rss_mb: number
  readonly payments: number
  readonly row_counts: Readonly<Record<string, number>>
}

/** Rounds of payments and of `pgbench` in turn, then latencies at half of the rate, then the server's memory. */
export async function measureAgainstPgbench(
  options: Options,
  place: Place,
  pgbench: Pgbench,
  closers: Closers,
): Promise<PaymentRun> {
  const { seconds, connections, scale } = options
  const deployment = await startDeployment(place.folder, closers)
  const tpcB = await prepareTpcB(pgbench, { databaseUrl: deployment.databaseUrl, scale, closers })
  const generator = startLoadGenerator(closers)
  let payments = await warmUp(options, deployment, generator)
  if (options.warmUpSeconds > 0) await tpcB.run(options.warmUpSeconds)
  const stretches: Stretch[] = []
  const baselines: Baseline[] = []
  const rounds: Round[] = []
  for (let n = 1; n <= options.rounds; n += 1) {
    const ours = await loadWithPayments(deployment, generator, { connections, seconds })
    const before = deployment.cpu()
    const baseline = await tpcB.run(seconds)
    baselines.push({ ...baseline, postgresMs: cpuBetween(before, deployment.cpu()).postgres, seconds })
    stretches.push(ours)
    rounds.push(roundOf(ours.perSecond, baseline.perSecond))
    payments += ours.units
    say(sentenceOf(n, rounds.at(-1), ours))
  }
  const latency = await latencyOf(options, deployment, generator, stretches)
  payments += latency?.accepted ?? 0
  if (options.payments > payments) {
    say(`going on to ${options.payments} payments`)
    const rest = { connections, seconds: 3_600, requests: options.payments - payments }
    payments += (await loadWithPayments(deployment, generator, rest)).units
  }
  return {
    settings: {
      ...settingsOf(options, place),
      ...deployment.settings,
      pgbench: `-M prepared -c ${CLIENTS} -j 2`,
      scale,
    },
    rounds,
    ratio: ratioOf(rounds),
    cpu_ms_per_unit: cpuPerUnit(stretches),
    baseline_cpu_ms_per_unit: cpuPerTransaction(baselines),
    ...(latency === undefined ? {} : { latency_ms: latency }),
    peak_rss_mb: deployment.memory().peakMb,
    rss_mb: deployment.memory().nowMb,
    payments,
    row_counts: await requireAllSucceeded(deployment, payments),
  }
}

export async function warmUp(options: Options, deployment: Deployment, generator: LoadGenerator): Promise<number> {
  if (options.warmUpSeconds === 0) return 0
  const { connections, warmUpSeconds: seconds } = options
  return (await loadWithPayments(deployment, generator, { connections, seconds })).units
}

async function latencyOf(
  options: Options,
  deployment: Deployment,
  generator: LoadGenerator,
  stretches: readonly Stretch[],
): Promise<(Latency & { readonly accepted: number }) | undefined> {
  if (options.latencySeconds === 0) return undefined
  const rates = stretches.map(({ perSecond }) => perSecond).sort((a, b) => a - b)
  const perSecond = (rates[rates.length >> 1] ?? 0) / 2
  say(`latency at ${round(perSecond)} payments a second`)
  const latency = await measureLatency(deployment, generator, { perSecond, seconds: options.latencySeconds })
  await deployment.settled()
  return latency
}

export const settingsOf = (options: Options, place: Place): Record<string, string | number> => ({
  data: place.data,
  file_system: place.fileSystem,
  seconds: options.seconds,
  connections: options.connections,
  payment: 'two orders of two sellers, POST /v1/payments, one charge for each order',
})

export function sentenceOf(n: number, figures: Round | undefined, stretch: Stretch): string {
  const { server, postgres, simulator, load_generator: load } = cpuPerUnit([stretch])
  return `round ${n}: ${figures?.ours} payments/s, baseline ${figures?.baseline}/s, ratio ${figures?.ratio}; ms: server ${server}, postgres ${postgres}, simulator ${simulator}, load ${load}`
}

/** Every payment that was answered with 201 is there, has succeeded, and the books hold. */
export async function requireAllSucceeded(deployment: Deployment, payments: number): Promise<Record<string, number>> {
  const { rows } = await deployment.database.query<{ status: string; count: string }>(
    'select status, count(*) from payment_event group by status',
  )
  const succeeded = Number(rows.find(({ status }) => status === 'succeeded')?.count ?? 0)
  if (rows.length !== 1 || succeeded !== payments)
    throw new Error(`${payments} payments were accepted, and these are there: ${JSON.stringify(rows)}`)
  await requireSound(deployment)
  return rowCounts(deployment.database)
}
