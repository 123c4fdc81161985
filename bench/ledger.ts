import { SHAPES } from './support/bodies.ts'
import { closingAfter } from './support/closers.ts'
import { type LedgerRun, measureLedger } from './support/ledger-rounds.ts'
import { machineOf, placesFor } from './support/machine.ts'
import { COMMON_USAGE, readOptions } from './support/options.ts'
import { findPgbench, HOW_TO_GET_PGBENCH } from './support/pgbench.ts'
import { say, table } from './support/report.ts'

const USAGE = `npm run bench:ledger -- [options]

Manual journal entries of two postings, posted over HTTP one by one and 50 a request, on ${SHAPES.join(', ')} accounts, hash
chain on, beside pgbench's TPC-B-like transactions on the same PostgreSQL server.

${COMMON_USAGE}`

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args)
  if (typeof options === 'string') return refuse(`${options}\n\n${USAGE}`)
  if (options.help) {
    console.log(USAGE)
    return 0
  }
  const pgbench = findPgbench()
  if (pgbench === undefined) return refuse(HOW_TO_GET_PGBENCH)
  const { places, missing } = await placesFor(options.data, options)
  for (const sentence of missing) say(sentence)
  if (places.length === 0) return refuse('There is no place to measure on.')
  const runs: LedgerRun[] = []
  for (const place of places) {
    say(`data on ${place.data} (${place.fileSystem}, ${place.folder})`)
    runs.push(await closingAfter((closers) => measureLedger(options, place, pgbench, closers)))
  }
  const document = { name: 'bench:ledger', machine: { ...machineOf(), pgbench: pgbench.version }, ...runs[0], runs }
  console.log(options.json ? JSON.stringify(document, undefined, 2) : runs.map(report).join('\n\n'))
  return 0
}

function report({ settings, shapes, peak_rss_mb, entries }: LedgerRun): string {
  const rows = shapes.map(({ shape, per_request, ratio, per_second, cpu_ms_per_unit: cpu }) => [
    shape,
    per_request,
    per_second,
    ratio.median,
    ratio.min,
    ratio.max,
    cpu.server,
    cpu.postgres,
  ])
  return [
    `data on ${settings['data']} (${settings['file_system']}), PostgreSQL ${settings['server_version']}, fsync ${settings['fsync']}, synchronous_commit ${settings['synchronous_commit']}`,
    table([['shape', 'per request', 'entries/s', 'ratio', 'min', 'max', 'server ms', 'postgres ms'], ...rows]),
    `  ${entries} entries; memory of the server at most ${peak_rss_mb} MiB`,
  ].join('\n')
}

function refuse(sentence: string): number {
  console.error(sentence)
  return 2
}

process.exitCode = await main(process.argv.slice(2))
