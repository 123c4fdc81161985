import { machineOf } from './support/machine.ts'
import { measureNights, type NightRun } from './support/nightly-rounds.ts'
import { measureOnPlaces } from './support/on-places.ts'
import { table } from './support/report.ts'

const USAGE = `npm run bench:nightly -- [options]

The whole comparison of a nightly run beside the same join in PostgreSQL alone: the lines of the file and our records are
read from PostgreSQL, matched and judged, and breaks, proof and the outcome of every record are committed there. Taking the file in and booking its lines are measured as well.

  --json         one JSON document on stdout, progress on stderr
  --lines N      lines of the settlement file (default 1000000)
  --rounds N     rounds of each side in turn (default 5)
  --data WHERE   disk, tmpfs or both (default both)
  --disk DIR     folder on a disk (default: the folder for temporary files)
  --tmpfs DIR    folder in memory (default /dev/shm)`

const reportOf = (runs: readonly NightRun[]): string =>
  table([
    [
      ...['data', 'lines', 'run s', 'PostgreSQL s', 'ratio min', 'median', 'max'],
      ...['CPU ms', 'in PostgreSQL', 'PostgreSQL alone', 'intake lines/s', 'booked lines/s', 'MB'],
    ],
    ...runs.map(
      ({ settings, rounds, ratio, cpu_ms, intake_lines_per_second, booked_lines_per_second, peak_rss_mb }) => [
        settings.data,
        settings.lines,
        middle(rounds.map(({ ours }) => ours)),
        middle(rounds.map(({ baseline }) => baseline)),
        ratio.min,
        ratio.median,
        ratio.max,
        cpu_ms.process,
        cpu_ms.postgres,
        cpu_ms.baseline,
        intake_lines_per_second,
        booked_lines_per_second,
        peak_rss_mb,
      ],
    ),
  ])

const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0

process.exitCode = await measureOnPlaces(USAGE, () => ({
  name: 'bench:nightly',
  machine: machineOf(),
  measure: measureNights,
  reportOf,
}))
