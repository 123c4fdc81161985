import { SHAPES } from './support/bodies.ts'
import { type LedgerRun, measureLedger } from './support/ledger-rounds.ts'
import { machineOf } from './support/machine.ts'
import { measureOnPlaces } from './support/on-places.ts'
import { COMMON_USAGE } from './support/options.ts'
import { findPgbench, HOW_TO_GET_PGBENCH } from './support/pgbench.ts'
import { table } from './support/report.ts'

const USAGE = `npm run bench:ledger -- [options]

Manual journal entries of two postings, posted over HTTP one by one and 50 a request, on ${SHAPES.join(', ')} accounts, hash
chain on, beside pgbench's TPC-B-like transactions on the same PostgreSQL server.

${COMMON_USAGE}`

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

process.exitCode = await measureOnPlaces(USAGE, () => {
  const pgbench = findPgbench()
  if (pgbench === undefined) return HOW_TO_GET_PGBENCH
  const machine = { ...machineOf(), pgbench: pgbench.version }
  return {
    name: 'bench:ledger',
    machine,
    measure: (options, place, closers) => measureLedger(options, place, pgbench, closers),
    reportOf: (runs) => runs.map(report).join('\n\n'),
  }
})
