import { execFile } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readFlags, withFlags } from '../test/support/flags.ts'
import { machineOf } from './support/machine.ts'
import { PARSE_FORMATS, type ParseFormat, writeParseFile } from './support/parse-files.ts'
import { installPeers, PEERS } from './support/parse-peers.ts'
import type { Reading } from './support/parse-process.ts'
import { say, table } from './support/report.ts'
import { round, type Spread, spreadOf } from './support/statistics.ts'

const USAGE = `npm run bench:parse -- [options]

Reading settlement files that are made for it: lines and megabytes a second, processor time and peak memory of our reader in
a process of its own, and beside it the parsers on npm for the same format, installed in a temporary folder.

  --json         one JSON document on stdout, progress on stderr
  --rows N       lines of each file (default 1000000)
  --rounds N     rounds of each side in turn (default 3)
  --format NAME  one of ${PARSE_FORMATS.join(', ')} (default all)`

type Options = {
  readonly json: boolean
  readonly rows: number
  readonly rounds: number
  readonly formats: readonly ParseFormat[]
}

type Ours = {
  readonly format: ParseFormat
  readonly lines: number
  readonly megabytes: number
  readonly control: string
  readonly lines_per_second: Spread
  readonly lines_per_cpu_second: Spread
  readonly megabytes_per_cpu_second: Spread
  readonly peak_mb: number
}

type Beside = {
  readonly format: ParseFormat
  readonly peer: string
  readonly lines: number
  readonly lines_per_cpu_second: Spread
  readonly peak_mb: number
  /** How many times as many lines ours reads in the same processor time, on the same file. */
  readonly ratio: Spread
  /** Why there are no numbers. */
  readonly failed?: string
}

async function main(options: Options): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'tallystick-bench-parse-'))
  try {
    const wanted = options.formats
      .flatMap((format) => PEERS[format] ?? [])
      .map(({ peer, version }) => `${peer}@${version}`)
    const missing = wanted.length === 0 ? undefined : await installPeers(folder, wanted)
    if (missing !== undefined) say(missing)
    const ours: Ours[] = []
    const beside: Beside[] = []
    for (const format of options.formats) {
      ours.push(await measureOurs(format, options, folder))
      if (missing === undefined) beside.push(...(await measureBeside(format, options, folder)))
    }
    const document = { name: 'bench:parse', machine: machineOf(), ours, beside, missing }
    console.log(options.json ? JSON.stringify(document, undefined, 2) : reportOf(ours, beside))
    return 0
  } finally {
    await rm(folder, { recursive: true })
  }
}

function readOptions(args: readonly string[]): (Options & { readonly help: boolean }) | string {
  const flags = readFlags(args, {
    numbers: { rows: [1_000_000, 1_000, 50_000_000], rounds: [3, 1, 100] },
    texts: ['format'],
    hasJson: true,
  })
  if (typeof flags === 'string') return flags
  const formats = PARSE_FORMATS.filter((format) => flags.format === undefined || format === flags.format)
  return formats.length === 0 ? `--format takes one of ${PARSE_FORMATS.join(', ')}.` : { ...flags, formats }
}

async function measureOurs(format: ParseFormat, { rows, rounds }: Options, folder: string): Promise<Ours> {
  const path = join(folder, 'file')
  await writeParseFile(format, rows, path)
  const megabytes = (await stat(path)).size / 1_000_000
  const readings: Reading[] = []
  for (let each = 1; each <= rounds; each++) {
    readings.push(await read(path))
    say(
      `${format} ${each}/${rounds}: ${round(rows / (readings.at(-1)?.cpuSeconds ?? 1))} lines in a second of processor time`,
    )
  }
  await rm(path)
  // OFX states no opening balance, so a file of it proves nothing by itself.
  const expected = format === 'ofx' ? 'none' : 'pass'
  const wrong = readings.find(({ lines, control }) => lines !== rows || control !== expected)
  if (wrong !== undefined) throw new Error(`${format}: ${wrong.lines} of ${rows} lines, control ${wrong.control}`)
  return {
    format,
    lines: rows,
    megabytes: round(megabytes),
    control: expected,
    lines_per_second: spreadOf(readings.map(({ seconds }) => rows / seconds)),
    lines_per_cpu_second: spreadOf(readings.map(({ cpuSeconds }) => rows / cpuSeconds)),
    megabytes_per_cpu_second: spreadOf(readings.map(({ cpuSeconds }) => megabytes / cpuSeconds)),
    peak_mb: Math.max(...readings.map(({ peakMb }) => peakMb)),
  }
}

