import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readFlags, withFlags } from '../test/support/flags.ts'
import { machineOf } from './support/machine.ts'
import { type Planted, writeReconFiles } from './support/recon-files.ts'
import { compareWithMap, type Measured, type Paths, runJoin, runRecon } from './support/recon-rounds.ts'
import { say, table } from './support/report.ts'
import { round, type Spread, spreadOf } from './support/statistics.ts'

const USAGE = `npm run bench:recon -- [options]

Compares two CSV files that are made for it with \`tallystick recon\`, from the start of the program to the end of its report,
and takes turns with a full outer join in DuckDB that is written for just these two files.

  --json         one JSON document on stdout, progress on stderr
  --rows N       rows of each side (default 1000000)
  --rounds N     rounds of each side in turn (default 5)
  --seed N       what the files are made from (default 1)`

type Options = { readonly json: boolean; readonly rows: number; readonly rounds: number; readonly seed: number }

async function main(options: Options): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'tallystick-bench-recon-'))
  try {
    const document = await measure(options, folder)
    console.log(options.json ? JSON.stringify(document, undefined, 2) : reportOf(document))
    return 0
  } finally {
    await rm(folder, { recursive: true })
  }
}

type Process = { readonly seconds: Spread; readonly cpu_ms: Spread; readonly peak_mb: number }

const processOf = (measured: readonly Measured[]): Process => ({
  seconds: spreadOf(measured.map(({ seconds }) => seconds)),
  cpu_ms: spreadOf(measured.map(({ cpuMs }) => cpuMs)),
  peak_mb: Math.max(...measured.map(({ peakMb }) => peakMb)),
})

async function measure({ rows, rounds, seed }: Options, folder: string) {
  const paths: Paths = { ours: join(folder, 'ours.csv'), theirs: join(folder, 'theirs.csv'), folder }
  const planted = await writeReconFiles(rows, seed, paths)
  const megabytes = ((await stat(paths.ours)).size + (await stat(paths.theirs)).size) / 1_000_000
  say(`${rows} rows a side, ${round(megabytes)} MB`)
  const pairs: { readonly ours: Measured; readonly join: Measured }[] = []
  for (let each = 1; each <= rounds; each++) {
    pairs.push({ ours: await runRecon(paths, planted), join: await runJoin(paths, planted) })
    const { ours, join: joined } = pairs.at(-1) ?? never()
    say(
      `${each}/${rounds}: recon ${round(ours.seconds)} s (${ours.cpuMs} ms of CPU, ${ours.peakMb} MiB), ` +
        `join ${round(joined.seconds)} s (${joined.cpuMs} ms, ${joined.peakMb} MiB)`,
    )
  }
  const map = rows <= MAP_ROWS ? await compareWithMap(paths) : undefined
  return {
    name: 'bench:recon',
    machine: machineOf(),
    rows,
    rounds,
    seed,
    megabytes: round(megabytes),
    planted: planted satisfies Planted,
    recon: processOf(pairs.map(({ ours }) => ours)),
    join: processOf(pairs.map(({ join: joined }) => joined)),
    ratio: spreadOf(pairs.map(({ ours, join: joined }) => ours.seconds / joined.seconds)),
    cpu_ratio: spreadOf(pairs.map(({ ours, join: joined }) => ours.cpuMs / joined.cpuMs)),
    map: map && { seconds: round(map.seconds), cpu_ms: map.cpuMs, peak_mb: map.peakMb },
  }
}

/** A `Map` of more rows takes more memory than Node gives a program. */
const MAP_ROWS = 5_000_000

function never(): never {
  throw new Error('a round was measured')
}

type Document = Awaited<ReturnType<typeof measure>>

function reportOf({ rows, megabytes, recon, join: joined, ratio, cpu_ratio, map }: Document): string {
  const line = (name: string, { seconds, cpu_ms, peak_mb }: Process) => [
    name,
    seconds.min,
    seconds.median,
    seconds.max,
    cpu_ms.median,
    peak_mb,
  ]
  const own = table([
    ['', 's min', 'median', 'max', 'CPU ms', 'peak MiB'],
    line('tallystick recon', recon),
    line('join in DuckDB', joined),
    ...(map === undefined ? [] : [['Map in Node, once', '', map.seconds, '', map.cpu_ms, map.peak_mb]]),
  ])
  const times = ({ min, median, max }: Spread): string => `${median} (${min}–${max})`
  return `${rows} rows a side, ${megabytes} MB\n\n${own}\n\n  time ÷ the join's ${times(ratio)}, CPU ÷ the join's ${times(cpu_ratio)}`
}

const flags = readFlags(process.argv.slice(2), {
  numbers: { rows: [1_000_000, 1_000, 100_000_000], rounds: [5, 1, 100], seed: [1, 0, 1_000_000] },
  hasJson: true,
})
process.exitCode = await withFlags(flags, USAGE, main)
