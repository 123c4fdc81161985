import { withFlags } from '../../test/support/flags.ts'
import { type Closers, closingAfter } from './closers.ts'
import { type Place, placesFor } from './machine.ts'
import { type Options, readOptions } from './options.ts'
import { say } from './report.ts'

type Benchmark<Run> = {
  readonly name: string
  readonly machine: Readonly<Record<string, string | number>>
  readonly measure: (options: Options, place: Place, closers: Closers) => Promise<Run>
  /** The result as people read it. */
  readonly reportOf: (runs: readonly Run[]) => string
}

/** Runs a benchmark on every place for data folders that was asked for. A sentence for what it lacks. Gives the exit code. */
export function measureOnPlaces<Run extends object>(
  usage: string,
  prepare: () => Benchmark<Run> | string,
): Promise<number> {
  return withFlags(readOptions(process.argv.slice(2)), usage, async (options) => {
    const benchmark = prepare()
    if (typeof benchmark === 'string') return refuse(benchmark)
    const { name, machine, measure, reportOf } = benchmark
    const { places, missing } = await placesFor(options.data, options)
    for (const sentence of missing) say(sentence)
    if (places.length === 0) return refuse('There is no place to measure on.')
    const runs: Run[] = []
    for (const place of places) {
      say(`data on ${place.data} (${place.fileSystem}, ${place.folder})`)
      runs.push(await closingAfter((closers) => measure(options, place, closers)))
    }
    console.log(options.json ? JSON.stringify({ name, machine, ...runs[0], runs }, undefined, 2) : reportOf(runs))
    return 0
  })
}

function refuse(sentence: string): number {
  console.error(sentence)
  return 2
}
