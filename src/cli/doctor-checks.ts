import { access, constants, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ApiClient } from './api-client.ts'
import type { ApiInvariants } from './api-types.ts'
import type { Context } from './context.ts'
import { checkDatabase } from './doctor-database.ts'
import { CliFailure, withoutPeriod } from './failure.ts'
import { homeFolder, type RunFile, readRunFile } from './server-address.ts'

export type Check = {
  readonly name: string
  /** `skipped`: could not be asked, because something before it failed or does not apply here. */
  readonly state: 'ok' | 'failed' | 'skipped'
  readonly detail: string
  /** The command that helps. Only with `failed`. */
  readonly fix?: string
}

/** The version that runs TypeScript as it is and has the functions this code uses. */
const NODE_MAJOR = 26
/** Less than this and PostgreSQL may stop for want of space within the hour of a busy day. */
const FREE_BYTES = 1024 * 1024 * 1024
/** Certificates, webhook signatures and business days go wrong beyond this. HTTP dates are whole seconds. */
const SKEW_MS = 5_000
const PROBE_TIMEOUT_MS = 5_000
/** Invariants read whole tables. */
const INVARIANTS_TIMEOUT_MS = 10 * 60_000

const ok = (name: string, detail: string): Check => ({ name, state: 'ok', detail })
const skipped = (name: string, detail: string): Check => ({ name, state: 'skipped', detail })
const failed = (name: string, detail: string, fix: string): Check => ({ name, state: 'failed', detail, fix })

/** Runs `check`; whatever it throws is its finding. */
async function guarded(name: string, fix: string, check: () => Promise<Check>): Promise<Check> {
  try {
    return await check()
  } catch (error) {
    const detail = withoutPeriod(error instanceof Error ? error.message : String(error))
    return failed(name, detail, error instanceof CliFailure ? error.next : fix)
  }
}

export async function checkEverything(context: Context): Promise<readonly Check[]> {
  const folder = homeFolder(context.io, context.home)
  const remote = (context.io.env['TALLYSTICK_URL'] ?? '') !== ''
  let runFile: RunFile | undefined
  const local = [
    checkNode(),
    await guarded('home', 'npm start', () => checkHome(folder, remote)),
    await guarded('disk', `df -h ${folder}`, () => checkDisk(folder, remote)),
    await guarded('run_file', 'npm start', async () => {
      runFile = await readRunFile(folder)
      return checkRunFile(runFile, folder, remote)
    }),
  ]
  const database = await guarded('postgresql', 'npm start', () => checkDatabase(runFile?.databaseUrl))
  return [...local, database, ...(await checkServer(context, remote ? 'echo $TALLYSTICK_URL' : 'npm start'))]
}

function checkNode(): Check {
  const version = process.versions.node
  return Number(version.split('.')[0]) >= NODE_MAJOR
    ? ok('node', version)
    : failed('node', `${version}; Tallystick runs on ${NODE_MAJOR} or newer`, 'npm ci')
}

async function checkHome(folder: string, remote: boolean): Promise<Check> {
  if (remote) return skipped('home', 'the server is named by TALLYSTICK_URL')
  try {
    await access(folder, constants.R_OK | constants.W_OK)
  } catch (error) {
    return failed('home', `${folder} cannot be used: ${error instanceof Error ? error.message : error}`, 'npm start')
  }
  return ok('home', folder)
}

async function checkDisk(folder: string, remote: boolean): Promise<Check> {
  if (remote) return skipped('disk', 'the server is named by TALLYSTICK_URL')
  const { bavail, bsize, existing } = await freeSpace(folder)
  const free = bavail * bsize
  const detail = `${(free / 1024 ** 3).toFixed(1)} GiB free at ${existing}`
  return free >= FREE_BYTES ? ok('disk', detail) : failed('disk', `${detail}; 1 GiB at least`, `df -h ${existing}`)
}

/** Free space of the folder, or of the nearest one above it that exists. */
async function freeSpace(folder: string): Promise<{ bavail: number; bsize: number; existing: string }> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return { bavail, bsize, existing: folder }
  } catch (error) {
    if (dirname(folder) === folder) throw error
    return freeSpace(dirname(folder))
  }
}

function checkRunFile(runFile: RunFile | undefined, folder: string, remote: boolean): Check {
  if (runFile === undefined) {
    const detail = `there is no run.json in ${folder}`
    return remote ? skipped('run_file', detail) : failed('run_file', detail, 'npm start')
  }
  if (remote || runFile.pid === undefined || isAlive(runFile.pid)) return ok('run_file', runFile.url)
  return failed('run_file', `the server that wrote it, process ${runFile.pid}, is gone`, 'npm start')
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: the process is there and belongs to someone else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** `start` is what helps when no server answers: to start one here, or to look at the address of one elsewhere. */
async function checkServer(context: Context, start: string): Promise<readonly Check[]> {
  const names = ['server', 'ready', 'clock', 'api_key', 'invariants']
  let client: ApiClient | undefined
  let skewMs: number | undefined
  const server = await guarded('server', start, async () => {
    client = await context.client()
    const askedAt = Date.now()
    const { status, date } = await client.probe('/healthz', { timeoutMs: PROBE_TIMEOUT_MS })
    const now = (askedAt + Date.now()) / 2
    skewMs = date === undefined ? undefined : date.getTime() - now
    return status === 200 ? ok('server', client.url) : failed('server', `${client.url} answers ${status}`, start)
  })
  const api = client
  if (server.state !== 'ok' || api === undefined) {
    return [server, ...names.slice(1).map((name) => skipped(name, 'no server answers'))]
  }
  return [
    server,
    await guarded('ready', start, () => checkReady(api, start)),
    checkClock(skewMs),
    await guarded('api_key', 'export TALLYSTICK_API_KEY=<key>', async () => {
      await api.get('/v1/payments', { limit: 1 })
      return ok('api_key', 'accepted')
    }),
    await guarded('invariants', 'npx tallystick ledger verify', () => checkInvariants(api)),
  ]
}

async function checkReady(client: ApiClient, start: string): Promise<Check> {
  const { status, body } = await client.probe('/readyz', { timeoutMs: PROBE_TIMEOUT_MS })
  const text = JSON.stringify(body)
  return status === 200 ? ok('ready', 'yes') : failed('ready', `it answers ${status}: ${text}`, start)
}

function checkClock(skewMs: number | undefined): Check {
  if (skewMs === undefined) return skipped('clock', 'the server sends no date')
  const detail = `server and this machine differ by ${(Math.abs(skewMs) / 1000).toFixed(1)} s`
  return Math.abs(skewMs) <= SKEW_MS ? ok('clock', detail) : failed('clock', detail, 'date -u')
}

async function checkInvariants(client: ApiClient): Promise<Check> {
  const result = await client.get<ApiInvariants>('/v1/ledger/invariants', {}, { timeoutMs: INVARIANTS_TIMEOUT_MS })
  const broken = result.checks.filter((check) => !check.ok)
  if (result.ok) return ok('invariants', `${result.checks.length} hold`)
  const names = broken.map((check) => check.name).join(', ')
  return failed('invariants', `broken: ${names}`, 'npx tallystick ledger verify')
}
