import { type LiveRun, measureLive } from './support/live-rounds.ts'
import { machineOf } from './support/machine.ts'
import { measureOnPlaces } from './support/on-places.ts'
import { table } from './support/report.ts'

const USAGE = `npm run bench:live -- [options]

Captured charges and the webhooks that tell them, matched as they come: first a backlog, as fast as it goes, beside the 1,000
events a second that are asked for; then at a steady rate, from when an event is handed in until its record can be seen.

  --json         one JSON document on stdout, progress on stderr
  --events N     events of all rounds together (default 100,000)
  --rounds N     rounds (default 5)
  --rate N       events a second of the steady part (default 1,500)
  --latency N    seconds of the steady part (default 20)
  --data WHERE   disk, tmpfs or both (default both)
  --disk DIR     folder on a disk (default: the folder for temporary files)
  --tmpfs DIR    folder in memory (default /dev/shm)`

const reportOf = (runs: readonly LiveRun[]): string =>
  table([
    [
      ...['data', 'events/s min', 'median', 'max', 'CPU ms', 'in PostgreSQL'],
      ...['steady events/s', 'p50 ms', 'p95', 'p99', 'max', 'MB'],
    ],
    ...runs.map(({ settings, rounds, cpu_ms_per_unit: cpu, latency_ms: latency, peak_rss_mb }) => {
      const sorted = rounds.map(({ ours }) => ours).toSorted((a, b) => a - b)
      return [
        ...[
          settings.data,
          sorted[0] ?? 0,
          sorted[sorted.length >> 1] ?? 0,
          sorted.at(-1) ?? 0,
          cpu.server,
          cpu.postgres,
        ],
        ...[latency.per_second, latency.p50, latency.p95, latency.p99, latency.max, peak_rss_mb],
      ]
    }),
  ])

process.exitCode = await measureOnPlaces(USAGE, () => ({
  name: 'bench:live',
  machine: machineOf(),
  measure: measureLive,
  reportOf,
}))
