import { machineOf } from './support/machine.ts'
import { measureOnPlaces } from './support/on-places.ts'
import { COMMON_USAGE } from './support/options.ts'
import { measureGrowth } from './support/payment-growth.ts'
import { paymentReport } from './support/payment-report.ts'
import { measureAgainstPgbench, type PaymentRun } from './support/payment-rounds.ts'
import { findPgbench, HOW_TO_GET_PGBENCH } from './support/pgbench.ts'

const USAGE = `npm run bench:payments -- [options]

Complete payments of two sellers, posted one by one over HTTP, beside pgbench's TPC-B-like transactions on the same
PostgreSQL server; or, with --payments-stored, beside an empty deployment.

${COMMON_USAGE}
  --latency N          seconds at half of the rate, to measure latencies (default 20, 0: not)
  --payments N         goes on until this many payments were made before the server's memory is read
  --payments-stored N  stores this many payments first, and compares with an empty deployment`

/** Everything it starts is its own: PostgreSQL, the server and the simulator, on a folder that is removed at the end. */
process.exitCode = await measureOnPlaces(USAGE, () => {
  const pgbench = findPgbench()
  if (pgbench === undefined) return HOW_TO_GET_PGBENCH
  const machine = { ...machineOf(), pgbench: pgbench.version }
  return {
    name: 'bench:payments',
    machine,
    measure: (options, place, closers): Promise<PaymentRun> =>
      options.paymentsStored > 0
        ? measureGrowth(options, place, closers)
        : measureAgainstPgbench(options, place, pgbench, closers),
    reportOf: (runs) => paymentReport({ machine, runs }),
  }
})
