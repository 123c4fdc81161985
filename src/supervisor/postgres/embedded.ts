import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, renameSync, statSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { StartRefusal } from '../../platform/start-refusal.ts'
import { findFreePort, isFree } from '../free-port.ts'
import { readJson, writePrivately } from '../home.ts'
import { isAlive } from '../process.ts'
import { type Binaries, locateBinaries } from './binaries.ts'
import {
  APP_ROLE,
  clearStalePidFile,
  DATABASE_NAME,
  findPostmaster,
  initCluster,
  lastLine,
  OWNER_ROLE,
  type Postmaster,
  requireVersion,
  startPostmaster,
  stopPostmaster,
} from './cluster.ts'
import { chooseDataFolder, ownerOf, requireOwnData } from './place.ts'
import { provision } from './provision.ts'
import { type SystemUser, systemUser } from './system-user.ts'

/** The PostgreSQL of one home: started, or adopted when it still ran. */
export type EmbeddedPostgres = {
  /** As the least privileged role, for the API and the workers. */
  readonly url: string
  /** As the owner of the schema. */
  readonly ownerUrl: string
  /** The role of `url`. */
  readonly appRole: string
  /** True when it was running already. */
  readonly adopted: boolean
  readonly isUp: () => boolean
  /** Starts it again on the same port after it died. Throws when that fails. */
  readonly restart: () => Promise<void>
  /** Ends all sessions, writes a checkpoint and stops. */
  readonly stop: () => Promise<void>
}

/** Kept in the home, readable by its owner alone. */
type Cluster = {
  /** Inside the home relative to it, so that a home can be moved or copied whole; else absolute. */
  readonly folder: string
  readonly port: number
  readonly owner_password: string
  readonly app_password: string
  /** True once the database and the app's role exist. */
  readonly provisioned: boolean
}

const READY_TIMEOUT_MS = 120_000 // Recovery after a crash replays at most a few gigabytes of log.
const START_TRIES_MS = 15_000 // Orphans of a killed server hold its shared memory for a moment.
const RETRY_MS = 100
const LOG_LIMIT_BYTES = 10_000_000

/**
 * Durable, and sized for a machine that does other work too. Everything else is PostgreSQL's own default.
 */
function settings(): Record<string, string> {
  const quarterMb = Math.floor(totalmem() / 4 / 1_048_576)
  return {
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    shared_buffers: `${Math.max(32, Math.min(256, quarterMb))}MB`,
    max_connections: '100',
    max_wal_size: '2GB', // Fewer checkpoints under load: each makes the next writes of a page cost a full page.
    checkpoint_timeout: '15min',
    random_page_cost: '1.1', // Storage without moving heads.
    jit: 'off', // Short statements pay for compiling and never win it back.
    log_line_prefix: '%m [%p] %u ',
    log_checkpoints: 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
  }
}

const stateFile = (home: string): string => join(home, 'postgres.json')
const logFile = (home: string): string => join(home, 'postgres.log')

function readCluster(home: string): Cluster | undefined {
  const state = readJson(stateFile(home))
  if (state === undefined) return undefined
  const fields: Record<string, unknown> = typeof state === 'object' && state !== null ? { ...state } : {}
  const { folder, port, owner_password, app_password, provisioned } = fields
  if (
    typeof folder !== 'string' ||
    typeof port !== 'number' ||
    typeof owner_password !== 'string' ||
    typeof app_password !== 'string'
  )
    throw new StartRefusal(`${stateFile(home)} is damaged: bring back a copy, it holds the passwords of the database.`)
  return { folder, port, owner_password, app_password, provisioned: provisioned === true }
}

const dataOf = (home: string, cluster: Cluster): string => resolve(home, cluster.folder)

function saveCluster(home: string, cluster: Cluster): Cluster {
  writePrivately(stateFile(home), `${JSON.stringify(cluster, null, 2)}\n`)
  return cluster
}

const urlOf = (port: number, role: string, password: string): string =>
  `postgresql://${role}:${password}@127.0.0.1:${port}/${DATABASE_NAME}`

/** The address of the home's PostgreSQL as the owner, when it runs now; for a look from another process. */
export function runningOwnerUrl(home: string): string | undefined {
  const cluster = readCluster(home)
  if (cluster === undefined || findPostmaster(dataOf(home, cluster))?.ready !== true) return undefined
  return urlOf(cluster.port, OWNER_ROLE, cluster.owner_password)
}

/** The log is appended to for ever; one old part is kept so that it cannot fill the disk. */
function openLog(home: string): number {
  const path = logFile(home)
  if (existsSync(path) && statSync(path).size > LOG_LIMIT_BYTES) renameSync(path, `${path}.1`)
  return openSync(path, 'a', 0o600)
}

