import type { PaymentRun } from './payment-rounds.ts'
import { table } from './report.ts'

/** The result as people read it. */
export function paymentReport(document: {
  readonly machine: Readonly<Record<string, string | number>>
  readonly runs: readonly PaymentRun[]
}): string {
  const { cpus, cpu, memory_mb, system, node, pgbench } = document.machine
  const machine = `${cpus} × ${cpu}, ${memory_mb} MB, ${system}, Node ${node}, ${pgbench}`
  return [machine, ...document.runs.map(runReport)].join('\n\n')
}

function runReport(run: PaymentRun): string {
  const { settings, rounds, ratio, cpu_ms_per_unit: cpu, latency_ms: latency } = run
  const lines = [
    `data on ${settings['data']} (${settings['file_system']}), PostgreSQL ${settings['server_version']}, fsync ${settings['fsync']}, synchronous_commit ${settings['synchronous_commit']}`,
    table([
      ['round', 'payments/s', 'baseline/s', 'ratio'],
      ...rounds.map(({ ours, baseline, ratio: each }, index) => [index + 1, ours, baseline, each]),
    ]),
    `  ratio: median ${ratio.median}, min ${ratio.min}, max ${ratio.max}`,
    `  CPU ms per payment: server ${cpu.server}, postgres ${cpu.postgres}, simulator ${cpu.simulator}, load generator ${cpu.load_generator}`,
  ]
  const baseline = run.baseline_cpu_ms_per_unit
  if (baseline !== undefined) {
    lines.push(`  CPU ms per pgbench transaction: postgres ${baseline.postgres}, pgbench ${baseline.pgbench}`)
  }
  if (latency !== undefined) {
    const { p50, p95, p99, posted, per_second } = latency
    lines.push(
      `  at ${per_second} payments/s: POST to 201 p50 ${p50}, p95 ${p95}, p99 ${p99} ms; POST to posted p50 ${posted.p50}, p95 ${posted.p95}, p99 ${posted.p99} ms`,
    )
  }
  lines.push(`  ${run.payments} payments; memory of the server ${run.rss_mb} MiB, at most ${run.peak_rss_mb}`)
  lines.push(
    `  rows: ${Object.entries(run.row_counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`,
  )
  return lines.join('\n')
}
