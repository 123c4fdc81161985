import { spawn } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StartRefusal } from '../../platform/start-refusal.ts'
import { commandLineOf, identityOf, isAlive, type ProcessIdentity, signal, waitUntilGone } from '../process.ts'
import type { Binaries } from './binaries.ts'
import { runAs, type SystemUser } from './system-user.ts'

/** The superuser, who owns the schema and runs migrations. */
export const OWNER_ROLE = 'tallystick'
/** The role that the API and the workers use: it can neither change the schema nor rewrite the ledger. */
export const APP_ROLE = 'tallystick_app'
export const DATABASE_NAME = 'tallystick'

const OUTPUT_LIMIT = 16_384 // Characters of a failed program's output worth keeping for its message.

/** Runs a program to its end and gives its exit code with the end of what it wrote. */
async function runToEnd(
  program: string,
  args: readonly string[],
  options: { readonly user: SystemUser | undefined; readonly cwd: string },
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(program, args, {
    ...runAs(options.user),
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString('utf8')).slice(-OUTPUT_LIMIT)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject)
  child.on('close', resolve)
  return { code: await promise, output }
}

export type NewCluster = {
  readonly binaries: Binaries
  readonly user: SystemUser | undefined
  /** The folder to make. Its parent exists and the user can write there. */
  readonly data: string
  readonly ownerPassword: string
  /** False skips the final fsync, for a cluster that is thrown away. */
  readonly durable: boolean
}

/**
 * Makes a new cluster: UTF-8 with PostgreSQL's own C.UTF-8 collation, so that the order of text depends
 * on no library of the system. It is made beside its place and renamed, so that it is there whole or not at all.
 */
export async function initCluster(request: NewCluster): Promise<void> {
  const draft = mkdtempSync(`${request.data}.new-`)
  try {
    const passwordFile = join(draft, 'password')
    writeFileSync(passwordFile, request.ownerPassword, { mode: 0o600 })
    if (request.user !== undefined) {
      for (const path of [draft, passwordFile]) chownSync(path, request.user.uid, request.user.gid)
    }
    const args = [
      `--pgdata=${join(draft, 'data')}`,
      `--username=${OWNER_ROLE}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--data-checksums',
      ...(request.durable ? [] : ['--no-sync']),
    ]
    const { code, output } = await runToEnd(request.binaries.initdb, args, { user: request.user, cwd: draft })
    if (code !== 0) throw new StartRefusal(`PostgreSQL's initdb failed: ${lastLine(output)}`)
    renameSync(join(draft, 'data'), request.data)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

export const lastLine = (output: string): string => output.trim().split('\n').at(-1) ?? 'it said nothing'

/** The major version of the cluster in a data folder, such as "18"; undefined when there is none. */
export function clusterVersion(data: string): string | undefined {
  const file = join(data, 'PG_VERSION')
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
}

/** The arguments of `postgres` for a cluster that listens on 127.0.0.1 and nowhere else. */
export function postgresArguments(data: string, port: number, settings: Readonly<Record<string, string>>): string[] {
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    ...settings,
  }
  return ['-D', data, '-p', String(port), ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
}

export type Postmaster = {
  readonly identity: ProcessIdentity
  readonly port: number
  /** True once it takes connections. */
  readonly ready: boolean
}

const PID_LINE = 0
const PORT_LINE = 3
const STATUS_LINE = 7

function readPidFile(data: string): string[] | undefined {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** The server that runs on a data folder now, if one does. A file left by a dead one does not count. */
export function findPostmaster(data: string): Postmaster | undefined {
  const lines = readPidFile(data)
  if (lines === undefined) return undefined
  const pid = Number(lines[PID_LINE])
  // The number may belong to another program by now: ours names this data folder in its arguments.
  if (!(commandLineOf(pid) ?? '').includes(`-D ${data} `)) return undefined
  const identity = identityOf(pid)
  if (identity === undefined) return undefined
  return { identity, port: Number(lines[PORT_LINE]), ready: lines[STATUS_LINE]?.trim() === 'ready' }
}

/**
 * Removes the pid file of a dead server when its number now belongs to another program (or to a zombie),
 * which PostgreSQL would take for a running server. In every other case PostgreSQL itself decides better,
 * because the file also names the shared memory that orphaned backends may still hold.
 */
export function clearStalePidFile(data: string): void {
  const pid = Number(readPidFile(data)?.[PID_LINE])
  const command = commandLineOf(pid)
  // Nobody has this number, or a PostgreSQL has it.
  if (command === undefined || /postgres/.test(command)) return
  rmSync(join(data, 'postmaster.pid'), { force: true })
}

export type PostmasterRequest = {
  readonly binaries: Binaries
  readonly user: SystemUser | undefined
  readonly data: string
  readonly port: number
  readonly settings: Readonly<Record<string, string>>
  /** An open file for everything the server says. */
  readonly logFd: number
}

/**
 * Starts the server as a process of its own, which outlives this one. Resolves when it takes connections;
 * a server that ends before that gives `undefined`, and its log says why.
 */
export async function startPostmaster(request: PostmasterRequest, timeoutMs: number): Promise<Postmaster | undefined> {
  const child = spawn(request.binaries.postgres, postgresArguments(request.data, request.port, request.settings), {
    ...runAs(request.user),
    cwd: request.data,
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    detached: true,
    stdio: ['ignore', request.logFd, request.logFd],
  })
  let failure: Error | undefined
  child.on('error', (error) => {
    failure = error
  })
  child.unref()
  const end = performance.now() + timeoutMs
  for (;;) {
    if (failure !== undefined) throw new StartRefusal('PostgreSQL could not be started.', { cause: failure })
    const found = findPostmaster(request.data)
    if (found?.identity.pid === child.pid && found?.ready === true) return found
    if (child.exitCode !== null || child.signalCode !== null) return undefined
    if (performance.now() > end) {
      child.kill('SIGQUIT')
      throw new StartRefusal(`PostgreSQL took no connections within ${timeoutMs / 1_000} seconds; its log says why.`)
    }
    await delay(10)
  }
}

/** The folder must exist and hold a cluster made by the same major version as the programs. */
export function requireVersion(data: string, binaries: Binaries): void {
  const found = clusterVersion(data)
  const major = binaries.version.split('.')[0]
  if (found !== major)
    throw new StartRefusal(
      `The data in ${data} were written by PostgreSQL ${found}, this program brings PostgreSQL ${major}: start them with a server of version ${found} through DATABASE_URL.`,
    )
}

const STOP_TIMEOUT_MS = 60_000 // A checkpoint of everything that is in memory.

/** Ends all sessions, writes a checkpoint and stops; leaves it to recovery when that takes too long. */
export async function stopPostmaster(postmaster: Postmaster): Promise<void> {
  // SIGINT is PostgreSQL's fast shutdown: sessions end, everything is written. SIGQUIT leaves it to recovery.
  for (const [name, timeoutMs] of [
    ['SIGINT', STOP_TIMEOUT_MS],
    ['SIGQUIT', STOP_TIMEOUT_MS],
  ] as const) {
    if (!isAlive(postmaster.identity)) return
    signal(postmaster.identity.pid, name)
    if (await waitUntilGone(postmaster.identity, timeoutMs)) return
  }
}
