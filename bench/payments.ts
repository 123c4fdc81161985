import { closingAfter } from './support/closers.ts'
import { machineOf, placesFor } from './support/machine.ts'
import { COMMON_USAGE, readOptions } from './support/options.ts'
import { measureGrowth } from './support/payment-growth.ts'
import { paymentReport } from './support/payment-report.ts'
import { measureAgainstPgbench, type PaymentRun } from './support/payment-rounds.ts'
import { findPgbench, HOW_TO_GET_PGBENCH } from './support/pgbench.ts'
import { say } from './support/report.ts'

const USAGE = `npm run bench:payments -- [options]

Complete payments of two sellers, posted one by one over HTTP, beside pgbench's TPC-B-like transactions on the same
PostgreSQL server; or, with --payments-stored, beside an empty deployment.

${COMMON_USAGE}
  --latency N          seconds at half of the rate, to measure latencies (default 20, 0: not)
  --payments N         goes on until this many payments were made before the server's memory is read
  --payments-stored N  stores this many payments first, and compares with an empty deployment`

/** Everything it starts is its own: PostgreSQL, the server and the simulator, on a folder that is removed at the end. */
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
  const runs: PaymentRun[] = []
  for (const place of places) {
    say(`data on ${place.data} (${place.fileSystem}, ${place.folder})`)
    runs.push(
      await closingAfter((closers) =>
        options.paymentsStored > 0
          ? measureGrowth(options, place, closers)
          : measureAgainstPgbench(options, place, pgbench, closers),
      ),
    )
  }
  const document = { name: 'bench:payments', machine: { ...machineOf(), pgbench: pgbench.version }, ...runs[0], runs }
  console.log(options.json ? JSON.stringify(document, undefined, 2) : paymentReport(document))
  return 0
}

function refuse(sentence: string): number {
  console.error(sentence)
  return 2
}

process.exitCode = await main(process.argv.slice(2))
