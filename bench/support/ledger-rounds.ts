import { accountName, SHAPES, type Shape } from './bodies.ts'
import type { Closers } from './closers.ts'
import { type Deployment, requireSound, rowCounts, startDeployment } from './deployment.ts'
import { type LoadGenerator, startLoadGenerator } from './load-process.ts'
import type { Place } from './machine.ts'
import type { Options } from './options.ts'
import { newRun, type Stretch, stretch } from './payment-load.ts'
import { CLIENTS, type Pgbench, prepareTpcB } from './pgbench.ts'
import { type CpuPerUnit, cpuPerUnit, ratioOf, say } from './report.ts'
import { type Round, roundOf, type Spread, spreadOf } from './statistics.ts'

type Kind = { readonly shape: Shape; readonly perRequest: number }

export type ShapeResult = {
  readonly shape: Shape
  readonly per_request: number
  /** Median of the rounds. */
  readonly per_second: number
  readonly rounds: readonly Round[]
  readonly ratio: Spread
  readonly cpu_ms_per_unit: CpuPerUnit
}

export type LedgerRun = Pick<ShapeResult, 'rounds' | 'ratio' | 'cpu_ms_per_unit'> & {
  readonly settings: Readonly<Record<string, string | number>>
  readonly shapes: readonly ShapeResult[]
  readonly peak_rss_mb: number
  readonly rss_mb: number
  readonly entries: number
  readonly row_counts: Readonly<Record<string, number>>
}

const ACCOUNTS = 10_000
const PER_REQUEST = [1, 50] as const
const KINDS: readonly Kind[] = PER_REQUEST.flatMap((perRequest) => SHAPES.map((shape) => ({ shape, perRequest })))

/** In each round every shape, single and in batches, and `pgbench` once beside them. */
export async function measureLedger(
  options: Options,
  place: Place,
  pgbench: Pgbench,
  closers: Closers,
): Promise<LedgerRun> {
  const { seconds, scale } = options
  const deployment = await startDeployment(place.folder, closers)
  const tpcB = await prepareTpcB(pgbench, { databaseUrl: deployment.databaseUrl, scale, closers })
  const generator = startLoadGenerator(closers)
  await openAccounts(deployment)
  const load = (kind: Kind, forSeconds: number) => post(deployment, generator, kind, options.connections, forSeconds)
  let entries = 0
  if (options.warmUpSeconds > 0) {
    for (const kind of KINDS) entries += (await load(kind, Math.max(1, options.warmUpSeconds / 3))).units
  }
  const measured = KINDS.map((kind) => ({ kind, stretches: [] as Stretch[], rounds: [] as Round[] }))
  for (let n = 1; n <= options.rounds; n += 1) {
    const { perSecond: baseline } = await tpcB.run(seconds)
    for (const { kind, stretches, rounds } of measured) {
      const ours = await load(kind, seconds)
      stretches.push(ours)
      rounds.push(roundOf(ours.perSecond, baseline))
      entries += ours.units
      say(
        `round ${n}: ${kind.shape}, ${kind.perRequest} a request: ${rounds.at(-1)?.ours} entries/s, pgbench ${rounds.at(-1)?.baseline}/s, ratio ${rounds.at(-1)?.ratio}`,
      )
    }
  }
  const shapes = measured.map(({ kind, stretches, rounds }) => ({
    shape: kind.shape,
    per_request: kind.perRequest,
    per_second: spreadOf(rounds.map(({ ours }) => ours)).median,
    rounds,
    ratio: ratioOf(rounds),
    cpu_ms_per_unit: cpuPerUnit(stretches),
  }))
  const [first] = shapes
  if (first === undefined) throw new Error('nothing was measured')
  const { rounds, ratio, cpu_ms_per_unit } = first
  return {
    settings: {
      ...settingsOf(options, place),
      ...deployment.settings,
      pgbench: `-M prepared -c ${CLIENTS} -j 2`,
      scale,
    },
    rounds,
    ratio,
    cpu_ms_per_unit,
    shapes,
    peak_rss_mb: deployment.memory().peakMb,
    rss_mb: deployment.memory().nowMb,
    entries,
    row_counts: await requireAllPosted(deployment, entries),
  }
}

const settingsOf = (options: Options, place: Place): Record<string, string | number> => ({
  data: place.data,
  file_system: place.fileSystem,
  seconds: options.seconds,
  connections: options.connections,
  accounts: ACCOUNTS,
  top_level: 'distinct accounts, one entry a request; the others are in shapes',
})

async function openAccounts({ database }: Deployment): Promise<void> {
  const names = [...Array.from({ length: ACCOUNTS }, (_, index) => accountName(index)), 'bench:hot']
  await database.query("insert into ledger_account (name, type) select unnest($1::text[]), 'asset'", [names])
}

function post(
  deployment: Deployment,
  generator: LoadGenerator,
  kind: Kind,
  connections: number,
  seconds: number,
): Promise<Stretch> {
  const { url, apiKey } = deployment
  const work = { kind: 'entry', accounts: ACCOUNTS, ...kind } as const
  // A batch is fifty times the work of a single entry: as many of them under way would only wait for each other.
  const atOnce = kind.perRequest === 1 ? connections : Math.min(connections, 16)
  return stretch(deployment, generator, () =>
    generator.run({ url, apiKey, run: newRun(), work, loop: 'closed', connections: atOnce, seconds }),
  )
}

/** Every entry that was answered is there with its postings, and the books hold. */
async function requireAllPosted(deployment: Deployment, entries: number): Promise<Record<string, number>> {
  const counts = await rowCounts(deployment.database)
  if (counts['journal_entry'] !== entries)
    throw new Error(`${entries} entries were posted, and ${counts['journal_entry']} are there`)
  await requireSound(deployment)
  return counts
}
