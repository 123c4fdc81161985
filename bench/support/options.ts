import { readFlags } from '../../test/support/flags.ts'

export type Options = {
  readonly json: boolean
  readonly help: boolean
  readonly rounds: number
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly latencySeconds: number
  readonly connections: number
  readonly scale: number
  readonly data: 'disk' | 'tmpfs' | 'both'
  readonly disk: string | undefined
  readonly tmpfs: string | undefined
  /** Payments that are stored before, to compare with an empty deployment; 0: compare with `pgbench`. */
  readonly paymentsStored: number
  /** Payments to reach before the server's memory is read; 0: what the rounds made. */
  readonly payments: number
  /** Lines of the settlement file of the nightly run. */
  readonly lines: number
  /** Events that are matched as they come, and how many a second in the steady part. */
  readonly events: number
  readonly rate: number
}

export const COMMON_USAGE = `  --json               one JSON document on stdout, progress on stderr
  --rounds N           rounds of each side in turn (default 5)
  --seconds N          seconds of each side in a round (default 10)
  --warm-up N          seconds of load before the first round (default 5)
  --connections N      requests under way at the same time (default 128)
  --data WHERE         disk, tmpfs or both (default both)
  --disk DIR           folder on a disk (default: the folder for temporary files)
  --tmpfs DIR          folder in memory (default /dev/shm)
  --scale N            pgbench's scale factor (default 10)`

/** The options of a command line, or one sentence that says what is wrong with it. */
export function readOptions(args: readonly string[]): Options | string {
  const flags = readFlags(args, {
    numbers: {
      rounds: [5, 1, 100],
      seconds: [10, 1, 3_600],
      'warm-up': [5, 0, 3_600],
      latency: [20, 0, 3_600],
      connections: [128, 1, 1_000],
      scale: [10, 10, 10_000],
      'payments-stored': [0, 0, 50_000_000],
      payments: [0, 0, 10_000_000],
      lines: [1_000_000, 1_000, 50_000_000],
      events: [100_000, 1_000, 50_000_000],
      rate: [1_500, 100, 100_000],
    },
    texts: ['data', 'disk', 'tmpfs'],
    hasJson: true,
  })
  if (typeof flags === 'string') return flags
  const {
    data = 'both',
    'warm-up': warmUpSeconds,
    latency: latencySeconds,
    'payments-stored': paymentsStored,
    ...others
  } = flags
  if (data !== 'disk' && data !== 'tmpfs' && data !== 'both') return '--data takes disk, tmpfs or both.'
  return { ...others, data, warmUpSeconds, latencySeconds, paymentsStored }
}
