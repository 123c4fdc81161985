import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/**
 * A process id alone does not name a process, because the system uses numbers again. The pair of id
 * and start mark does: the mark is whatever the system says about when the process began.
 */
export type ProcessIdentity = { readonly pid: number; readonly started: string }

type LinuxStat = { readonly state: string; readonly started: string }

function linuxStat(pid: number): LinuxStat | undefined {
  let text: string
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined // No such process: this is the answer, not an error.
  }
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  const started = fields[19] // Field 22 of proc_pid_stat(5): start time in clock ticks since boot.
  return state === undefined || started === undefined ? undefined : { state, started }
}

function psField(pid: number, field: 'lstart' | 'command'): string | undefined {
  try {
    const text = execFileSync('ps', ['-ww', '-o', `${field}=`, '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
    return text === '' ? undefined : text
  } catch {
    return undefined // `ps` exits with 1 when there is no such process.
  }
}

/** The identity of a living process; undefined for a dead one and for a zombie that nobody has reaped. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined
  if (process.platform === 'linux') {
    const stat = linuxStat(pid)
    if (stat === undefined || stat.state === 'Z' || stat.state === 'X') return undefined
    return { pid, started: stat.started }
  }
  const started = psField(pid, 'lstart')
  return started === undefined ? undefined : { pid, started }
}

/** True while exactly this process lives. Costs one small file read on Linux and one `ps` elsewhere. */
export const isAlive = (identity: ProcessIdentity): boolean => identityOf(identity.pid)?.started === identity.started

/** The arguments of a process as one text, arguments separated by spaces; undefined when it is gone. */
export function commandLineOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return psField(pid, 'command')
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trimEnd()
  } catch {
    return undefined // No such process.
  }
}

/** Sends a signal; false when the process is gone already. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}

const POLL_MS = 20 // Short beside the tens of milliseconds that the fastest process needs to stop.

/** Resolves true as soon as the process is gone, false when it still lives after `timeoutMs`. */
export async function waitUntilGone(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const end = performance.now() + timeoutMs
  while (isAlive(identity)) {
    if (performance.now() > end) return false
    await delay(POLL_MS)
  }
  return true
}