/** Why the server ended at once, from its own log. */
function reasonFromLog(home: string): string {
  const text = readFileSync(logFile(home), 'utf8').slice(-4_000)
  const fatal = text.split('\n').findLast((line) => /FATAL|PANIC/.test(line))
  return (fatal ?? lastLine(text)).replace(/^.*?(FATAL|PANIC):\s*/, '')
}

async function prepare(
  home: string,
  binaries: Binaries,
  user: SystemUser | undefined,
  say: (line: string) => void,
): Promise<Cluster> {
  const known = readCluster(home)
  const cluster =
    known ??
    saveCluster(home, {
      folder: await chooseDataFolder(home, user, say),
      port: await findFreePort(),
      owner_password: randomBytes(24).toString('base64url'),
      app_password: randomBytes(24).toString('base64url'),
      provisioned: false,
    })
  const data = dataOf(home, cluster)
  requireOwnData(home, data)
  if (existsSync(data)) {
    requireVersion(data, binaries)
    return cluster
  }
  if (cluster.provisioned)
    throw new StartRefusal(
      `The database of this home is gone: ${data} does not exist. Bring it back, or use a new --home.`,
    )
  say('Creating the database (once) …')
  await initCluster({ binaries, user, data, ownerPassword: cluster.owner_password, durable: true })
  return cluster
}

/** Waits for a server that was found running, which may still be recovering. */
async function awaitReady(data: string): Promise<Postmaster | undefined> {
  const end = performance.now() + READY_TIMEOUT_MS
  for (;;) {
    const found = findPostmaster(data)
    if (found === undefined || found.ready) return found
    if (performance.now() > end)
      throw new StartRefusal('The running PostgreSQL took no connections within two minutes.')
    await delay(10)
  }
}

type Launch = {
  readonly home: string
  readonly data: string
  readonly port: number
  readonly binaries: Binaries
  readonly user: SystemUser | undefined
}

type Started = { readonly postmaster: Postmaster; readonly adopted: boolean }

/** One try: the running server if there is one, else a new one; undefined when that ended at once. */
async function adoptOrStart(launch: Launch): Promise<Started | undefined> {
  const running = await awaitReady(launch.data)
  if (running !== undefined) return { postmaster: running, adopted: true }
  clearStalePidFile(launch.data)
  const logFd = openLog(launch.home)
  try {
    const postmaster = await startPostmaster({ ...launch, settings: settings(), logFd }, READY_TIMEOUT_MS)
    return postmaster === undefined ? undefined : { postmaster, adopted: false }
  } finally {
    closeSync(logFd)
  }
}

/** Tries until it runs: what stands in the way of a server that was killed a moment ago goes away by itself. */
async function startWithin(launch: Launch): Promise<Started> {
  const end = performance.now() + START_TRIES_MS
  for (;;) {
    const started = await adoptOrStart(launch)
    if (started !== undefined) return started
    if (performance.now() > end)
      throw new StartRefusal(`PostgreSQL does not start: ${reasonFromLog(launch.home)} (${logFile(launch.home)}).`)
    await delay(RETRY_MS)
  }
}

/**
 * The PostgreSQL of a home, running: made when the home is new, adopted when it still runs, started otherwise.
 * `home` exists and is free of symbolic links. `say` hears what takes long.
 */
export async function ensurePostgres(home: string, say: (line: string) => void): Promise<EmbeddedPostgres> {
  const account = systemUser()
  const binaries = locateBinaries(account)
  let cluster = await prepare(home, binaries, account, say)
  const data = dataOf(home, cluster)
  if (findPostmaster(data) === undefined && !(await isFree(cluster.port)))
    cluster = saveCluster(home, { ...cluster, port: await findFreePort() })
  const launch = { home, data, port: cluster.port, binaries, user: ownerOf(data, account) }
  let { postmaster, adopted } = await startWithin(launch)
  const { port } = postmaster
  if (!cluster.provisioned) {
    await provision(
      { port, ownerRole: OWNER_ROLE, ownerPassword: cluster.owner_password },
      { database: DATABASE_NAME, role: APP_ROLE, password: cluster.app_password },
    )
    cluster = saveCluster(home, { ...cluster, provisioned: true })
  }
  return {
    url: urlOf(port, APP_ROLE, cluster.app_password),
    ownerUrl: urlOf(port, OWNER_ROLE, cluster.owner_password),
    appRole: APP_ROLE,
    adopted,
    isUp: () => isAlive(postmaster.identity),
    restart: async () => {
      // On the port that the connections know, also when the running server had been found on another one.
      postmaster = (await startWithin({ ...launch, port })).postmaster
    },
    stop: () => stopPostmaster(postmaster),
  }
}