/** Each peer and ours in turn on one file, which is smaller where the peer would need too much memory. */
async function measureBeside(format: ParseFormat, { rows, rounds }: Options, folder: string): Promise<Beside[]> {
  const measured: Beside[] = []
  for (const { peer, most } of PEERS[format] ?? []) {
    const lines = Math.min(rows, most)
    const path = join(folder, 'file')
    await writeParseFile(format, lines, path)
    const pairs: { readonly ours: Reading; readonly theirs: Reading }[] = []
    let failed: string | undefined
    for (let each = 1; each <= rounds && failed === undefined; each++) {
      try {
        pairs.push({ ours: await read(path), theirs: await read(path, folder, peer) })
      } catch (error) {
        failed =
          error instanceof Error
            ? (error.message.split('\n').find((line) => /^\w*Error\b/.test(line)) ?? error.message).slice(0, 200)
            : String(error)
      }
    }
    await rm(path)
    const found = pairs[0]?.theirs.lines
    if (failed === undefined && found !== lines) failed = `it found ${found} of ${lines} lines`
    measured.push({
      format,
      peer,
      lines,
      lines_per_cpu_second: spreadOf(pairs.map(({ theirs }) => lines / theirs.cpuSeconds)),
      peak_mb: Math.max(0, ...pairs.map(({ theirs }) => theirs.peakMb)),
      ratio: spreadOf(pairs.map(({ ours, theirs }) => theirs.cpuSeconds / ours.cpuSeconds)),
      ...(failed === undefined ? {} : { failed }),
    })
    say(`${format} beside ${peer}: ${failed ?? `${measured.at(-1)?.ratio.median} times as many lines`}`)
  }
  return measured
}

const run = promisify(execFile)
const PROCESS = join(import.meta.dirname, 'support', 'parse-process.ts')

/** Peers get the memory that they need; ours runs as `tallystick parse` does (bin/launch.js). */
async function read(path: string, ...peer: readonly string[]): Promise<Reading> {
  const flags = [peer.length === 0 ? '--max-semi-space-size=8' : '--max-old-space-size=8192']
  const { stdout } = await run(process.execPath, [...flags, PROCESS, path, ...peer], { maxBuffer: 1_048_576 })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
}

function reportOf(ours: readonly Ours[], beside: readonly Beside[]): string {
  const own = table([
    ['format', 'lines', 'MB', 'lines/s', 'lines/CPU s', 'MB/CPU s', 'peak MB', 'control'],
    ...ours.map((each) => [
      each.format,
      each.lines,
      each.megabytes,
      each.lines_per_second.median,
      each.lines_per_cpu_second.median,
      each.megabytes_per_cpu_second.median,
      each.peak_mb,
      each.control,
    ]),
  ])
  if (beside.length === 0) return own
  const others = table([
    ['beside', 'format', 'lines', 'lines/CPU s', 'peak MB', 'ratio min', 'median', 'max', ''],
    ...beside.map(({ peer, format, lines, lines_per_cpu_second, peak_mb, ratio, failed }) => [
      peer,
      format,
      lines,
      lines_per_cpu_second.median,
      peak_mb,
      ratio.min,
      ratio.median,
      ratio.max,
      failed ?? '',
    ]),
  ])
  return `${own}\n\n${others}`
}

process.exitCode = await withFlags(readOptions(process.argv.slice(2)), USAGE, main)
