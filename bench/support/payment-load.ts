import type { Deployment } from './deployment.ts'
import type { Closed } from './load.ts'
import type { LoadGenerator } from './load-process.ts'
import { type Percentiles, percentilesOf, round } from './statistics.ts'
import { type Cpu, cpuBetween } from './usage.ts'

/** What one stretch of load did: `units` are payments that reached their end, or entries. */
export type Stretch = {
  readonly units: number
  readonly seconds: number
  readonly perSecond: number
  readonly overloaded: number
  readonly cpu: Cpu
  readonly loadGeneratorMs: number
}

const SELLERS = 1_000

/** Posts payments one by one and waits until the last of them has reached its end. */
export async function loadWithPayments(
  deployment: Deployment,
  generator: LoadGenerator,
  amount: Omit<Closed, 'loop'>,
): Promise<Stretch> {
  const { url, apiKey } = deployment
  const work = { kind: 'payment', sellers: SELLERS } as const
  return stretch(deployment, generator, async () => {
    const job = { url, apiKey, run: newRun(), work, loop: 'closed', ...amount } as const
    const load = await generator.run(job)
    await deployment.settled()
    return load
  })
}

/** Measures the time and everybody's processor time around a load. */
export async function stretch(
  deployment: Deployment,
  generator: LoadGenerator,
  load: () => Promise<{ readonly accepted: number; readonly overloaded: number }>,
): Promise<Stretch> {
  const [cpu, generatorMs, begin] = [deployment.cpu(), generator.cpuMs(), performance.now()]
  const { accepted, overloaded } = await load()
  const seconds = (performance.now() - begin) / 1_000
  return {
    units: accepted,
    seconds,
    perSecond: accepted / seconds,
    overloaded,
    cpu: cpuBetween(cpu, deployment.cpu()),
    loadGeneratorMs: generator.cpuMs() - generatorMs,
  }
}

export type Latency = Percentiles & {
  readonly what: string
  readonly posted: Percentiles
  readonly per_second: number
  readonly samples: { readonly accepted: number; readonly posted: number }
}

/** Every tenth request is answered when its payment is final, which tells when it was posted. */
const WAIT_EVERY = 10

/** From when a request is due to its 201, and to the answer that says that everything is booked. */
export async function measureLatency(
  { url, apiKey }: Deployment,
  generator: LoadGenerator,
  amount: { readonly perSecond: number; readonly seconds: number },
): Promise<Latency & { readonly accepted: number }> {
  const work = { kind: 'payment', sellers: SELLERS } as const
  const job = { url, apiKey, run: newRun(), work, loop: 'open', waitEvery: WAIT_EVERY, ...amount } as const
  const { latenciesMs, accepted } = await generator.run(job)
  return {
    what: 'POST to 201; posted: POST to the answer that says succeeded',
    ...percentilesOf(latenciesMs.accepted),
    posted: percentilesOf(latenciesMs.posted),
    per_second: round(amount.perSecond),
    samples: { accepted: latenciesMs.accepted.length, posted: latenciesMs.posted.length },
    accepted,
  }
}

let runs = 0

/** Names of one run are no other's, on whatever deployment. */
export function newRun(): string {
  runs += 1
  return `b${process.pid.toString(36)}${Date.now().toString(36)}r${runs}`
}
