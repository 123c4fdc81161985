import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { CODES } from '../../src/recon/index.ts'
import { BREAK_CODES } from '../../src/reconciliation/index.ts'
import { cloneDatabase } from '../support/cloned-database.ts'
import { readFlags, withFlags } from '../support/flags.ts'
import { startThrowAway } from '../support/throw-away.ts'
import type { Tally } from './judge.ts'
import { playWorlds } from './service/work.ts'
import { addTally, type Done, type Task } from './work.ts'

const USAGE = `npm run truth -- [options]

Plants breaks of every kind at random: in pairs of files, which \`tallystick recon\` compares, and in worlds of several days, which
go through the service night by night, with late and reissued files, books and a bank. Prints for each code how many were planted
and found, and how many of those were right. Exit 1 when anything differs, or when a code was not planted by a whole campaign.

  --small N   small sets, of some 20 to 60 rows a side (default 1000)
  --large N   large sets, of some 100000 rows a side (default 1)
  --worlds N  worlds of four to nine days, in a PostgreSQL of their own (default 12)
  --seed N    of the first set and world; the next ones count on (default 1)
  --again N   every N-th small set is told again in one of four ways, by turns: in another order and style, with both sides
              swapped, in several files, with one cent changed (default 1; 0: none); every world is, in another order or with
              one cent changed
  --jobs N    threads (default: one for each processor)`

type Options = {
  readonly small: number
  readonly large: number
  readonly worlds: number
  readonly seed: number
  readonly again: number
  readonly jobs: number
}

async function main(options: Options): Promise<number> {
  const started = performance.now()
  const { large, seed, again, jobs } = options
  const small = await runAll({ seeds: seedsFrom(seed, options.small), size: 'small', again }, jobs)
  const big = await runAll({ seeds: seedsFrom(seed, large), size: 'large', again: 0 }, 1)
  const service = await playAll(seedsFrom(seed, options.worlds))
  const tally: Tally = new Map()
  for (const done of [small, big, service]) addTally(tally, done.tally)
  const isWhole = small.sets >= WHOLE.small && service.sets >= WHOLE.worlds
  const missing = isWhole ? ALL_CODES.filter((code) => !tally.has(code)) : []
  const problems = [...small.problems, ...big.problems, ...service.problems]
  console.log(tableOf(tally, service.tally))
  console.log(
    `\n${small.sets} small sets of ${small.rows} rows (${small.again} of them told again), ${big.sets} large ones of ${big.rows} rows, ${service.sets} worlds of ${service.rows} records (all of them played again); seed ${seed}; ${((performance.now() - started) / 1_000).toFixed(0)} s`,
  )
  if (missing.length > 0) console.log(`not planted: ${missing.join(', ')}`)
  for (const { seed: of, size, problem } of problems.slice(0, 50)) console.log(`seed ${of} (${size}): ${problem}`)
  console.log(problems.length === 0 ? 'every break was found, and nothing else' : `${problems.length} problems`)
  return problems.length + missing.length === 0 ? 0 : 1
}

/** A campaign from this size on plants every code. */
const WHOLE = { small: 100, worlds: 12 }
const ALL_CODES = [...new Set<string>([...CODES, ...BREAK_CODES])]

/** In one thread: most of it is done by PostgreSQL and DuckDB. */
async function playAll(seeds: readonly number[]): Promise<Done> {
  if (seeds.length === 0) return { sets: 0, rows: 0, again: 0, tally: new Map(), problems: [] }
  const { server, stop } = await startThrowAway()
  try {
    let told = 0
    return await playWorlds(
      { seeds, again: true },
      () => cloneDatabase(server, server.template),
      () => {
        told += 1
        if (told % 10 === 0) console.error(`${told} of ${seeds.length} worlds`)
      },
    )
  } finally {
    await stop()
  }
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

/** What was planted in pairs of files and in worlds, and what was found of both. */
function tableOf(tally: Tally, worlds: Tally): string {
  const share = (part: number, whole: number): string => (whole === 0 ? '-' : (part / whole).toFixed(3))
  const rows = [...tally]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { planted, found, right }]) => [
      code,
      String(planted - (worlds.get(code)?.planted ?? 0)),
      String(worlds.get(code)?.planted ?? 0),
      String(found),
      share(right, found),
      share(right, planted),
    ])
  const all = [['code', 'in files', 'in worlds', 'found', 'precision', 'recall'], ...rows]
  const widths = [0, 1, 2, 3, 4, 5].map((place) => Math.max(...all.map((row) => row[place]?.length ?? 0)))
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
    worlds: [12, 0, 100_000],
    seed: [1, 0, 1_000_000_000],
    again: [1, 0, 1_000_000],
    jobs: [Math.min(64, availableParallelism()), 1, 64],
  },
  hasJson: false,
})
process.exitCode = await withFlags(flags, USAGE, main)
