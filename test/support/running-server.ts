import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunFile } from '../../src/supervisor/home.ts'
import { findPostmaster } from '../../src/supervisor/postgres/cluster.ts'
import { identityOf, isAlive, signal } from '../../src/supervisor/process.ts'
import { waitFor } from './wait-for.ts'

const START = fileURLToPath(new URL('../../bin/start.js', import.meta.url))
const READY_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 60_000

export type StartOptions = {
  readonly home: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export type Ended = {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export type RunningServer = {
  readonly run: RunFile
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Everything it printed so far. */
  readonly output: () => string
  readonly terminate: () => Promise<Ended>
  /** SIGKILL: what it started stays. */
  readonly kill: () => Promise<Ended>
}

/** A data folder for a server of its own. Others may pass through it, as through one that the server makes. */
export function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'tallystick-home-'))
  chmodSync(home, 0o711)
  return home
}

/** Ends whatever still runs on a data folder and removes it. */
export async function removeHome(home: string): Promise<void> {
  for (const pid of [postmasterPid(home), simulatorPid(home)]) {
    const identity = pid === undefined ? undefined : identityOf(pid)
    if (identity === undefined) continue
    signal(identity.pid, 'SIGKILL')
    await waitFor(() => !isAlive(identity), { what: `process ${identity.pid} of ${home} to end` })
  }
  await waitFor(() => tryRemove(home), { what: `${home} to be removed` })
}

/** Orphans of a killed PostgreSQL may write a last file while the folder is emptied. */
function tryRemove(home: string): boolean {
  try {
    rmSync(home, { recursive: true, force: true })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTEMPTY') return false
    throw error
  }
}

/** The environment of these tests points at no server; one that is started must not either. */
function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(TALLYSTICK_|DATABASE_|PORT$|VITEST|NODE_ENV$)/.test(name),
  )
  return { ...Object.fromEntries(kept), ...extra }
}

function spawnStart(options: StartOptions): { child: ChildProcess; ended: Promise<Ended>; output: () => string } {
  const child = spawn(process.execPath, [START, '--home', options.home, ...(options.args ?? ['--port', '0'])], {
    env: cleanEnvironment(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('utf8')
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8')
  })
  const { promise, resolve: end, reject } = Promise.withResolvers<Ended>()
  child.on('error', reject)
  child.on('close', (code, name) => end({ code, signal: name, stdout, stderr }))
  return { child, ended: promise, output: () => stdout + stderr }
}

/** Runs the server to its end, for one that is expected to refuse to start. */
export const startAndEnd = (options: StartOptions): Promise<Ended> => spawnStart(options).ended

/** Starts a server exactly as `npm start` does and resolves when it is ready and what it printed has arrived. */
export async function startServer(options: StartOptions): Promise<RunningServer> {
  const { child, ended, output } = spawnStart(options)
  const run = await waitFor(
    () => {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}: ${output()}`)
      const found = readRun(options.home, child.pid)
      return found !== undefined && output().includes(found.url) ? found : undefined // It prints after it wrote the file.
    },
    { timeoutMs: READY_TIMEOUT_MS, what: 'the server to be ready' },
  )
  const stopWith = (name: NodeJS.Signals) => async (): Promise<Ended> => {
    child.kill(name)
    await waitFor(() => child.exitCode !== null || child.signalCode !== null, {
      timeoutMs: STOP_TIMEOUT_MS,
      what: `the server to end after ${name}`,
    })
    return ended
  }
  return { run, child, ended, output, terminate: stopWith('SIGTERM'), kill: stopWith('SIGKILL') }
}

function readRun(home: string, pid: number | undefined): RunFile | undefined {
  try {
    const run = JSON.parse(readFileSync(join(home, 'run.json'), 'utf8')) as RunFile
    return run.pid === pid ? run : undefined // Else it is the file of a server that was killed before.
  } catch {
    return undefined // Not there yet.
  }
}

/** Where the home keeps its cluster. */
export function clusterFolder(home: string): string {
  const { folder } = JSON.parse(readFileSync(join(home, 'postgres.json'), 'utf8')) as { folder: string }
  return resolve(home, folder)
}

/** The process id of the home's PostgreSQL; undefined while none runs. */
export function postmasterPid(home: string): number | undefined {
  try {
    return findPostmaster(clusterFolder(home))?.identity.pid
  } catch {
    return undefined // A home without a database.
  }
}

/** The process id of the home's PSP simulator; undefined while none runs. */
export function simulatorPid(home: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(join(home, 'simulator', 'process.json'), 'utf8')) as { pid: number }
    return identityOf(pid) === undefined ? undefined : pid
  } catch {
    return undefined // A home without a simulator.
  }
}
