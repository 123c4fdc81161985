import type { Stretch } from './payment-load.ts'
import { type Round, round, type Spread, spreadOf } from './statistics.ts'
import { sumOfCpu } from './usage.ts'

/** Processor milliseconds of each process for one payment or entry, over all rounds. */
export function cpuPerUnit(stretches: readonly Stretch[]) {
  const units = stretches.reduce((sum, each) => sum + each.units, 0)
  const { server, postgres, simulator } = sumOfCpu(stretches.map(({ cpu }) => cpu))
  const generator = stretches.reduce((sum, each) => sum + each.loadGeneratorMs, 0)
  return {
    server: round(server / units),
    postgres: round(postgres / units),
    simulator: round(simulator / units),
    load_generator: round(generator / units),
  }
}

export type CpuPerUnit = ReturnType<typeof cpuPerUnit>

/** A round of `pgbench`: where a transaction spent its processor time. */
export type Baseline = {
  readonly perSecond: number
  readonly seconds: number
  readonly postgresMs: number
  readonly pgbenchMs: number
}

export function cpuPerTransaction(baselines: readonly Baseline[]) {
  const transactions = baselines.reduce((sum, each) => sum + each.perSecond * each.seconds, 0)
  const total = (of: (each: Baseline) => number): number =>
    round(baselines.reduce((sum, each) => sum + of(each), 0) / transactions)
  return { postgres: total(({ postgresMs }) => postgresMs), pgbench: total(({ pgbenchMs }) => pgbenchMs) }
}

export const ratioOf = (rounds: readonly Round[]): Spread => spreadOf(rounds.map(({ ratio }) => ratio))

const began = performance.now()

/** Progress, on stderr whether or not the result is JSON. */
export function say(sentence: string): void {
  process.stderr.write(`${((performance.now() - began) / 1_000).toFixed(0).padStart(5)} s  ${sentence}\n`)
}

/** Columns of equal width: the first to the left, numbers to the right. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const texts = rows.map((row) => row.map(String))
  const widths = (texts[0] ?? []).map((_, column) => Math.max(...texts.map((row) => (row[column] ?? '').length)))
  const cell = (text: string, column: number): string =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)
  return texts.map((row) => `  ${row.map(cell).join('  ')}`.trimEnd()).join('\n')
}
