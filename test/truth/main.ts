import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { readFlags, withFlags } from '../support/flags.ts'
import type { Tally } from './judge.ts'
import { addTally, type Done, type Task } from './work.ts'

const USAGE = `npm run truth -- [options]

Plants breaks of every kind at random in pairs of files, has \`tallystick recon\` find them, and prints for each code how many
were planted, how many were found, and how many of those were right. Exit 1 when anything differs.

  --small N   small sets, of some 20 to 60 rows a side (default 1000)
  --large N   large sets, of some 100000 rows a side (default 1)
  --seed N    of the first set; the next ones count on (default 1)
  --again N   every N-th small set is told again in one of three ways, by turns: in another order and style, with both sides
              swapped, with one cent changed (default 1; 0: none)
  --jobs N    threads (default: one for each processor)`

type Options = {
  readonly small: number
  readonly large: number
  readonly seed: number
  readonly again: number
  readonly jobs: number
}

async function main(options: Options): Promise<number> {
  const started = performance.now()
  const { large, seed, again, jobs } = options
  const small = await runAll({ seeds: seedsFrom(seed, options.small), size: 'small', again }, jobs)
  const big = await runAll({ seeds: seedsFrom(seed, large), size: 'large', again: 0 }, 1)
  const tally: Tally = new Map()
  addTally(tally, small.tally)
  addTally(tally, big.tally)
  const problems = [...small.problems, ...big.problems]
  console.log(tableOf(tally))
  console.log(
    `\n${small.sets} small sets of ${small.rows} rows (${small.again} of them told again), ${big.sets} large ones of ${big.rows} rows; seed ${seed}; ${((performance.now() - started) / 1_000).toFixed(0)} s`,
  )
  for (const { seed: of, size, problem } of problems.slice(0, 50)) console.log(`seed ${of} (${size}): ${problem}`)
  console.log(problems.length === 0 ? 'every break was found, and nothing else' : `${problems.length} problems`)
  return problems.length === 0 ? 0 : 1
}

const seedsFrom = (first: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, place) => first + place)

async function runAll(task: Task, jobs: number): Promise<Done> {
  const { seeds } = task
  const shares = Array.from({ length: Math.min(jobs, seeds.length) }, (_, job) =>
    seeds.filter((_seed, place) => place % jobs === job),
  )
  let told = 0
  const tell = (): void => {
    told += 1
    if (told % 500 === 0 || (task.size === 'large' && told < seeds.length))
      console.error(`${told} of ${seeds.length} ${task.size} sets`)
  }
  const parts = await Promise.all(shares.map((share) => runShare({ ...task, seeds: share }, tell)))
  const tally: Tally = new Map()
  for (const part of parts) addTally(tally, part.tally)
  const sum = (of: (part: Done) => number): number => parts.reduce((total, part) => total + of(part), 0)
  return {
    sets: sum((part) => part.sets),
    rows: sum((part) => part.rows),
    again: sum((part) => part.again),
    tally,
    problems: parts.flatMap(({ problems }) => problems),
  }
}

function runShare(task: Task, tell: () => void): Promise<Done> {
  const { promise, resolve, reject } = Promise.withResolvers<Done>()
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: task })
  worker.on('message', (message: { kind: 'set' } | { kind: 'done'; done: Done }) => {
    if (message.kind === 'set') tell()
    else resolve(message.done)
  })
  worker.on('error', reject)
  worker.on('exit', () => reject(new Error('a thread ended before its sets did')))
  return promise
}

function tableOf(tally: Tally): string {
  const share = (part: number, whole: number): string => (whole === 0 ? '-' : (part / whole).toFixed(3))
  const rows = [...tally]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { planted, found, right }]) => [
      code,
      String(planted),
      String(found),
      share(right, found),
      share(right, planted),
    ])
  const all = [['code', 'planted', 'found', 'precision', 'recall'], ...rows]
  const widths = [0, 1, 2, 3, 4].map((place) => Math.max(...all.map((row) => row[place]?.length ?? 0)))
  return all
    .map((row) =>
      row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
    )
    .join('\n')
}

const flags = readFlags(process.argv.slice(2), {
  numbers: {
    small: [1_000, 0, 1_000_000],
    large: [1, 0, 1_000],
    seed: [1, 0, 1_000_000_000],
    again: [1, 0, 1_000_000],
    jobs: [Math.min(64, availableParallelism()), 1, 64],
  },
  hasJson: false,
})
process.exitCode = await withFlags(flags, USAGE, main)
