import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { listProcesses } from '../../test/chaos/processes.ts'

/** The processes of one deployment. */
export type Pids = { readonly server: number; readonly postmaster: number; readonly simulator: number }

/** Processor time that each of the three has used since it began, in milliseconds. */
export type Cpu = { readonly server: number; readonly postgres: number; readonly simulator: number }

export const cpuOf = (pids: Pids): Cpu => ({
  server: cpuMs(pids.server),
  postgres: postgresMs(pids.postmaster),
  simulator: cpuMs(pids.simulator),
})

export const cpuBetween = (before: Cpu, after: Cpu): Cpu => ({
  server: after.server - before.server,
  postgres: after.postgres - before.postgres,
  simulator: after.simulator - before.simulator,
})

export const sumOfCpu = (parts: readonly Cpu[]): Cpu => ({
  server: parts.reduce((sum, { server }) => sum + server, 0),
  postgres: parts.reduce((sum, { postgres }) => sum + postgres, 0),
  simulator: parts.reduce((sum, { simulator }) => sum + simulator, 0),
})

/** The postmaster, its children, and those of its children that have ended: the system adds them to the postmaster. */
function postgresMs(postmaster: number): number {
  const children = listProcesses().filter(({ parent }) => parent === postmaster)
  return cpuMs(postmaster, 'with ended children') + children.reduce((sum, { pid }) => sum + cpuMs(pid), 0)
}

/** Linux counts in hundredths of a second, whatever its own clock does (USER_HZ). */
const TICK_MS = 10

/** Processor time of one process with all its threads. Zero when it has ended. */
export function cpuMs(pid: number, which?: 'with ended children'): number {
  if (process.platform !== 'linux') return fromPs(pid)
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // Fields 14 to 17 of proc_pid_stat(5): user and system time, and both of the children that were waited for.
    const [user = '0', system = '0', childUser = '0', childSystem = '0'] = fields.slice(11, 15)
    const children = which === undefined ? 0 : Number(childUser) + Number(childSystem)
    return (Number(user) + Number(system) + children) * TICK_MS
  } catch {
    return 0
  }
}

/** `ps` says minutes, seconds and hundredths where there is no /proc. It does not know of children that ended. */
function fromPs(pid: number): number {
  const [seconds = '0', minutes = '0', hours = '0'] = ps(pid, 'time').split(':').toReversed()
  return (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000
}

function ps(pid: number, field: 'time' | 'rss'): string {
  try {
    return execFileSync('ps', ['-o', `${field}=`, '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return '0'
  }
}

/**
 * The memory that a process has in use now, and the most that it ever had, in mebibytes; where the system does not say
 * the most, it is what it has now.
 */
export function memoryOf(pid: number): { readonly nowMb: number; readonly peakMb: number } {
  const mebibytes = (kilobytes: string | undefined): number => Math.round(Number(kilobytes ?? '0') / 1_024)
  if (process.platform !== 'linux') {
    const now = mebibytes(ps(pid, 'rss'))
    return { nowMb: now, peakMb: now }
  }
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string): number => mebibytes(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1])
  return { nowMb: field('VmRSS'), peakMb: field('VmHWM') }
}
