import { writeFileSync } from 'node:fs'

/** Loaded before a program with `--import`: when it ends, it says in a file what it took. */
export type Usage = { readonly cpuMs: number; readonly peakMb: number }

export const USAGE_FILE = 'TALLYSTICK_BENCH_USAGE'

process.on('exit', () => {
  const file = process.env[USAGE_FILE]
  if (file === undefined) return
  const { user, system } = process.cpuUsage()
  const usage: Usage = {
    cpuMs: Math.round((user + system) / 1_000),
    peakMb: Math.round(process.resourceUsage().maxRSS / 1_024),
  }
  writeFileSync(file, JSON.stringify(usage))
})
