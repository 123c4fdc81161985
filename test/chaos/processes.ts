import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

export type ProcessSeen = { readonly pid: number; readonly parent: number; readonly command: string }

/** Every process that this user may look at: from /proc where there is one, from `ps` elsewhere. */
export function listProcesses(): readonly ProcessSeen[] {
  if (process.platform === 'linux') return readdirSync('/proc').flatMap(readProcess)
  const table = execFileSync('ps', ['-axo', 'pid=,ppid=,command='], { encoding: 'utf8' })
  return table.split('\n').flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? []
    return command === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }]
  })
}

function readProcess(name: string): readonly ProcessSeen[] {
  if (!/^\d+$/.test(name)) return []
  try {
    const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
    // The command's own name may hold spaces and brackets; the state and the parent follow the last bracket.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z') return []
    const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
    return [{ pid: Number(name), parent: Number(parent), command }]
  } catch {
    // The process ended while we looked, which says all there is to know about it.
    return []
  }
}

/** Sends a signal; false when there was nobody to take it any more. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
    throw error
  }
}

export const isAlive = (pid: number): boolean => listProcesses().some((one) => one.pid === pid)

export const isPostgres = (one: ProcessSeen): boolean => /(^|\/)postgres -D /.test(one.command)
export const isSimulator = (one: ProcessSeen): boolean =>
  /simulator/.test(one.command) && !/bin\/start\.js/.test(one.command)
